// The XMPP/SIP presence information database (paper, sections 3.1 and 3.2): the users of this
// shard, what they are present through, who may see it, and who watches.
//
// It alone asks the store about them (store_port.h); what it holds of a user is, while it holds it,
// what the other modules act on. A user is held from the first need (a session, a registration, a
// publication, a watcher) to the end of the last. Relations come from the store with versions, so
// that a hint that arrives late cannot undo what is newer.
//
// A user without any of these is offline: nobody asks the store to find that out. So that this
// holds after a restart, live publications are loaded at the start.
//
// One of many servers shows what its own users have published, and holds them while it serves them;
// of a user of another server it holds what that says of her, while somebody here watches
// (elsewhere.cc). Who may see her it knows from the store, as of its own.
//
// Limits: Limits::watchers_per_presentity_max (WatchState::too_many), roster_items_max
// (not-allowed), publications_per_user_max (PublishAnswered::too_many), notify_interval_min.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "base/unordered.h"
#include "server/outbox.h"
#include "server/presence_db/user.h"
#include "server/shard.h"

namespace muster {

class PresenceDb {
 public:
  // When to ask the store again for what it could not tell: the live publications, at the start;
  // who waits for the answer of a session that came.
  static constexpr Duration kStoreAgainAfter = Duration::seconds(10);

  explicit PresenceDb(Shard& shard) : shard_(shard) {}

  void on(Now now, const Started& started, Outbox& out);
  void on(Now now, const StoreAnswered& answered, Outbox& out);
  // users.cc
  void on(Now now, const UserWanted& wanted, Outbox& out);
  void on(Now now, const UserUnwanted& unwanted, Outbox& out);
  // presence.cc
  void on(Now now, const ResourceChanged& changed, Outbox& out);
  void on(Now now, const ContactsProbed& probed, Outbox& out);
  void on(Now now, const ProbeAsked& asked, Outbox& out);
  void on(Now now, const RequestForUser& request, Outbox& out);
  // relations.cc
  void on(Now now, const RosterAsked& asked, Outbox& out);
  void on(Now now, const RosterItemAsked& asked, Outbox& out);
  void on(Now now, const SubscriptionAsked& asked, Outbox& out);
  void on(Now now, const RelationChanged& changed, Outbox& out);
  // doubts.cc
  void on(Now now, const RecordsDoubted& doubted, Outbox& out);
  // publications.cc
  void on(Now now, const PublishAsked& asked, Outbox& out);
  void on(Now now, const RegistrationsChanged& changed, Outbox& out);
  void on(Now now, const TuplesConverted& converted, Outbox& out);
  // watches.cc
  void on(Now now, const WatchAsked& asked, Outbox& out);
  void on(Now now, const WatchRefreshed& refreshed, Outbox& out);
  void on(Now now, const WatchEnded& ended, Outbox& out);
  void on(Now now, const DocumentComposed& composed, Outbox& out);
  // elsewhere.cc
  void on(Now now, const UserServed& served, Outbox& out);
  void on(Now now, const UserLeaves& leaves, Outbox& out);
  void on(Now now, const DirectedEnds& ends, Outbox& out);
  void on(Now now, const PresenceElsewhere& presence, Outbox& out);
  void on(Now now, const PresenceAsked& asked, Outbox& out);
  // admin.cc
  void on(Now now, const AdminAsked& asked, Outbox& out);
  void on(Now now, const DropAccount& drop, Outbox& out);

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const { return deadlines_.next(); }

  std::size_t users() const { return users_.size(); }
  // The store owes no answer.
  bool idle() const { return asks_.empty(); }

