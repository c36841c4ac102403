#include "sim/checkers/levels.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "server/load_control/level.h"
#include "sim/checkers/lives.h"

namespace muster::sim {
namespace {

// All that a user has, by what her agents know.
struct Holdings {
  bool session = false;
  bool publication = false;
  std::uint64_t subscriptions = 0;
  std::set<cluster::Incarnation> registered;  // the lives of the servers that said so
};

// Whose it is, if that server lives still.
std::optional<cluster::Incarnation> life_at(const View& view, const Registered& registered) {
  for (std::size_t i = 0; i < view.world.server_count(); ++i) {
    const Server& server = view.world.server(i);
    const bool is_it = server.sip_at() == registered.at;
    if (is_it && server.running() && server.started_at() <= registered.since) {
      return life_of(view.world, server);
    }
  }
  return std::nullopt;
}

std::map<Address, Holdings> holdings(const View& view) {
  std::map<Address, Holdings> all;
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    const Agent& agent = view.crowd.agent(AgentId(i));
    if (view.crowd.lost(AgentId(i)) || !agent.online()) continue;
    Holdings& user = all[agent.identity().account];
    if (agent.kind() == AgentKind::messenger) {
      user.session = true;
      continue;
    }
    user.publication = user.publication || !agent.own_picture().empty();
    user.subscriptions += agent.ties().size();
    const std::optional<Registered> registered = agent.registered();
    if (!registered || registered->until <= view.now()) continue;
    if (const auto life = life_at(view, *registered)) user.registered.insert(*life);
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

// What a user has at one server. Her roster is there with whatever shows her.
struct Place {
  bool session = false;
  bool shown_by_phone = false;
  std::uint64_t subscriptions = 0;

  bool is_present() const { return session || shown_by_phone; }
  bool counts() const { return is_present() || subscriptions > 0; }

  void count(std::uint64_t contacts, Counted& at) const {
    if (!counts()) return;
    const std::uint64_t resources = subscriptions + (is_present() ? contacts : 0);
    ++at.load.users;
    at.load.resources += resources;
    at.own.resources += resources;
    if (session) ++at.own.xmpp;
    if (shown_by_phone || subscriptions > 0) ++at.own.sip;
  }
};

// What she has published is where she is served, from when she has come there by anything else.
Place place_at(cluster::Incarnation owner, const Holdings& user) {
  Place place;
  place.session = user.session;
  place.subscriptions = user.subscriptions;
  const bool registered = user.registered.contains(owner);
  const bool came = registered || place.counts();
  place.shown_by_phone = registered || (came && user.publication);
  return place;
}

// A user counts at her owner. Who has moved counts where a phone of hers is registered as well,
// until she is present at her owner.
std::map<cluster::Incarnation, Counted> counted(const View& view) {
  std::map<cluster::Incarnation, Counted> all;
  const std::map<Address, cluster::Incarnation> owners =
      view.world.cluster_store().memory().owners();
  for (const auto& [account, user] : holdings(view)) {
    const std::uint64_t contacts = watched_by(view.world.store().memory(), account);
    const auto owner = owners.find(account);
    Place place;
    if (owner != owners.end()) {
      place = place_at(owner->second, user);
      place.count(contacts, all[owner->second]);
    }
    if (place.is_present()) continue;
    for (const cluster::Incarnation life : user.registered)
      Place{false, true, 0}.count(contacts, all[life]);
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
      if (!seen.own) return about + "it did not say what it has";
      if (words(*seen.own) != counts) return about + words(*seen.own) + ", not " + counts;
      if (seen.own->load.users != truly.load.users) {
        return about + "it says " + std::to_string(seen.own->load.users) + " users, not " +
               std::to_string(truly.load.users);
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
