// The part of Subscriptions that sends NOTIFY and hears how it ended: RFC 6665 section 4.2.2.

#include <utility>

#include "codec/sip/values.h"
#include "server/planted.h"
#include "server/sip_presence/subscriptions.h"

namespace muster {
namespace {

constexpr std::string_view kReasons[] = {"timeout", "rejected", "noresource", "deactivated",
                                         "probation"};

constexpr std::size_t kOwnRowsBytes = 96;      // of a NOTIFY: CSeq and Subscription-State
constexpr std::size_t kNotifyRowsBytes = 512;  // of an ordinary NOTIFY, with its Request-URI

enum class Verdict : std::uint8_t {
  received,   // or, though refused, of no weight for the subscription
  gone,       // nobody is there who knows the subscription
  postponed,  // Retry-After
  refused,    // to be ended in order
};

// RFC 6665 section 4.2.2 says which answers end a subscription, RFC 5057 section 5.1 (table 2) what
// the others do to it; a timeout is a 408.
Verdict weigh(std::uint16_t status, std::uint32_t retry_after) {
  if (status == 0 || status == 404 || status == 405 || status == 408 || status == 410 ||
      status == 416 || (status >= 480 && status <= 485) || status == 489 || status == 501 ||
      status == 502 || status == 604) {
    return Verdict::gone;
  }
  if (status >= 300 && retry_after > 0) return Verdict::postponed;
  return status >= 500 ? Verdict::refused : Verdict::received;
}

}  // namespace

bool Subscriptions::may_notify(Now now, const Subscription& subscription) {
  if (subscription.in_flight) return false;
  return subscription.held_until <= now.instant ||
         subscription.state == Subscription::State::terminated;
}

SipRequestsReady::One Subscriptions::next_notify(Now now, WatchSlot id, Subscription& subscription,
                                                 TextParts& parts) {
  subscription.in_flight = true;
  subscription.due = false;
  subscription.again = false;
  subscription.document = nullptr;
  SipRequestsReady::One one;
  one.asker = id.number();
  one.flow = subscription.flow;
  parts.text().append(subscription.dialog.request_uri());
  one.target = parts.take();
  std::string& rows = parts.text();
  if (shard_.planted == Planted::notify_cseq_kept) {
    Dialog(subscription.dialog).append_rows(rows, sip::Method::notify);
  } else {
    subscription.dialog.append_rows(rows, sip::Method::notify);
  }
  if (subscription.is_live()) {
    rows.append(subscription.state == Subscription::State::active
                    ? "Subscription-State: active;expires="
                    : "Subscription-State: pending;expires=");
    append_number(rows,
                  static_cast<std::uint64_t>((subscription.expires - now.instant).in_seconds()));
  } else {
    rows.append("Subscription-State: terminated;reason=");
    rows.append(kReasons[static_cast<std::size_t>(subscription.reason)]);
    if (subscription.reason == Reason::probation) {
      append_number(rows.append(";retry-after="), subscription.seconds);
    }
  }
  rows.append("\r\n");
  one.rows = parts.take();
  return one;
}

// Sends what is due, unless it has to wait.
void Subscriptions::notify(Now now, WatchSlot id, Subscription& subscription, Outbox& out) {
  if (end_if_over(now, id, subscription, out)) return;
  if (!may_notify(now, subscription)) return;
  SipRequestsReady ready;
  ready.method = sip::Method::notify;
  ready.body = std::move(subscription.document);
  if (ready.body != nullptr) ready.content_type = kPidfType;
  TextParts parts(subscription.dialog.rows_bytes() + kOwnRowsBytes);
  ready.requests.push_back(next_notify(now, id, subscription, parts));
  out.emit(std::move(ready));
}

// The fan-out: one body for all that may hear now.
void Subscriptions::on(Now now, const WatchesNotified& notified, Outbox& out) {
  SipRequestsReady ready;
  ready.method = sip::Method::notify;
  ready.content_type = kPidfType;
  ready.body = notified.document;
  ready.requests.reserve(notified.watches.size());
  TextParts parts(notified.watches.size() * kNotifyRowsBytes);
  for (const WatchId& watch : notified.watches) {
    Subscription* subscription = subscriptions_.find(watch.slot);
    if (subscription == nullptr || subscription->state != Subscription::State::active ||
        end_if_over(now, watch.slot, *subscription, out)) {
      continue;
    }
    if (may_notify(now, *subscription)) {
      ready.requests.push_back(next_notify(now, watch.slot, *subscription, parts));
    } else {
      subscription->document = notified.document;
      subscription->due = true;
    }
  }
  if (!ready.requests.empty()) out.emit(std::move(ready));
}

void Subscriptions::on(Now now, const SipRequestEnded& ended, Outbox& out) {
  const WatchSlot id = WatchSlot::from_number(ended.asker);
  Subscription* subscription = subscriptions_.find(id);
  if (subscription == nullptr || !subscription->in_flight) return;
  subscription->in_flight = false;
  const bool live = subscription->is_live();
  if (shard_.planted == Planted::notify_after_end && !live) subscription->due = true;
  const bool was_last = !live && !subscription->due;
  const Verdict verdict = weigh(ended.status, ended.retry_after_seconds);
  if (was_last || verdict == Verdict::gone) {
    if (live) unwatch(id, *subscription, out);
    forget(id, *subscription, out);
    return;
  }
  if (live && verdict == Verdict::postponed) {
    subscription->held_until = now.instant + Duration::seconds(ended.retry_after_seconds);
    subscription->again = true;
    look_at(id, *subscription, subscription->held_until);
  } else if (live && verdict == Verdict::refused) {
    subscription->seconds = static_cast<std::uint32_t>(kProbation.in_seconds());
    unwatch(id, *subscription, out);
    end(now, id, *subscription, Reason::probation, nullptr, out);
    return;
  }
  if (subscription->due) notify(now, id, *subscription, out);
}

}  // namespace muster
