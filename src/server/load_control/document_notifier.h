// One document that this server tells others of: its own, or, at the main, the service's. The
// notifier's side of partial notification (RFC 5263 section 4.4).
//
// Each subscriber is told the full document first, and then what has changed since the document
// that it answered last with a 2xx; what happens while a NOTIFY is unanswered waits for the answer,
// and goes in one. Changes are gathered for kCoalescingWindow, and one text serves all who have the
// same. Who refuses a document is told the full one after kTryAgainAfter.
//
// Limits: one subscription for each peer, the latest. A full document beyond cluster::Limits is not
// sent to anybody: who has one keeps what it has.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "codec/cluster/write.h"
#include "model/cluster/document.h"
#include "model/cluster/limits.h"
#include "server/load_control/link_outcome.h"
#include "server/load_control/link_sip.h"
#include "server/load_control/link_subscription.h"

namespace muster {

class DocumentNotifier {
 public:
  explicit DocumentNotifier(const cluster::Limits& limits) : limits_(limits) {}

  // The document is another now: settle() will be given it.
  void changed() { changed_ = true; }

  // It is another one, and what was sent of it before is not to be sent again.
  void begin_anew() { latest_ = nullptr; }

  // A new subscription, whose SUBSCRIBE was answered.
  void add(cluster::Incarnation peer, LinkSubscription subscription);
  // Null if it has none.
  LinkSubscription* find(cluster::Incarnation peer);
  const LinkSubscription* find(cluster::Incarnation peer) const;
  // Its SUBSCRIBE was taken: the full document follows (RFC 5263 section 4.4).
  void refreshed(cluster::Incarnation peer) { subscribers_.at(peer).wants_full = true; }
  // Its NOTIFY was answered.
  void answered(Instant now, cluster::Incarnation peer, sip::Status status);
  // The link is cut.
  void drop(cluster::Incarnation peer) { subscribers_.erase(peer); }
  void end_all(SubscriptionEnd why);
  bool empty() const { return subscribers_.empty(); }

  // Sends what is due. Each subscriber's link is in `links`. Returns how many NOTIFYs; `too_large`
  // is set if there were some that could not be sent.
  std::uint64_t settle(Instant now, const cluster::Document& document, LinkSips& links,
                       LinkOutcomes& out, bool& too_large);
  std::optional<Instant> next_deadline() const;

 private:
  using Snapshot = std::shared_ptr<const cluster::Document>;

  struct Subscriber {
    LinkSubscription subscription;
    std::uint32_t version = 0;  // of what it has
    Snapshot has;               // null: nothing
    Snapshot sent;              // while the NOTIFY is unanswered
    bool wants_full = true;
    Instant held_until;  // after a refusal
  };

  bool is_due(Instant now, const Subscriber& subscriber) const;
  // Nothing if it cannot be sent.
  const cluster::UpdateText* text_for(const Snapshot& before);

  cluster::Limits limits_;
  std::map<cluster::Incarnation, Subscriber> subscribers_;
  bool changed_ = true;
  Instant quiet_until_;  // no new snapshot before
  Snapshot latest_;
  // What makes latest_ of text_before_, once somebody needed it.
  Snapshot text_before_;
  std::optional<cluster::UpdateText> text_;
  bool has_text_ = false;
};

}  // namespace muster
