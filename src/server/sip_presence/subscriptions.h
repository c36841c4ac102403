// The subscriptions that the SIP watchers of this shard hold: the notifier of RFC 6665 for the
// package "presence" of RFC 3856. It owns the dialogs and their NOTIFYs; whether a watcher may
// watch, and what she sees, presence_db says on the shard of the presentity.
//
// Who may watch the cluster document (ClusterSettings::document_watchers) subscribes to the
// presence of this server, by its own name, or of the service, by a domain; load_control on shard 0
// takes the part of presence_db.
//
//      SUBSCRIBE     +-------+ active   +--------+
//   --------------->| asked |--------->| active |<--+ WatchDecided, WatchesNotified: NOTIFY
//     WatchAsked    +-------+          +--------+---+
//                    |  | pending     ^        |
//                    |  v             v        v
//          no, 4xx   | +---------------+    +------------+ the last NOTIFY
//          or 5xx <--+ |    pending    |--->| terminated |----------------> forgotten
//                      +---------------+    +------------+ is over
//
// A SUBSCRIBE that is given up while it is asked (abandoned) is answered, and waits for the word of
// presence_db, so as to take its watch back.
//
// Of each dialog at most one NOTIFY is under way: what comes meanwhile waits, the latest replaces
// what waited, and the last word (terminated) is never replaced. So a watcher never sees an older
// document after a newer one, though UDP reorders (RFC 3856 section 6.8 goes by CSeq).
//
// What the RFCs leave open:
//   who sends the last NOTIFY, its From and To    as RFC 6665 has it, not the examples of RFC 8048
//   an unsubscribing watcher who was active       gets a last document that says closed (RFC 8048
//                                                 section 5.3.3); one who was pending gets none
//   pending                                       a NOTIFY without body
//   another Event id in a dialog                  403, dialogs are not shared (RFC 6665 4.5.2)
//   where NOTIFYs go                              the flow of the latest SUBSCRIBE, whatever
//   Contact
//                                                 and Record-Route say; they fill the message
//   a NOTIFY answered with Retry-After            the dialog is left alone so long, then notified
//   5xx or 6xx without one                        a last NOTIFY (probation), as RFC 5057 section
//                                                 5.1, note 13, has it: gracefully
//   the server stops                              probation with retry-after, not deactivated: that
//                                                 asks for a new SUBSCRIBE at once (RFC
//                                                 6665 4.1.3), and there is nobody to take it;
//                                                 spread, so that not all come back in one second
//   the server was taken for dead                 deactivated: another one, or its next life, takes
//                                                 the SUBSCRIBE
//
// Limits: watches_per_watcher_max (403), expires_min (423), subscription_time_max (granted at
// most), sip_dialog_bytes_max (513) of Limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadlines.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "base/unordered.h"
#include "server/outbox.h"
#include "server/shard.h"
#include "server/sip_presence/dialog.h"
#include "server/sip_presence/links.h"
#include "server/sip_presence/request.h"

namespace muster {

class Subscriptions {
 public:
  // When nothing is asked for (RFC 3856 section 6.4).
  static constexpr Duration kDefaultTime = Duration::seconds(3600);
  // How long a subscription that ended for reasons of ours is not to be tried again.
  static constexpr Duration kProbation = Duration::seconds(60);
  // When watchers are to come back to a server that stopped: from here on, for so long.
  static constexpr Duration kRestart = Duration::seconds(10);
  static constexpr Duration kRestartSpread = Duration::seconds(30);
  // Of one step while the server stops, or its life is over: what comes of a step has a bound.
  static constexpr std::size_t kEndedAtOnce = 1'024;

  explicit Subscriptions(Shard& shard) : shard_(shard) {}

  // A SUBSCRIBE, in a dialog or not (subscribe.cc).
  void subscribe(Now now, const Request& request, Outbox& out);

  void on(Now now, const WatchDecided& decided, Outbox& out);
  void on(Now now, const WatchesNotified& notified, Outbox& out);
  // The end of a NOTIFY.
  void on(Now now, const SipRequestEnded& ended, Outbox& out);
  void on(Now now, const FlowLost& lost, Outbox& out);
  // Whom it proxied here cannot be reached any more.
  void on(Now now, const ServerGone& gone, Outbox& out);
  void on(Now now, const LifeOver& over, Outbox& out);
  void on(Now now, const AccountGone& gone, Outbox& out);
  // All that she has to users, so that she makes them anew (RFC 6665 section 4.1.3); `status` is
  // for who was not answered yet.
  void deactivate(Now now, const Address& watcher, sip::Status status, Outbox& out);
  void stop(Now now, Outbox& out);

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const { return deadlines_.next(); }

