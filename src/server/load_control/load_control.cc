#include "server/load_control/load_control.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace muster {

LoadControl::LoadControl(Shard& shard)
    : shards_serving_(static_cast<std::uint8_t>(shard.shards - 1)) {
  if (shard.self == ShardId() && shard.settings.cluster) {
    membership_.emplace(*shard.settings.cluster, shard.shards);
    links_.emplace(shard.settings.cluster->links, shard.prng);
  }
}

void LoadControl::on(Now now, const Started& started, Outbox& out) {
  if (membership_) membership_->on(now, started, out);
}

void LoadControl::on(Now now, const ClusterAnswered& answered, Outbox& out) {
  MUSTER_CHECK(membership_.has_value());
  membership_->on(now, answered, out);
  if (membership_->state() == Membership::State::member) {
    links_->know(now, membership_->directory(), membership_->self(), out);
  } else if (membership_->state() == Membership::State::over) {
    links_->close_all(now, out);
  }
  hear(now, out);
}

void LoadControl::on(Now now, const ServerFenced& fenced, Outbox& out) {
  MUSTER_CHECK(membership_.has_value());
  membership_->on(now, fenced, out);
}

void LoadControl::on(Now now, const ShardStopped&, Outbox& out) {
  MUSTER_CHECK(shards_serving_ > 0);
  --shards_serving_;
  if (leaving_) leave(now, out);
}

void LoadControl::leave(Now now, Outbox& out) {
  leaving_ = true;
  if (!membership_ || shards_serving_ > 0) return;
  links_->close_all(now, out);
  hear(now, out);
  membership_->leave(now, out);
}

bool LoadControl::idle() const {
  return !membership_ || membership_->state() == Membership::State::over;
}

void LoadControl::wake(Now now, Outbox& out) {
  if (!membership_) return;
  membership_->wake(now, out);
  links_->wake(now, out);
  hear(now, out);
}

std::optional<Instant> LoadControl::next_deadline() const {
  if (!membership_) return std::nullopt;
  const auto membership = membership_->next_deadline();
  const auto links = links_->next_deadline();
  return membership && links ? std::min(membership, links) : membership ? membership : links;
}

// --- the links to the other servers --------------------------------------------------------------

void LoadControl::on(Now now, const LinkOpened& opened, Outbox& out) {
  if (!links_) {
    out.order(CloseLink{opened.link});
    return;
  }
  links_->on(now, opened, out);
  hear(now, out);
}

void LoadControl::on(Now now, const LinkFailed& failed, Outbox& out) {
  if (links_) links_->on(now, failed, out);
}

void LoadControl::on(Now now, const BytesReceived& received, Outbox& out) {
  MUSTER_CHECK(has(received.link));
  links_->on(now, received, out);
  hear(now, out);
}

void LoadControl::on(Now now, const LinkClosed& closed, Outbox& out) {
  MUSTER_CHECK(has(closed.link));
  links_->on(now, closed, out);
  hear(now, out);
}

void LoadControl::flush(Now now, Outbox& out) {
  if (links_) links_->flush(now, out);
}

void LoadControl::hear(Now now, Outbox& out) {
  while (const auto what = links_->next(now, out))
    happened(now, *what, out);
}

// Nothing is told on the lanes yet, so nobody is to hear of it.
void LoadControl::happened(Now, const ServerLinks::Happened& what, Outbox& out) {
  if (const auto* lost = std::get_if<ServerLinks::NotDelivered>(&what)) {
    out.order(Log{Log::Level::warning, "not-delivered",
                  "incarnation " + std::to_string(lost->peer.number()),
                  std::to_string(lost->payloads.size())});
  }
}

}  // namespace muster