 private:
  // What was asked of the store, and for whom.
  struct LoadAsk {
    Address account;
  };
  struct PublicationsAsk {};
  struct PendingAsk {
    Address session;  // or a user, of all her sessions
  };
  struct ItemsAsk {
    Address account;
  };
  struct WatchAsk {
    WatchAsked watch;
    std::string stanza;
    bool again = false;  // the watch is kept meanwhile: it was active, and must ask now
  };
  struct ExpireAsk {
    Address account;
  };
  struct AdminAsk {
    AdminAsked asked;
  };
  struct DropAsk {
    Address account;
    std::optional<Ticket> ticket;  // of an operator
  };
  using Ask =
      std::variant<LoadAsk, PublicationsAsk, RosterAsked, RosterItemAsked, SubscriptionAsked,
                   PendingAsk, ItemsAsk, WatchAsk, PublishAsked, ExpireAsk, AdminAsk, DropAsk>;

  // users.cc
  void ask_store(const Address& account, Ask ask, StoreRequest request, Outbox& out);
  User& wanted(Now now, const Address& account, Outbox& out);
  void load(Now now, const Address& account, Outbox& out);
  // The user if she is held and loaded; nothing else counts as present.
  User* held(const Address& account);
  void forget_if_idle(const Address& account, Outbox& out);
  // To load control, where there is a cluster, if it is news.
  void tell_residence(const Address& account, User& user, Outbox& out);
  void loaded(Now now, const Address& account, const StoreReply& reply, Outbox& out);
  void go_on_waiting(Now now, User& user, Outbox& out);
  void load_publications(Now now, Outbox& out);
  void show_published(Now now, const Address& account, User& user, const UserLoaded& stored,
                      Outbox& out);
  void not_loaded(Now now, const Address& account, bool failed, Outbox& out);
  void refuse(Now now, const WaitingForUser& waiting, bool failed, Outbox& out);
  void answered(Now now, const LoadAsk& ask, const StoreReply& reply, Outbox& out);
  void answered(Now now, const PublicationsAsk& ask, const StoreReply& reply, Outbox& out);

  // presence.cc
  void set_session(Now now, const Address& account, User& user, const PresentResource& session,
                   bool available, Outbox& out);
  void give_way(const Address& account, User& user, const Address& full, Outbox& out);
  void broadcast(const Address& account, const User& user, const PresentResource& resource,
                 Outbox& out);
  void tell_unavailable(const User& user, const Address& contact, Outbox& out);
  void tell_presence(const User& user, const Address& to, Outbox& out);
  void welcome(const Address& session, User& user, Outbox& out);
  void load_pending(const Address& session, Outbox& out);
  void load_pending_again(Outbox& out);
  void answer_probe(const ProbeAsked& asked, const User& user, Outbox& out);
  void answered(Now now, const PendingAsk& ask, const StoreReply& reply, Outbox& out);

  // relations.cc
  enum class Learnt : std::uint8_t { nothing, older, news };  // older: a newer one is known
  Learnt learn(User& user, const Address& contact, const RelationChange& change);
  void push(const Address& account, const Address& contact, const RelationChange& change,
            Outbox& out);
  void pair_changed(const Address& actor, const Address& peer, const SubscriptionChanged& changed,
                    SubscriptionVerb verb, std::string stanza, Outbox& out);
  void side_changed(const Address& account, const Address& contact, Relation before, Outbox& out);
  void answered(Now now, const RosterAsked& ask, const StoreReply& reply, Outbox& out);
  void answered(Now now, const RosterItemAsked& ask, const StoreReply& reply, Outbox& out);
  void answered(Now now, const SubscriptionAsked& ask, const StoreReply& reply, Outbox& out);

  // doubts.cc
  void compare(const Address& account, User& user, const UserLoaded& stored, Outbox& out);
  void learn_late(const Address& account, User& user, const Contact& stored, Outbox& out);
  void push_late(const Address& account, User& user, Outbox& out);
  void answered(Now now, const ItemsAsk& ask, const StoreReply& reply, Outbox& out);