  // Those that are asked for, live, or about to be told that they ended.
  std::size_t size() const { return subscriptions_.size(); }

 private:
  using WatchSlot = SlotId<WatchTag>;
  static constexpr Instant kNever =
      Instant::at(Duration::microseconds(std::numeric_limits<std::int64_t>::max()));

  // RFC 6665 section 4.1.3: the reasons we give for an end.
  enum class Reason : std::uint8_t { timeout, rejected, noresource, deactivated, probation };

  struct Subscription {
    enum class State : std::uint8_t { asked, abandoned, pending, active, terminated };
    State state = State::asked;
    Reason reason = Reason::timeout;  // of terminated
    bool fetch = false;
    bool in_flight = false;  // a NOTIFY is under way
    bool due = false;        // another is to follow, with `document`
    bool again = false;      // the last one failed: ask for its document once `held_until` is over
    std::uint32_t seconds = 0;  // granted; of probation: not to be tried again for so long
    SipRequestId request;       // the SUBSCRIBE of `asked`
    Flow flow;
    Address watcher;
    Address presentity;
    Dialog dialog;
    SharedText document;
    Instant expires;
    Instant held_until;     // no NOTIFY before (Retry-After), but for the last
    Instant look = kNever;  // the earliest entry in deadlines_

    // The presentity is no user.
    bool is_of_cluster() const { return !presentity.has_local(); }
    bool is_live() const { return state == State::pending || state == State::active; }
  };

  // subscribe.cc
  void subscribe_anew(Now now, const Request& request, Outbox& out);
  void subscribe_again(Now now, const Request& request, Outbox& out);
  std::optional<std::uint32_t> grant(const Request& request, Outbox& out) const;
  void ask_to_watch(WatchSlot id, const Subscription& subscription, const Request& request,
                    Outbox& out) const;
  void renew(Now now, const Request& request, WatchSlot id, Subscription& subscription,
             std::uint32_t seconds, Outbox& out);

  // subscriptions.cc
  void begin(Now now, WatchSlot id, Subscription& subscription, const WatchDecided& decided,
             Outbox& out);
  void confirm(SipRequestId request, const Subscription& subscription, bool forms_dialog,
               Outbox& out) const;
  // The last word: its NOTIFY goes out as soon as none is under way.
  void end(Now now, WatchSlot id, Subscription& subscription, Reason reason, SharedText document,
           Outbox& out);
  // What ends for a reason of ours, in any state; `status` is for who was not answered yet.
  void give_up_all(Now now, const Address& watcher, Reason reason, sip::Status status, Outbox& out);
  void give_up(Now now, WatchSlot id, Subscription& subscription, Reason reason, sip::Status status,
               Outbox& out);
  void end_for_restart(Now now, WatchSlot id, Subscription& subscription, Outbox& out);
  bool end_if_over(Now now, WatchSlot id, Subscription& subscription, Outbox& out);
  void abandon(Subscription& subscription, sip::Status status, Outbox& out);
  void unwatch(WatchSlot id, const Subscription& subscription, Outbox& out);
  void unlink(WatchSlot id, const Subscription& subscription);
  void forget(WatchSlot id, Subscription& subscription, Outbox& out);
  // To load control, where there is a cluster.
  void tell_count(const Address& watcher, Outbox& out) const;
  bool may_watch_cluster(const Address& watcher) const;
  void ask_again(WatchSlot id, const Subscription& subscription, Outbox& out) const;
  void look_at(WatchSlot id, Subscription& subscription, Instant when);

  // notify.cc
  void notify(Now now, WatchSlot id, Subscription& subscription, Outbox& out);
  static bool may_notify(Now now, const Subscription& subscription);
  SipRequestsReady::One next_notify(Now now, WatchSlot id, Subscription& subscription,
                                    TextParts& parts);

  Shard& shard_;
  SlotTable<Subscription, WatchTag> subscriptions_;
  UnorderedMap<Address, std::vector<WatchSlot>> by_watcher_;
  std::set<std::pair<LinkKey, WatchSlot>> by_link_;
  Deadlines<WatchSlot> deadlines_;
  bool stopping_ = false;
};

}  // namespace muster
