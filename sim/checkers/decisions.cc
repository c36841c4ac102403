#include "sim/checkers/decisions.h"

#include "model/cluster/sorted.h"

namespace muster::sim {
namespace {

std::vector<cluster::ServerPicture> known_by(const Server& server) {
  const cluster::Picture* picture = server.running() ? server.shard(ShardId()).picture() : nullptr;
  if (picture == nullptr) return {};
  return {picture->servers().begin(), picture->servers().end()};
}

}  // namespace

// The one before is over, whosever it was.
void Decisions::turn_begins(const Server& server) {
  end_turn();
  turns_.push_back({&server, known_by(server), {}});
  is_open_ = true;
}

void Decisions::end_turn() {
  if (std::exchange(is_open_, false)) turns_.back().after = known_by(*turns_.back().server);
}

void Decisions::asked(const cluster::ClusterRequest& request) {
  if (is_open_) turns_.back().asked.push_back(request);
}

void Decisions::told_operator(const Log& line) {
  if (is_open_) turns_.back().told.push_back(line);
}

void Decisions::at_step(const View& view) {
  end_turn();
  for (const Turn& turn : turns_) {
    note_links(turn, view.now());
    judge(view, turn);
  }
  turns_.clear();
}

std::optional<Decisions::Both> Decisions::both(const Turn& turn, cluster::Incarnation server) {
  const auto* before = cluster::find(turn.before, server);
  const auto* after = cluster::find(turn.after, server);
  if (before == nullptr || after == nullptr) return std::nullopt;
  return Both{*before, *after};
}

void Decisions::note_links(const Turn& turn, Instant at) {
  const ServerId by = turn.server->id();
  std::erase_if(linked_since_, [&](const auto& one) {
    if (one.first.first != by) return false;
    const auto server = both(turn, one.first.second);
    return !server || !server->reachable();
  });
  for (const cluster::ServerPicture& server : turn.after) {
    if (server.reachable) linked_since_.try_emplace({by, server.incarnation}, at);
  }
}

Instant Decisions::linked_since(const Turn& turn, cluster::Incarnation to) const {
  return linked_since_.at({turn.server->id(), to});
}

}  // namespace muster::sim
