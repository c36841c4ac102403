#include "server/load_control/load_control.h"

#include <algorithm>

namespace muster {

LoadControl::LoadControl(Shard& shard) : shard_(shard.self) {
  if (!shard.settings.cluster) return;
  residents_.emplace(shard);
  if (shard.self == ShardId()) server_ = std::make_unique<ClusterServer>(shard);
}

void LoadControl::on(Now now, const Started& started, Outbox& out) {
  if (server_ != nullptr) server_->on(now, started, out);
}

void LoadControl::on(Now now, const LinkOpened& opened, Outbox& out) {
  if (server_ == nullptr) return out.order(CloseLink{opened.link});
  server_->on(now, opened, out);
}

void LoadControl::on(Now now, const LinkFailed& failed, Outbox& out) {
  if (server_ != nullptr) server_->on(now, failed, out);
}

void LoadControl::on(Now, const UsersListWanted&, Outbox& out) {
  out.emit(ShardId(), UsersListed{shard_, residents_->list()});
}

void LoadControl::wake(Now now, Outbox& out) {
  if (residents_) residents_->wake(now, out);
  if (server_ != nullptr) server_->wake(now, out);
}

std::optional<Instant> LoadControl::next_deadline() const {
  const auto residents = residents_ ? residents_->next_deadline() : std::nullopt;
  const auto server = server_ != nullptr ? server_->next_deadline() : std::nullopt;
  return residents && server ? std::min(residents, server) : residents ? residents : server;
}

}  // namespace muster
