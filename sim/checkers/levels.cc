#include "sim/checkers/levels.h"

#include <algorithm>
#include <map>
#include <utility>

#include "server/load_control/level.h"

namespace muster::sim {
namespace {

struct Present {
  bool xmpp = false;
  bool sip = false;
  std::uint64_t subscriptions = 0;
};

std::map<Address, Present> present(const View& view) {
  std::map<Address, Present> all;
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    const Agent& agent = view.crowd.agent(AgentId(i));
    if (view.crowd.lost(AgentId(i)) || !agent.online()) continue;
    Present& user = all[agent.identity().account];
    if (agent.kind() == AgentKind::messenger) {
      user.xmpp = true;
    } else {
      user.sip = true;
      user.subscriptions += agent.ties().size();
    }
  }
  return all;
}

std::uint64_t watched_by(const MemoryStore& store, const Address& account) {
  const std::vector<Address> contacts = store.contacts_of(account);
  return static_cast<std::uint64_t>(std::count_if(
      contacts.begin(), contacts.end(),
      [&](const Address& contact) { return sees(store.relation(account, contact).subscription); }));
}

struct Counted {
  cluster::Load load;
  ServerSeen::Own own;
};

std::map<cluster::Incarnation, Counted> counted(const View& view) {
  std::map<cluster::Incarnation, Counted> all;
  const std::map<Address, cluster::Incarnation> owners =
      view.world.cluster_store().memory().owners();
  for (const auto& [account, user] : present(view)) {
    const auto owner = owners.find(account);
    if (owner == owners.end()) continue;
    Counted& at = all[owner->second];
    ++at.load.users;
    at.load.resources += watched_by(view.world.store().memory(), account) + user.subscriptions;
    if (user.xmpp) ++at.own.xmpp;
    if (user.sip) ++at.own.sip;
    at.own.resources = at.load.resources;
  }
  return all;
}

std::string words(const ServerSeen::Own& own) {
  return std::to_string(own.xmpp) + " by XMPP, " + std::to_string(own.sip) + " by SIP, " +
         std::to_string(own.resources) + " resources";
}

}  // namespace

std::string Levels::difference(const View& view) {
  std::map<cluster::Incarnation, Counted> all = counted(view);
  for (std::size_t i = 0; i < view.told.size(); ++i) {
    if (!view.world.server(i).running()) continue;
    const std::string teller = "server " + std::to_string(i);
    if (view.told[i].size() != view.world.server_count()) {
      return teller + " knows " + std::to_string(view.told[i].size()) + " servers";
    }
    // A candidate is told nobody's load.
    const bool waits = std::any_of(view.told[i].begin(), view.told[i].end(), [](const auto& seen) {
      return seen.itself && seen.member.role == cluster::Role::standby;
    });
    for (const ServerSeen& seen : view.told[i]) {
      const std::string about = teller + " of " + seen.member.self.svr_id + ": ";
      const Counted& truly = all[seen.member.incarnation];
      const std::string counts = words(truly.own);
      if (!seen.itself && !seen.linked) return about + "it has no link to it";
      if (seen.own.has_value() != seen.itself) return about + "whose counts are its own";
      if (seen.own && *seen.own != truly.own) {
        return about + words(*seen.own) + ", not " + counts;
      }
      if (waits && !seen.itself && seen.load) return about + "a candidate says its level";
      if (waits || seen.member.role == cluster::Role::standby) continue;
      if (!seen.load) return about + "its level is not known";
      const cluster::LoadLevel level =
          cluster::level_of(truly.load, view.world.server(i).settings().cluster->load);
      if (seen.load->users != truly.load.users || seen.load->level != level) {
        return about + "level " + std::to_string(seen.load->level.value) + " of " +
               std::to_string(seen.load->users) + " users, not " + std::to_string(level.value) +
               " of " + std::to_string(truly.load.users) + " users, " + counts;
      }
    }
  }
  return {};
}

}  // namespace muster::sim
