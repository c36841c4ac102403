#include "server/load_control/main_server.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/overloaded.h"
#include "model/cluster/sorted.h"
#include "server/planted.h"

namespace muster::cluster {

// --- who is there --------------------------------------------------------------------------------

void MainServer::know(Instant now, const Directory& directory, Incarnation self) {
  self_ = self;
  // It was another's meanwhile.
  if (is_main() && epoch_ != directory.epoch) end();
  epoch_ = directory.epoch;
  const std::map<Incarnation, Known> before = std::exchange(servers_, {});
  bool joined = false;
  for (const Member& member : directory.members) {
    if (member.role == Role::gone) continue;
    const auto known = before.find(member.incarnation);
    const bool ran = known != before.end() && known->second.role != Role::standby;
    joined = joined || (!ran && member.role == Role::running);
    servers_.emplace(member.incarnation, Known{member.self.svr_id, member.role});
  }
  const auto is_gone = [&](Incarnation server) { return !servers_.contains(server); };
  std::erase_if(wanting_, [&](const auto& wanting) { return is_gone(wanting.first); });
  std::erase_if(recruiting_, [&](const auto& recruited) {
    if (!is_gone(recruited.first)) return false;
    say(Say::What::not_recruited, recruited.first, recruited.second);
    growth_->failed(now, recruited.second);
    return true;
  });
  const bool main = self != Incarnation() && directory.main == self;
  if (joined && is_main()) rebalance_->joined(now);
  if (main && !is_main()) begin(now);
  if (!main && is_main()) end();
}

// Whether it is even is not known: who was main before may have been about to make it so.
void MainServer::begin(Instant now) {
  growth_.emplace(settings_, planted_);
  rebalance_.emplace(settings_);
  rebalance_->joined(now);
}

void MainServer::end() {
  growth_.reset();
  rebalance_.reset();
  launch_not_before_.reset();
  recruiting_.clear();
  wanting_.clear();
  ask_not_before_.reset();
  changing_.clear();
  orders_.clear();
}

const MainServer::Known* MainServer::find(Incarnation server) const {
  const auto known = servers_.find(server);
  return known == servers_.end() ? nullptr : &known->second;
}

std::optional<Incarnation> MainServer::find(std::string_view svr_id) const {
  for (const auto& [incarnation, known] : servers_) {
    if (known.svr_id == svr_id) return incarnation;
  }
  return std::nullopt;
}

void MainServer::came_back(Instant now) {
  if (is_main()) rebalance_->joined(now);
}

void MainServer::wanting(Incarnation at, std::uint32_t users) {
  wanting_[at] = users;
}

void MainServer::say(Say::What what, Incarnation server, std::string_view svr_id) {
  orders_.emplace_back(Say{what, server, std::string(svr_id)});
}

// --- roles ---------------------------------------------------------------------------------------

void MainServer::change_role(Incarnation of, Role from, Role to) {
  if (!changing_.insert(of).second) return;
  Epoch epoch = epoch_;
  if (planted_ == Planted::order_of_earlier_epoch) epoch = Epoch(epoch.number() - 1);
  orders_.emplace_back(ChangeRole{{self_, epoch, of, from, to}});
}

void MainServer::take_in(Incarnation candidate) {
  const std::string& svr_id = find(candidate)->svr_id;
  if (!recruiting_.emplace(candidate, svr_id).second) return;
  say(Say::What::recruiting, candidate, svr_id);
  orders_.emplace_back(Invite{candidate});
}

void MainServer::invite_answered(Instant now, Incarnation candidate, sip::Status status) {
  if (!is_main() || !recruiting_.contains(candidate)) return;
  if (sip::is_success(status)) return change_role(candidate, Role::standby, Role::running);
  not_recruited(now, candidate);
}

void MainServer::not_recruited(Instant now, Incarnation candidate) {
  orders_.emplace_back(Dismiss{candidate});
  const auto recruited = recruiting_.extract(candidate);
  if (!recruited.empty()) growth_->failed(now, recruited.mapped());
  say(Say::What::not_recruited, candidate, find(candidate)->svr_id);
}

void MainServer::role_changed(Instant now, const SetRole& change, bool done) {
  if (!is_main() || change.epoch != epoch_) return;
  changing_.erase(change.of);
  const auto known = servers_.find(change.of);
  if (known == servers_.end()) return;
  if (!done) return role_not_changed(now, change);
  known->second.role = change.to;
  if (change.from == Role::standby) {
    orders_.emplace_back(Confirm{change.of});
    say(Say::What::recruited, change.of, known->second.svr_id);
    recruiting_.erase(change.of);
    growth_->joined(now, known->second.svr_id, change.of);
    rebalance_->joined(now);
  } else if (change.to == Role::running) {
    rebalance_->joined(now);
  } else if (change.from == Role::running) {
    say(Say::What::draining, change.of, known->second.svr_id);
  } else if (change.to == Role::standby) {
    orders_.emplace_back(Dismiss{change.of});
    say(Say::What::let_go, change.of, known->second.svr_id);
  }
}

// Another main was first, or the store fails.
void MainServer::role_not_changed(Instant now, const SetRole& change) {
  if (change.from == Role::standby) {
    orders_.emplace_back(Confirm{change.of});
    not_recruited(now, change.of);
  } else if (change.to == Role::standby) {
    ask_not_before_ = now + kAskAgainAfter;
  }
}

AdminReply::Outcome MainServer::ordered(const OrderServer& order) {
  using Outcome = AdminReply::Outcome;
  using What = OrderServer::What;
  if (!is_main()) return Outcome::not_main;
  const auto server = find(order.svr_id);
  if (!server) return Outcome::no_such_server;
  const Role role = find(*server)->role;
  // What is under way comes first.
  if (changing_.contains(*server) || recruiting_.contains(*server)) return Outcome::wrong_role;
  switch (order.what) {
    case What::drain:
      if (role != Role::running && role != Role::releasing) return Outcome::wrong_role;
      change_role(*server, role, Role::draining);
      return Outcome::done;
    case What::undrain:
      if (!drains(role)) return Outcome::wrong_role;
      change_role(*server, role, Role::running);
      return Outcome::done;
    case What::recruit:
      if (role != Role::standby) return Outcome::wrong_role;
      take_in(*server);
      return Outcome::done;
    case What::release:
      if (*server == self_) return Outcome::is_main;
      if (role == Role::standby || role == Role::releasing) return Outcome::wrong_role;
      change_role(*server, role, Role::releasing);
      return Outcome::done;
  }
  return Outcome::wrong_role;
}

// --- moves ---------------------------------------------------------------------------------------

void MainServer::moved(Instant now, Incarnation from, Incarnation to, std::uint32_t users) {
  if (is_main()) rebalance_->ended(now, from, to, users);
}

// --- deciding ------------------------------------------------------------------------------------

std::vector<MainServer::Order> MainServer::step(Instant now,
                                                std::span<const ServerPicture> servers) {
  if (is_main()) {
    decide(now, servers);
    launch_if_short(now);
    for (const Move& move : rebalance_->step(now, servers)) {
      const Known* from = find(move.from);
      const bool drains = from != nullptr && cluster::drains(from->role);
      orders_.emplace_back(MoveFrom{move, drains});
    }
    let_go_of_the_empty(now, servers);
  }
  return std::exchange(orders_, {});
}

void MainServer::decide(Instant now, std::span<const ServerPicture> servers) {
  std::vector<std::string> candidates;
  for (const auto& [incarnation, known] : servers_) {
    const ServerPicture* server = cluster::find(servers, incarnation);
    const bool may_be_asked = known.role == Role::standby && !recruiting_.contains(incarnation) &&
                              (server == nullptr || server->reachable);
    if (may_be_asked) candidates.push_back(known.svr_id);
  }
  Growth::Seen seen{servers, candidates, self_, 0};
  for (const auto& [server, users] : wanting_)
    seen.wanting += users;
  for (bool more = true; more;) {
    more = false;
    std::visit(Overloaded{
                   [](std::monostate) {},
                   [&](const Recruit& recruit) {
                     if (const auto candidate = find(recruit.candidate)) take_in(*candidate);
                   },
                   [&](const GiveUpOn& late) {
                     more = true;
                     const auto candidate = find(late.candidate);
                     // Who said that it comes is waited for.
                     if (!candidate || changing_.contains(*candidate)) return;
                     if (recruiting_.erase(*candidate) == 0) return;
                     orders_.emplace_back(Dismiss{*candidate});
                     say(Say::What::not_recruited, *candidate, late.candidate);
                   },
                   [&](const LetGo& leaver) {
                     change_role(leaver.server, Role::running, Role::releasing);
                   },
               },
               growth_->step(now, seen));
  }
}

void MainServer::launch_if_short(Instant now) {
  if (launch_not_before_ && *launch_not_before_ <= now) launch_not_before_.reset();
  const bool any_waits = std::any_of(servers_.begin(), servers_.end(), [](const auto& server) {
    return server.second.role == Role::standby;
  });
  if (!settings_.launches || any_waits || !growth_->lacks_candidate()) return;
  if (launch_not_before_) return;
  launch_not_before_ = now + settings_.recruit_time_max;
  const Known* own = find(self_);
  say(Say::What::launching, self_, own == nullptr ? std::string_view() : own->svr_id);
  orders_.emplace_back(Launch{});
}

void MainServer::let_go_of_the_empty(Instant now, std::span<const ServerPicture> servers) {
  if (ask_not_before_ && now < *ask_not_before_) return;
  ask_not_before_.reset();
  for (const ServerPicture& server : servers) {
    const Known* known = find(server.incarnation);
    if (known == nullptr || known->role != Role::releasing || !server.known()) continue;
    const bool empty = server.report->users == 0 && server.coming() == 0;
    if (empty) change_role(server.incarnation, Role::releasing, Role::standby);
  }
}

std::optional<Instant> MainServer::next_deadline() const {
  if (!is_main()) return std::nullopt;
  std::optional<Instant> earliest;
  for (const auto& next : {growth_->next_deadline(), rebalance_->next_deadline(),
                           launch_not_before_, ask_not_before_}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

}  // namespace muster::cluster