  // publications.cc
  void publish(Now now, const PublishAsked& asked, Outbox& out);
  void answered(Now now, const PublishAsked& ask, const StoreReply& reply, Outbox& out);
  void answered(Now now, const ExpireAsk& ask, const StoreReply& reply, Outbox& out);
  void keep_publication(Now now, const Address& account, User& user,
                        const StoredPublication& stored, const std::string& if_match, Outbox& out);
  static LivePublication from_elsewhere(User& user, const std::string& document);
  void drop_publication(Now now, const Address& account, User& user, const std::string& etag,
                        Outbox& out);
  void look_for_expiry(Now now, const Address& account, User& user);
  void expire_publications(Now now, const Address& account, User& user, Outbox& out);
  void set_registrations(Now now, const RegistrationsChanged& changed, User& user, Outbox& out);
  static void show_registrations(const Address& account, const User& user, Outbox& out);
  void replace_resources(Now now, const Address& account, User& user, std::uint32_t number,
                         std::vector<TuplesConverted::Resource> resources, Outbox& out);

  // watches.cc
  void begin_watch(const WatchAsked& asked, User& user, Outbox& out);
  WatchState standing(const User& user, const Address& watcher, const Address& presentity) const;
  void ask_to_watch(const WatchAsked& asked, bool again, Outbox& out);
  void answered(Now now, const WatchAsk& ask, const StoreReply& reply, Outbox& out);
  void keep_watch(const WatchAsked& asked, WatchState state, User& user, Outbox& out);
  void decide_watch(const WatchAsk& ask, WatchState state, User& user, Outbox& out);
  void review_watches(const Address& account, User& user, const Address* watcher, Outbox& out);
  static bool reject_watches(User& user, const Address& watcher, Outbox& out);
  void document_changed(Now now, const Address& account, User& user, Outbox& out);
  void give_document(const Address& account, User& user, Outbox& out);
  void give_document(const Address& account, User& user, LiveWatch& watch, Outbox& out);
  void compose(const Address& account, User& user, Outbox& out);
  void tell_watches(User& user, Outbox& out);

  // elsewhere.cc
  User& served_here(Now now, const Address& account, Outbox& out);
  void hand_over(const Address& account, User& user, Outbox& out);
  // What she is present through here changed.
  void presence_changed(Now now, const Address& account, User& user, Outbox& out);
  void tell_presence_here(const Address& account, const User& user, const XmppSource* left,
                          Outbox& out);
  static std::vector<PresenceSource> sources_here(const User& user);
  bool has_whole_presence(const Address& account, User& user, Outbox& out);
  void release_presence(const Address& account, User& user, Outbox& out);
  void take_sessions(Now now, const Address& account, User& user,
                     const std::vector<PresenceSource>& sources, Outbox& out);
  static void take_publications(const Address& account, User& user,
                                const std::vector<PresenceSource>& sources, Outbox& out);
  static void take_registrations(const Address& account, User& user,
                                 const std::vector<PresenceSource>& sources, Outbox& out);
  void look_again(Now now, const Address& account);
  void look_again(Now now, Outbox& out);
  void want_contacts(User& user, Outbox& out);
  void tell_relation(const Address& by, const RelationChanged& changed, Outbox& out);

  // admin.cc
  void administer(Now now, const AdminAsked& asked, User& user, Outbox& out);
  void decide_watcher(const AdminAsked& asked, const DecideWatcher& decide, User& user,
                      Outbox& out);
  void drop(const Address& account, std::optional<Ticket> ticket, Outbox& out);
  void answered(Now now, const AdminAsk& ask, const StoreReply& reply, Outbox& out);
  void answered(Now now, const DropAsk& ask, const StoreReply& reply, Outbox& out);

  Shard& shard_;
  // Behind pointers: a User stays where it is while others come and go.
  UnorderedMap<Address, std::unique_ptr<User>> users_;
  UnorderedMap<Ticket, std::pair<Address, Ask>> asks_;
  std::uint64_t next_ticket_ = 1;
  Deadlines<Address> deadlines_;  // of nobody: the next three
  std::optional<Instant> publications_again_at_;
  std::optional<Instant> pending_again_at_;
  std::optional<Instant> look_again_at_;
  std::set<Address> pending_again_;  // sessions
  std::set<Address> look_again_;     // users
};

}  // namespace muster
