#include "server/load_control/document_notifier.h"

#include <algorithm>
#include <utility>

#include "server/load_control/subscription_rows.h"

namespace muster {

void DocumentNotifier::add(cluster::Incarnation peer, LinkSubscription subscription) {
  subscribers_.insert_or_assign(peer, Subscriber{std::move(subscription), 0, {}, {}, true, {}});
}

LinkSubscription* DocumentNotifier::find(cluster::Incarnation peer) {
  const auto found = subscribers_.find(peer);
  return found == subscribers_.end() ? nullptr : &found->second.subscription;
}

const LinkSubscription* DocumentNotifier::find(cluster::Incarnation peer) const {
  const auto found = subscribers_.find(peer);
  return found == subscribers_.end() ? nullptr : &found->second.subscription;
}

void DocumentNotifier::answered(Instant now, cluster::Incarnation peer, sip::Status status) {
  const auto found = subscribers_.find(peer);
  if (found == subscribers_.end()) return;
  Subscriber& subscriber = found->second;
  if (!subscriber.subscription.answered(status)) {
    subscribers_.erase(found);
    return;
  }
  if (sip::is_success(status)) {
    ++subscriber.version;
    subscriber.has = std::move(subscriber.sent);
  } else {
    subscriber.has = nullptr;
    subscriber.wants_full = true;
    subscriber.held_until = now + kTryAgainAfter;
  }
  subscriber.sent = nullptr;
}

void DocumentNotifier::end_all(SubscriptionEnd why) {
  for (auto& [peer, subscriber] : subscribers_)
    subscriber.subscription.end(why);
}

bool DocumentNotifier::is_due(Instant now, const Subscriber& subscriber) const {
  if (subscriber.subscription.in_flight()) return false;
  if (!subscriber.subscription.live()) return true;
  return now >= subscriber.held_until && (subscriber.wants_full || subscriber.has != latest_);
}

const cluster::UpdateText* DocumentNotifier::text_for(const Snapshot& before) {
  if (!has_text_ || text_before_ != before) {
    text_ = cluster::UpdateText::make(before.get(), *latest_, limits_);
    text_before_ = before;
    has_text_ = true;
  }
  return text_ ? &*text_ : nullptr;
}

std::uint64_t DocumentNotifier::settle(Instant now, const cluster::Document& document,
                                       LinkSips& links, LinkOutcomes& out, bool& too_large) {
  if (subscribers_.empty()) return 0;
  if (latest_ == nullptr || (changed_ && now >= quiet_until_)) {
    latest_ = std::make_shared<const cluster::Document>(document);
    has_text_ = false;
    changed_ = false;
    quiet_until_ = now + kCoalescingWindow;
  }
  std::uint64_t sent = 0;
  for (auto it = subscribers_.begin(); it != subscribers_.end();) {
    Subscriber& subscriber = it->second;
    LinkSubscription& subscription = subscriber.subscription;
    if (now >= subscription.expires()) subscription.end(SubscriptionEnd::timeout);
    const auto here = it++;
    if (!is_due(now, subscriber)) continue;
    // The last one has a document only where one was asked for.
    const bool has_body =
        subscription.live() || (subscriber.wants_full && subscription.may_be_told());
    const cluster::UpdateText* text =
        has_body ? text_for(subscriber.wants_full ? Snapshot() : subscriber.has) : nullptr;
    if (has_body && text == nullptr) {
      too_large = true;
      subscriber.held_until = now + kTryAgainAfter;
      if (subscription.live()) continue;
    }
    std::string body;
    if (text != nullptr) text->append_to(body, subscriber.version + 1);
    std::string& bytes = std::get<SendOnLane>(out.emplace_back(SendOnLane{here->first, {}})).bytes;
    subscription.write_notify(now, links.at(here->first), body, bytes);
    ++sent;
    subscriber.sent = latest_;
    subscriber.wants_full = false;
    if (!subscription.live()) subscribers_.erase(here);
  }
  return sent;
}

std::optional<Instant> DocumentNotifier::next_deadline() const {
  std::optional<Instant> next;
  const auto by = [&](Instant when) { next = next ? std::min(*next, when) : when; };
  for (const auto& [peer, subscriber] : subscribers_) {
    if (subscriber.subscription.live()) by(subscriber.subscription.expires());
    if (!subscriber.subscription.in_flight() && subscriber.wants_full) by(subscriber.held_until);
  }
  if (changed_ && !subscribers_.empty()) by(quiet_until_);
  return next;
}

}  // namespace muster
