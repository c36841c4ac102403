#include "server/load_control/load_control.h"

#include <algorithm>

namespace muster {

LoadControl::LoadControl(Shard& shard) : shard_(shard.self) {
  if (!shard.settings.cluster) return;
  residents_.emplace(shard);
  interests_.emplace(shard);
  relay_.emplace(shard);
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

void LoadControl::on(Now now, const ToServers& said, Outbox& out) {
  if (server_ == nullptr) return out.emit(ShardId(), said);
  server_->on(now, said, out);
}

void LoadControl::on(Now now, const AdminAsked& asked, Outbox& out) {
  if (server_ != nullptr) return server_->on(now, asked, out);
  out.order(AnswerAdmin{asked.ticket, {AdminReply::Outcome::no_cluster, {}}});
}

void LoadControl::on(Now now, const ResidentChanged& changed, Outbox& out) {
  residents_->on(now, changed, out);
  interests_->on(now, changed, out);
}

void LoadControl::wake(Now now, Outbox& out) {
  if (interests_) interests_->wake(now, out);
  if (residents_) residents_->wake(now, out);
  if (relay_) relay_->wake(now, out);
  if (server_ != nullptr) server_->wake(now, out);
}

std::optional<Instant> LoadControl::next_deadline() const {
  std::optional<Instant> earliest;
  for (const std::optional<Instant>& next :
       {residents_ ? residents_->next_deadline() : std::nullopt,
        interests_ ? interests_->next_deadline() : std::nullopt,
        relay_ ? relay_->next_deadline() : std::nullopt,
        server_ != nullptr ? server_->next_deadline() : std::nullopt}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

}  // namespace muster
