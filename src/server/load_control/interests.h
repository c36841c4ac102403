// Presence between servers (design, "Presence between servers goes by interest"): what one shard
// tells the other servers of its users, and hears from them. Seated on each shard of one of many,
// for the users whose home it is.
//
// Each server tells all others whom it watches, because a session here is subscribed to her or
// presence_db is asked about her, and whom it serves. A server that serves a user tells those who
// watch her what she is present through, all of it after each change: so what is told twice, late
// or not at all is made good by the next, and a slow link loses none of it but what is older.
// Whom a server serves is where the others send what is for her. All of this goes at most once, on
// the lane `presence`, and is said anew when a link is there again, kSyncAtOnce users in
// kSyncEvery. Until all is said, what was said on the link before holds.
//
// What must come, messages, requests and changes of subscriptions, goes on the lane `directed`. A
// user may have moved while it was under way: it goes on from there, over kServersMax servers. What
// a server did not take comes back, and is dealt with as if she were served nowhere. Changes of
// subscriptions, which are few, go to all servers, for who may just be loading one of the pair is
// not known here; and those of kRecentTime to a server that is met for the first time.
//
// Where a user is served is known on her home shard, and what her user says and shows leaves in its
// order (sayings.h): so what one of another shard says to her is weighed here before it leaves
// there.
//
// A server that is gone may have changed records in the store that it told nobody of: those of all
// who matter here are looked at anew, kDoubtedAtOnce users in kSyncEvery.
//
// While a user moves two servers serve her, and the one that she leaves may be heard late. So of
// two the one that said so later counts: it is sent what is for her, and believed.
//
// What is known of a user's presence at a server is kept until that server says otherwise or is
// gone; the link may be cut meanwhile. So is directed presence that came from there (RFC 6121
// section 4.6), of kDirectedMax pairs of users for each server.
//
// Limits, besides: kRecentMax changes of subscriptions; kAnswerTimeMax, that presence_db waits for
// another server; kMessageTimeMax, that a SIP sender does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "server/load_control/sayings.h"
#include "server/load_control/told_between.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class Interests {
 public:
  static constexpr Duration kAnswerTimeMax = Duration::seconds(2);
  // Longer than a recipient's server gives her (page_messages.h), shorter than the sender waits.
  static constexpr Duration kMessageTimeMax = Duration::seconds(25);
  static constexpr std::size_t kSyncAtOnce = 200;
  static constexpr Duration kSyncEvery = Duration::milliseconds(10);
  static constexpr std::size_t kDoubtedAtOnce = 20;
  static constexpr std::uint8_t kServersMax = 2;
  static constexpr std::size_t kDirectedMax = 10'000;
  static constexpr Duration kRecentTime = Duration::seconds(30);
  static constexpr std::size_t kRecentMax = 1'000;

  explicit Interests(const Shard& shard) : shard_(shard) {}

  // Of this server's users and watchers.
  void on(Now now, const ContactsWanted& wanted, Outbox& out);
  void on(Now now, const PresenceWanted& wanted, Outbox& out);
  void on(Now now, const PresenceUnwanted& unwanted, Outbox& out);
  void on(Now now, const ResidentChanged& changed, Outbox& out);
  void on(Now now, const PresenceHere& here, Outbox& out);
  void on(Now now, const RelationToTell& relation, Outbox& out);
  // Of the other servers.
  void on(Now now, const ServerUp& up, Outbox& out);
  void on(Now now, const ServerSaidAll& said, Outbox& out);
  void on(Now now, const ServerGone& gone, Outbox& out);
  void on(Now now, const ConcernsCame& came, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;

  void on(Now now, const SaidWeighed& weighed, Outbox& out);

  // Whether another server serves whom this is for, or may, where her home is another shard; then
  // it is on its way there.
  bool send_on(Now now, const StanzaForUser& stanza, Outbox& out);
  bool send_on(Now now, const RequestForUser& request, Outbox& out);
  bool send_on(Now now, const PageMessage& message, Outbox& out);
  // Whether it is for another server.
  static bool send_on(Now now, const PageMessageAnswered& answered, Outbox& out);

  // Whether another server serves whom that is for; then it leaves by the shard that asks.
  bool weigh(Now now, const SaidToWeigh& asked, Outbox& out);

  // What another server said. An event is for the modules of this shard, and goes no further.
  std::optional<UserEvent> hear(Now now, const FromServer& from, Outbox& out);

  // Who matters here, or elsewhere.
  std::size_t users() const { return concerns_.size(); }

 private:
  static constexpr std::uint16_t kNobodyTookIt = 480;  // page_messages.h

  // What another server has to do with a user, as it said on its link of that number.
  struct Stake {
    std::uint64_t server = 0;
    std::uint32_t link = 0;
    bool watches = false;
    bool serves = false;
    // When it said so first: the more, the later. It holds over links.
    std::uint64_t serves_since = 0;
  };
  // A user who matters here, or elsewhere.
  struct Concern {
    std::uint32_t watchers = 0;  // users with sessions here
    bool asked = false;          // by presence_db
    bool served = false;         // here
    // Where she is present, of what presence_db was told.
    std::optional<std::uint64_t> present_at;
    std::optional<Instant> answer_by;  // presence_db waits
    std::optional<Instant> gone_by;    // she is, unless another server is heard to serve her
    std::vector<Stake> stakes;

    bool watched() const { return watchers > 0 || asked; }
    // Of the others, but for one, the one that serves her, of two the later: she has moved there.
    const Stake* serving(std::uint64_t but = 0) const;
    // Whether that server is one that she has left, by where she is taken to be present.
    bool is_outdated(std::uint64_t server) const;
    bool matters() const { return watched() || served || !stakes.empty(); }
  };
  // By a bare address, without making one.
  struct BareLess {
    using is_transparent = void;
    static std::string_view bare(const Address& address) { return address.bare(); }
    static std::string_view bare(std::string_view address) { return address; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return bare(a) < bare(b);
    }
  };
  using Concerned = std::map<Address, Concern, BareLess>::iterator;

  // Another server.
  struct Peer {
    std::uint32_t link = 0;  // how many there were
    bool syncing = false;
    Address synced;  // up to her it was told of our concerns
    // Whom it was not told that they are watched or served no more.
    std::vector<Address> unwatched;
    std::vector<Address> not_served;
    // Sessions there that showed themselves to users or sessions here.
    std::set<std::pair<Address, Address>> directed;
  };

  // A SIP sender here waits for another server's word.
  struct SipSender {
    std::uint64_t server = 0;
    ShardId shard;
    SipRequestId request;
    Instant until;
  };

  template <class Change>
  void change(const Address& account, Change change, Outbox& out);
  void tell_changes(Outbox& out);
  void tell(std::vector<std::uint64_t> to, std::string said, Outbox& out) const;
  void tell_once(std::vector<std::uint64_t> to, std::string said, Outbox& out) const;
  void ask_again(const Address& account, const Concern& concern, Outbox& out) const;
  void ask(std::uint64_t server, const Address& account, Outbox& out) const;
  void answer(Concern& concern, const Address& account, Outbox& out);
  void note_served(const Address& account, std::uint64_t by, Outbox& out);
  void look_where_she_went(Now now, const Address& account, std::uint64_t from, Outbox& out);
  void look_whether_she_is_gone(Now now, Concern& concern, const Address& account, Outbox& out);
  Stake& stake(const Address& account, std::uint64_t server);
  template <class IsOver>
  void drop_stakes(IsOver is_over);
  void go_on_later(Now now);
  void go_on(Now now, Outbox& out);
  void sync(std::uint64_t server, Peer& peer, Outbox& out);
  void forget_orphans(Outbox& out);
  std::optional<std::uint64_t> server_of(const Address& user) const;
  template <class E>
  bool send_said_on(Now now, const E& said, Outbox& out);
  template <class E>
  void have_weighed(const E& said, Outbox& out);
  std::optional<ToServers> leaving(Now now, const StanzaForUser& stanza);
  std::optional<ToServers> leaving(Now now, const RequestForUser& request);
  std::optional<ToServers> leaving(Now now, const PageMessage& message);
  template <class E>
  std::optional<ToServers> event_leaving(const E& event) const;
  void leave(const Address& sender, ToServers said, Outbox& out);
  void doubt_some(Outbox& out);
  void come_back(Now now, const FromServer& from, Said& said, Outbox& out);
  void take_presence(std::uint64_t by, const PresenceElsewhere& presence, Outbox& out);
  void note_directed(std::uint64_t by, const UserEvent& event);
  std::optional<UserEvent> take_event(const FromServer& from, EventSaid said, Outbox& out);
  void take_answer(const PageMessageAnswered& answered, Outbox& out);
  void end_sender(std::map<std::uint64_t, SipSender>::iterator sender, std::uint16_t status,
                  Outbox& out);

  const Shard& shard_;
  std::map<Address, Concern, BareLess> concerns_;
  std::map<std::uint64_t, Peer> peers_;
  Sayings sayings_;
  Concerns changes_;                                    // of this event, for all servers
  std::optional<Instant> go_on_at_;                     // with what is done in portions
  std::deque<std::pair<Instant, std::string>> recent_;  // changes of subscriptions
  std::vector<Address> orphans_;                        // present at servers that are gone
  std::optional<Address> doubted_;                      // records of all behind her
  // To be asked about once more, and who was not told.
  std::vector<std::pair<Address, std::uint64_t>> untold_;
  std::vector<StanzaForUser> farewells_;    // of sessions at servers that are gone
  std::set<std::uint64_t> not_understood_;  // the operator was told
  Deadlines<Address> answers_due_;
  std::map<std::uint64_t, SipSender> senders_;
  std::uint64_t next_sender_ = std::uint64_t{1} << 32;  // the number of a SlotId that is one
  Deadlines<std::uint64_t> senders_due_;
  std::uint64_t next_serving_ = 1;
};

}  // namespace muster
