#include "sim/checkers/assignment.h"

#include <string>

namespace muster::sim {
namespace {

std::string number_of(cluster::Incarnation life) {
  return "life " + std::to_string(life.number());
}

}  // namespace

void Assignment::happened(const Happened& fact) {
  const auto* sent = std::get_if<WasSentOn>(&fact.what);
  if (sent != nullptr) sent_on_.emplace_back(fact.agent, sent->step);
}

void Assignment::asked(const cluster::ClusterRequest& request) {
  if (const auto* order = std::get_if<cluster::SetRole>(&request)) orders_.push_back(*order);
  if (const auto* forget = std::get_if<cluster::ForgetServer>(&request)) {
    forgets_.push_back(*forget);
  }
}

void Assignment::at_step(const View& view) {
  const ClusterMemory& cluster = view.world.cluster_store().memory();
  if (const cluster::Incarnation main = cluster.main(); main != cluster::Incarnation()) {
    const auto known = mains_.try_emplace(cluster.epoch(), main).first;
    if (known->second != main) {
      wrong(view.now(), number_of(main) + " is main in epoch " +
                            std::to_string(cluster.epoch().number()) + ", which had " +
                            number_of(known->second));
    }
  }
  for (const cluster::SetRole& order : orders_) {
    const auto main = mains_.find(order.epoch);
    if (main != mains_.end() && main->second == order.by) continue;
    wrong(view.now(), number_of(order.by) + " gives an order in epoch " +
                          std::to_string(order.epoch.number()) + ", which is not its own");
  }
  for (const cluster::ForgetServer& forget : forgets_) {
    if (view.world.store().is_fenced(forget.gone)) continue;
    wrong(view.now(), number_of(forget.gone) + " is to be forgotten, and may still write");
  }
  for (const auto& [agent, step] : sent_on_)
    sent_on(view, agent, step);
  orders_.clear();
  forgets_.clear();
  sent_on_.clear();
}

void Assignment::sent_on(const View& view, AgentId agent, int step) {
  const Identity& identity = view.crowd.agent(agent).identity();
  const std::map<Address, cluster::Incarnation> owners =
      view.world.cluster_store().memory().owners();
  const auto owned = owners.find(identity.account);
  const cluster::Incarnation owner = owned == owners.end() ? cluster::Incarnation() : owned->second;
  Way& way = ways_[agent];
  if (step == 1 || way.owner != owner) way = {owner, step};
  const bool is_lost = step - way.from >= kSentOnInTroubleMax;
  if (!is_lost && !(is_calm_ && step > kSentOnMax)) return;
  wrong(view.now(), identity.account.text() + "/" + identity.name +
                        " is sent on to a server after another, " + std::to_string(step) +
                        " by now");
}

void Assignment::at_rest(const View& view) {
  is_calm_ = true;
  if (view.world.server_count() == 1) return;
  std::map<cluster::Incarnation, cluster::Role> roles;
  const ClusterMemory& cluster = view.world.cluster_store().memory();
  for (const cluster::Member& member : cluster.directory(Duration()).members)
    roles[member.incarnation] = member.role;
  const std::map<Address, cluster::Incarnation> owners = cluster.owners();
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    const Agent& agent = view.crowd.agent(AgentId(i));
    if (view.crowd.lost(AgentId(i)) || !agent.online()) continue;
    const Address& account = agent.identity().account;
    const auto owner = owners.find(account);
    if (owner == owners.end()) {
      stuck(view.now(), account.text() + " is there, and has no owner");
    } else if (const auto role = roles.find(owner->second);
               role == roles.end() || !serves(role->second)) {
      stuck(view.now(),
            account.text() + " has " + number_of(owner->second) + ", which serves nobody");
    }
  }
}

}  // namespace muster::sim
