#include "server/load_control/awaited_users.h"

#include <algorithm>

namespace muster {

using cluster::Incarnation;

void AwaitedUsers::given(Now now, Incarnation by, std::uint64_t number, const Address& user) {
  Giver& giver = givers_[by];
  giver.told = std::max(giver.told, number);
  changed_.insert(by);
  const Awaited awaited(user, by);
  const Instant until = now.instant + kComingTimeMax;
  if (awaited_.size() >= kAwaitedMax && !awaited_.contains(awaited)) return;
  const auto [known, is_new] = awaited_.try_emplace(awaited, until);
  known->second = until;
  if (is_new) ++giver.awaited;
  due_.add(until, awaited);
}

void AwaitedUsers::came(const Address& user) {
  auto next = awaited_.lower_bound({user, Incarnation()});
  while (next != awaited_.end() && next->first.first == user) {
    settle(next->first);
    next = awaited_.erase(next);
  }
}

void AwaitedUsers::settle(const Awaited& awaited) {
  const auto giver = givers_.find(awaited.second);
  if (giver == givers_.end()) return;
  --giver->second.awaited;
  changed_.insert(awaited.second);
}

void AwaitedUsers::know(const cluster::Directory& directory) {
  std::erase_if(givers_, [&](const auto& giver) {
    const cluster::Member* member = member_of(directory, giver.first);
    return member == nullptr || member->role == cluster::Role::gone;
  });
}

void AwaitedUsers::wake(Now now) {
  while (const auto due = due_.take_due(now.instant)) {
    const auto known = awaited_.find(*due);
    if (known == awaited_.end() || known->second > now.instant) continue;
    settle(*due);
    awaited_.erase(known);
  }
}

std::uint64_t AwaitedUsers::settled(Incarnation by) const {
  const auto giver = givers_.find(by);
  return giver == givers_.end() ? 0 : giver->second.told - giver->second.awaited;
}

std::vector<Incarnation> AwaitedUsers::take_changed() {
  std::vector<Incarnation> changed(changed_.begin(), changed_.end());
  changed_.clear();
  return changed;
}

}  // namespace muster
