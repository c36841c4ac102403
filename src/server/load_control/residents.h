// The users of one shard whom this server serves: whether a user who lands here is one of them, and
// what they are to the load (design, "Placing a user"). Seated on each shard of one of many, for
// the users whose home it is.
//
// A user is asked about once, when she lands and is not known here (OwnerWanted); whoever else
// comes for her meanwhile waits for the same answer. Who was placed here stays: her next stream,
// and each request, is answered at once. When nothing of hers is left for kLeaveAfter beyond the
// time that a login may take, she is let go, and has no owner.
//
// The load counts who is placed here and has a session, a registration, a publication or a
// subscription, and what they have subscribed to. Changes of it leave together, kTellAfter after
// the first.
//
// A user who moves is chosen here, for another server (UsersToMove): who can be told to go there
// and, unless all are to go, has not shown that she does not follow, and has no phone. She is the
// other's once the store says so. Then she is answered there; what she has here waits, and counts
// here, until presence_db has seen her there. Her move has ended when she has nothing here, when
// she has come back, or after kMoveTimeMax; who has something here still is told again then.
//
// A phone goes when it registers anew, for nothing asks it to. So where too few could be chosen,
// those who have one phone may follow later (PhonesMayMove, late_moves.h): her REGISTER waits until
// it is known whether she goes, and if so is answered by where she is then.
//
// Limits: kLookedAtMax, of users among whom is chosen at once. It has no other: who waits is
// bounded by the streams and the requests of the shard, who is kept by those and by the logins
// within the time above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class Residents {
 public:
  static constexpr Duration kLeaveAfter = Duration::seconds(30);
  static constexpr Duration kTellAfter = Duration::milliseconds(10);
  static constexpr Duration kMoveTimeMax = Duration::seconds(30);
  static constexpr std::size_t kLookedAtMax = 10'000;

  explicit Residents(const Shard& shard) : shard_(shard) {}

  void on(Now now, const StreamToPlace& asked, Outbox& out);
  void on(Now now, const RequestToPlace& asked, Outbox& out);
  void on(Now now, const OwnerFound& found, Outbox& out);
  void on(Now now, const UserComes& comes, Outbox& out);
  void on(Now now, const YieldAsked& asked, Outbox& out);
  void on(Now now, const ResidentChanged& changed, Outbox& out);
  void on(Now now, const SubscriptionsCounted& counted, Outbox& out);
  void on(Now now, const UsersToMove& order, Outbox& out);
  void on(Now now, const MoveDecided& decided, Outbox& out);
  void on(Now now, const PhonesMayMove& may, Outbox& out);
  void on(Now now, const PhoneWeighed& weighed, Outbox& out);
  void on(Now now, const ShardMeasured& measured, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;

  // So many links here are of users whom others serve.
  void relaying(Now now, std::size_t links);

  // All who count.
  std::vector<cluster::User> list() const;

 private:
  using Asker = std::variant<LinkId, SipRequestId>;

  struct Counts {
    std::uint64_t users = 0;
    std::uint64_t resources = 0;
    std::uint64_t xmpp = 0;
    std::uint64_t sip = 0;
    std::uint64_t dialogs = 0;
    friend bool operator==(const Counts&, const Counts&) = default;

    Counts& operator+=(const Counts& more);
    Counts& operator-=(const Counts& less);
  };
  struct Resident {
    bool here = false;  // placed
    bool asked = false;
    bool awaited = false;   // to be told of when she counts
    bool watched = false;   // there is an entry for her in `idle_`
    bool again = false;     // she was sent elsewhere, and came back
    bool chosen = false;    // to move; the store has not said so yet
    bool by_phone = false;  // she was chosen as her phone registered; until her move has ended
    bool stays = false;     // she does not follow
    bool xmpp = false;
    bool sip = false;
    std::uint32_t contacts = 0;
    std::uint32_t subscriptions = 0;
    Instant seen;  // asked for, or something of hers left
    std::vector<Asker> waiting;
    bool left = false;           // she is another server's, and has something here still
    std::uint64_t moves_to = 0;  // who asked waits for her to arrive there; 0: nobody does
    std::uint64_t move = 0;      // the number of that move

    bool has_something() const { return xmpp || sip || subscriptions > 0; }
    bool counts() const { return (here || left) && has_something(); }
    bool by_sip() const { return sip || subscriptions > 0; }
    // What she is of the load.
    Counts counted() const {
      if (!counts()) return {};
      return {1, std::uint64_t{contacts} + subscriptions, xmpp, by_sip(), subscriptions};
    }
  };
  // Of who is told to go there.
  struct Move {
    Address account;
    std::uint64_t number = 0;
    std::shared_ptr<const ServerContacts> at;
  };
  using Known = std::map<Address, Resident>::iterator;

  void place(Now now, const Address& account, bool again, Asker asker, Outbox& out);
  static void answer(const Asker& asker, const UserPlace& place, Outbox& out);
  // `change` does something to her; the load follows.
  template <class Change>
  void change(Now now, const Address& account, Change change, Outbox& out);
  void forget_if_nothing(Known known);
  void load_changed(Now now);
  void look_at_idle(Now now, Outbox& out);
  bool may_move(const Resident& resident, const UsersToMove& order) const;
  static bool waits_with_phone(Resident& resident, SipRequestId request);
  bool may_go_by_phone(Now now, const Resident& resident) const;
  void stay(Now now, Known known, std::uint64_t to, Outbox& out);
  static void end_move(Resident& resident, Outbox& out);
  void look_at_moves(Now now, Outbox& out);

  const Shard& shard_;
  std::map<Address, Resident> residents_;
  Counts counts_;  // of all
  std::size_t relaying_ = 0;
  cluster::Measures measures_;
  std::vector<Address> came_;
  std::optional<Instant> tell_at_;
  Deadlines<Address> idle_;
  Address chosen_;  // the latest who was looked at, to move
  std::uint64_t next_move_ = 1;
  Deadlines<Move> moves_due_;
  Instant phones_go_until_;
};

}  // namespace muster
