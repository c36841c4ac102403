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
// It has no bound of its own: who waits is bounded by the streams and the requests of the shard,
// who is kept by those and by the logins within the time above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
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

  explicit Residents(const Shard& shard) : shard_(shard) {}

  void on(Now now, const StreamToPlace& asked, Outbox& out);
  void on(Now now, const RequestToPlace& asked, Outbox& out);
  void on(Now now, const OwnerFound& found, Outbox& out);
  void on(Now now, const UserComes& comes, Outbox& out);
  void on(Now now, const YieldAsked& asked, Outbox& out);
  void on(Now now, const ResidentChanged& changed, Outbox& out);
  void on(Now now, const SubscriptionsCounted& counted, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;

  // All who count.
  std::vector<cluster::User> list() const;

 private:
  using Asker = std::variant<LinkId, SipRequestId>;

  struct Resident {
    bool here = false;  // placed
    bool asked = false;
    bool awaited = false;  // to be told of when she counts
    bool watched = false;  // there is an entry for her in `idle_`
    bool xmpp = false;
    bool sip = false;
    std::uint32_t contacts = 0;
    std::uint32_t subscriptions = 0;
    Instant seen;  // asked for, or something of hers left
    std::vector<Asker> waiting;

    bool has_something() const { return xmpp || sip || subscriptions > 0; }
    bool counts() const { return here && has_something(); }
    std::uint64_t by_xmpp() const { return counts() && xmpp ? 1 : 0; }
    std::uint64_t by_sip() const { return counts() && (sip || subscriptions > 0) ? 1 : 0; }
    std::uint64_t resources() const { return std::uint64_t{contacts} + subscriptions; }
  };
  using Known = std::map<Address, Resident>::iterator;

  void place(Now now, const Address& account, bool again, Asker asker, Outbox& out);
  static void answer(const Asker& asker, const UserPlace& place, Outbox& out);
  // `change` does something to her; the load follows.
  template <class Change>
  void change(Now now, const Address& account, Change change);
  void forget_if_nothing(Known known);
  void load_changed(Now now);
  void look_at_idle(Now now, Outbox& out);

  const Shard& shard_;
  std::map<Address, Resident> residents_;
  std::uint64_t users_ = 0;
  std::uint64_t resources_ = 0;
  std::uint64_t xmpp_ = 0;
  std::uint64_t sip_ = 0;
  std::vector<Address> came_;
  std::optional<Instant> tell_at_;
  Deadlines<Address> idle_;
};

}  // namespace muster
