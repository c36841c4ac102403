#include "sim/checkers/placing.h"

#include <algorithm>

namespace muster::sim {

using cluster::AssignUsers;
using cluster::Incarnation;

void Placing::judge(const View& view, const Turn& turn) {
  std::erase_if(let_go_, [&](const auto& one) { return one.second + kYieldedFor < view.now(); });
  for (const cluster::ClusterRequest& request : turn.asked) {
    if (const auto* release = std::get_if<cluster::ReleaseUsers>(&request)) {
      for (const Address& user : release->users)
        let_go_[user] = view.now();
    }
    if (std::holds_alternative<cluster::ForgetServer>(request)) forgotten_ = view.now();
    if (const auto* assign = std::get_if<AssignUsers>(&request)) judge(view, turn, *assign);
  }
}

void Placing::judge(const View& view, const Turn& turn, const AssignUsers& assign) {
  std::map<Incarnation, std::uint32_t> given;
  for (const AssignUsers::One& one : assign.users) {
    const bool is_moved = one.from == assign.by;
    const bool stays = one.to == assign.by && comes_back(view, one.user);
    if (!is_moved && !stays) ++given[one.to];
  }
  for (const auto& [to, users] : given) {
    const auto server = both(turn, to);
    if (!server || !server->known() || !server->before.max) continue;
    const std::uint32_t max = server->before.max->value;
    const std::uint32_t level =
        std::min(server->before.report->level.value, server->after.report->level.value);
    if (level < max && users <= max - level) continue;
    wrong(view.now(), "life " + std::to_string(assign.by.number()) + " gives " +
                          std::to_string(users) + " to life " + std::to_string(to.number()) +
                          ", which has level " + std::to_string(level) + " of " +
                          std::to_string(max));
  }
}

// Her server was asked for her, or is no more.
bool Placing::comes_back(const View& view, const Address& user) const {
  return let_go_.contains(user) || (forgotten_ && view.now() <= *forgotten_ + kYieldedFor);
}

}  // namespace muster::sim
