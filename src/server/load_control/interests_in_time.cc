// The part of Interests that is about time: what is done in portions, and who is waited for.

#include <utility>

#include "server/load_control/interests.h"

namespace muster {

std::optional<Instant> Interests::next_deadline() const {
  std::optional<Instant> earliest = go_on_at_;
  for (const auto& next : {answers_due_.next(), senders_due_.next()}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

void Interests::wake(Now now, Outbox& out) {
  if (go_on_at_ && *go_on_at_ <= now.instant) go_on(now, out);
  while (const auto account = answers_due_.take_due(now.instant)) {
    const Concerned concerned = concerns_.find(*account);
    if (concerned == concerns_.end()) continue;
    Concern& concern = concerned->second;
    if (concern.answer_by && *concern.answer_by <= now.instant) answer(concern, *account, out);
    look_whether_she_is_gone(now, concern, *account, out);
  }
  while (const auto number = senders_due_.take_due(now.instant)) {
    const auto sender = senders_.find(*number);
    if (sender != senders_.end()) end_sender(sender, kNobodyTookIt, out);
  }
}

void Interests::go_on_later(Now now) {
  if (!go_on_at_) go_on_at_ = now.instant + kSyncEvery;
}

void Interests::go_on(Now now, Outbox& out) {
  go_on_at_.reset();
  bool more = false;
  for (auto& [server, peer] : peers_) {
    if (peer.syncing) sync(server, peer, out);
    more = more || peer.syncing;
  }
  for (std::size_t i = 0; i < kSyncAtOnce && !untold_.empty(); ++i) {
    out.emit(PresenceAsked{std::move(untold_.back().first), untold_.back().second});
    untold_.pop_back();
  }
  for (std::size_t i = 0; i < kSyncAtOnce && !farewells_.empty(); ++i) {
    out.emit(std::move(farewells_.back()));
    farewells_.pop_back();
  }
  forget_orphans(out);
  doubt_some(out);
  more = more || !untold_.empty() || !farewells_.empty() || !orphans_.empty() || doubted_;
  if (more) go_on_later(now);
}

// By then somebody serves her, and is asked; or nobody has taken her.
void Interests::look_whether_she_is_gone(Now now, Concern& concern, const Address& account,
                                         Outbox& out) {
  if (!concern.gone_by || *concern.gone_by > now.instant) return;
  concern.gone_by.reset();
  if (!concern.present_at) return;
  const Stake* serving = concern.serving();
  concern.present_at = serving == nullptr ? std::nullopt : std::optional(serving->server);
  if (concern.present_at) return ask_again(account, concern, out);
  out.emit(PresenceElsewhere{account, {}});
}

}  // namespace muster
