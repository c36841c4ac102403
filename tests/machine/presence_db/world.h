// Two shards with only PresenceDb in them, over the model of the store. What comes of an event is
// told as lines of text, in order, without "@example.com":
//
//   world.on("alice", UserWanted{world.user("alice")});
//   world.heard() == {"ready alice: loaded"}
//
// The store answers at once, unless the test holds it back or breaks it; so do the modules that
// PresenceDb asks: a document lists its sources, and a publication "desk", or "desk: busy", is
// shown as the resource "desk". What goes to the other shard's PresenceDb arrives there, unless
// hints are held back. Of a cluster's load control the test plays the part: what is for it is told
// as "cluster: ...", and what it says the test gives.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/presence_db/presence_db.h"
#include "sim/store/memory_store.h"

namespace muster::testing {

using Lines = std::vector<std::string>;

class PresenceDbWorld {
 public:
  static constexpr std::uint8_t kShards = 2;

  PresenceDbWorld();

  // "alice" -> alice@example.com, "alice/home" -> alice@example.com/home. Of these, alice and
  // dave live on one shard, bob and carol on the other.
  static Address user(std::string_view name);
  // Makes accounts, with a policy for watchers whom they do not know.
  void accounts(std::initializer_list<std::string_view> names,
                WatcherPolicy policy = WatcherPolicy::ask);

  // `event` comes to the shard where `name` lives.
  template <class E>
  void on(std::string_view name, const E& event) {
    Place& place = home(name);
    place.db->on(now, event, place.out);
    settle();
  }
  void start();
  void pass(Duration duration);
  // What was heard since this was last called.
  Lines heard() { return std::exchange(heard_, {}); }

  // --- events that most tests need
  void come(std::string_view full);  // a session is bound, and becomes available
  void show(std::string_view full, std::string_view after, bool initial = false);
  void leave(std::string_view full);
  void send(std::string_view actor, SubscriptionVerb verb, std::string_view peer);
  // `watcher` is subscribed to `presentity` from now on, by XMPP.
  void befriend(std::string_view watcher, std::string_view presentity);
  void watch(std::uint32_t number, std::string_view watcher, std::string_view presentity,
             bool fetch = false);
  WatchId watch_id(std::uint32_t number, std::string_view watcher);
  // The document is the name of the resource that it is shown as; empty is a refresh.
  void publish(std::string_view name, std::string_view document, std::string_view if_match = {},
               Duration expires = Duration::seconds(3600));
  void unpublish(std::string_view name, std::string_view if_match);
  std::string etag;  // of the publication that was stored last
  void phones(std::string_view name, std::initializer_list<std::string_view> phones);
  void administer(AdminRequest request);
  // Load control says what she is present through at another server.
  void elsewhere(std::string_view name, std::vector<PresenceSource> sources);

  // --- the store
  // While held, it answers only when answer_one() is called.
  void hold_store() { store_held_ = true; }
  void answer_one();
  // It does the next, and what comes after it is answered first.
  void delay_answer();
  void deliver_answer();
  void release_store();
  std::size_t asked() const { return asked_.size(); }
  void break_store() { store_broken_ = true; }
  void mend_store() { store_broken_ = false; }
  // Every request that was made of it.
  std::vector<StoreRequest> requests;

  // --- from shard to shard
  void hold_hints() { hints_held_ = true; }
  // In the order in which they were sent, or in the opposite one.
  void release_hints(bool last_first = false);

  std::size_t held_users() const;
  Settings settings;  // to be changed before the first event
  Now now{Instant::at(Duration::seconds(1'000)), UnixTime::at(Duration::seconds(1'700'000'000))};
  sim::MemoryStore store;

 private:
  struct Place {
    explicit Place(ShardId self, const Settings& settings);
    Shard shard;
    Outbox out;
    std::unique_ptr<PresenceDb> db;
  };
  struct Asked {
    ShardId shard;
    AskStore ask;
  };
  struct Hint {
    ShardId to;
    Event event;
  };

  Place& home(std::string_view name);
  void settle();
  bool take_from(Place& place);
  void carry(Place& place, const Event& event);
  void obey(Place& place, const Order& order);
  void deliver(const Hint& hint);

  std::array<Place, kShards> places_;
  std::deque<Asked> asked_;
  std::optional<std::pair<ShardId, StoreAnswered>> late_;
  std::deque<Hint> hints_;
  Lines heard_;
  bool store_held_ = false;
  bool store_broken_ = false;
  bool hints_held_ = false;
  std::uint32_t next_request_ = 1;
  std::uint64_t next_ticket_ = 1;
};

}  // namespace muster::testing
