#include "server/load_control/load_control.h"

#include "base/check.h"

namespace muster {

LoadControl::LoadControl(Shard& shard)
    : shards_serving_(static_cast<std::uint8_t>(shard.shards - 1)) {
  if (shard.self == ShardId() && shard.settings.cluster) {
    membership_.emplace(*shard.settings.cluster, shard.shards);
  }
}

void LoadControl::on(Now now, const Started& started, Outbox& out) {
  if (membership_) membership_->on(now, started, out);
}

void LoadControl::on(Now now, const ClusterAnswered& answered, Outbox& out) {
  MUSTER_CHECK(membership_.has_value());
  membership_->on(now, answered, out);
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
  if (membership_ && shards_serving_ == 0) membership_->leave(now, out);
}

bool LoadControl::idle() const {
  return !membership_ || membership_->state() == Membership::State::over;
}

void LoadControl::wake(Now now, Outbox& out) {
  if (membership_) membership_->wake(now, out);
}

std::optional<Instant> LoadControl::next_deadline() const {
  return membership_ ? membership_->next_deadline() : std::nullopt;
}

}  // namespace muster
