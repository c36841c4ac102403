#include "sim/checkers/reference.h"

#include <algorithm>
#include <set>

#include "sim/checkers/permission.h"
#include "sim/checkers/pictures.h"

namespace muster::sim {

void Reference::at_rest(const View& view) {
  const auto all = shown(view);
  std::set<Address> answering;
  std::map<Address, std::size_t> phones;  // that are registered
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    const Agent& agent = view.crowd.agent(AgentId(i));
    if (view.crowd.lost(AgentId(i)) || !agent.online()) continue;
    if (agent.kind() == AgentKind::phone) ++phones[agent.identity().account];
  }
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    const Agent& agent = view.crowd.agent(AgentId(i));
    if (view.crowd.lost(AgentId(i)) || !agent.online()) continue;
    compare(view, agent, expected(view, all, agent));
    look_for_phones(view, agent, phones);
    if (agent.kind() == AgentKind::messenger) answering.insert(agent.identity().account);
  }
  for (const Address& account : answering)
    look_for_requests(view, account);
  look_for_links(view);
}

// --- what must be --------------------------------------------------------------------------------

std::map<Address, Tie> Reference::ties_of_messenger(const View& view, const Address& account) {
  const MemoryStore& store = view.world.store().memory();
  std::map<Address, Tie> ties;
  for (const Address& contact : store.contacts_of(account)) {
    const Relation relation = store.relation(account, contact);
    if (!relation.listed) continue;
    const Subscription subscription = relation.subscription;
    ties[contact] = {sees(subscription), is_pending_out(subscription), is_seen_by(subscription)};
  }
  return ties;
}

// Whom a phone watches is its own affair.
std::map<Address, Tie> Reference::ties_of_phone(const View& view, const Agent& phone) {
  const MemoryStore& store = view.world.store().memory();
  std::map<Address, Tie> ties;
  for (const auto& [presentity, tie] : phone.ties()) {
    const bool let_in = is_let_in(store, presentity, phone.identity().account);
    ties[presentity] = {let_in, !let_in, false};
  }
  return ties;
}

Reference::Mind Reference::expected(const View& view, const std::map<Address, Picture>& all,
                                    const Agent& agent) {
  Mind mind;
  mind.ties = agent.kind() == AgentKind::messenger
                  ? ties_of_messenger(view, agent.identity().account)
                  : ties_of_phone(view, agent);
  for (const auto& [presentity, tie] : mind.ties) {
    if (!tie.sees) continue;
    const auto found = all.find(presentity);
    mind.pictures[presentity] = found == all.end() ? Picture() : found->second;
  }
  return mind;
}

// --- what is -------------------------------------------------------------------------------------

void Reference::compare(const View& view, const Agent& agent, const Mind& expected) {
  const Identity& identity = agent.identity();
  const std::string who = identity.account.text() + "/" + identity.name;
  const std::map<Address, Tie> ties = agent.ties();
  for (const auto& [other, tie] : ties) {
    if (expected.ties.contains(other)) continue;
    stuck(view.now(), who + " has " + other.text() + " (" + to_text(tie) + "), who is not there");
  }
  for (const auto& [other, tie] : expected.ties) {
    const auto found = ties.find(other);
    if (found != ties.end() && found->second == tie) continue;
    stuck(view.now(), who + " has " + other.text() + " as '" +
                          (found == ties.end() ? "nobody" : to_text(found->second)) +
                          "', not as '" + to_text(tie) + "'");
  }
  const std::map<Address, Picture> pictures = agent.pictures();
  for (const auto& [other, picture] : expected.pictures) {
    const auto found = pictures.find(other);
    const Picture seen = found == pictures.end() ? Picture() : as_shown(found->second);
    if (seen == picture) continue;
    stuck(view.now(),
          who + " sees of " + other.text() + " " + to_text(seen) + ", not " + to_text(picture));
  }
}

// A phone is shown by a name that the service makes as long as it is registered, and no longer.
void Reference::look_for_phones(const View& view, const Agent& agent,
                                const std::map<Address, std::size_t>& phones) {
  for (const auto& [presentity, picture] : agent.pictures()) {
    const auto seen = static_cast<std::size_t>(
        std::count_if(picture.begin(), picture.end(),
                      [](const auto& entry) { return entry.first.starts_with("sip-"); }));
    const auto found = phones.find(presentity);
    if (seen <= (found == phones.end() ? 0 : found->second)) continue;
    stuck(view.now(), agent.identity().account.text() + " sees a phone of " + presentity.text() +
                          " that is not registered");
  }
}

// Every messenger answers who asks.
void Reference::look_for_requests(const View& view, const Address& account) {
  const MemoryStore& store = view.world.store().memory();
  for (const Address& contact : store.contacts_of(account)) {
    if (!is_pending_in(store.relation(account, contact).subscription)) continue;
    stuck(view.now(), account.text() + " was not asked by " + contact.text());
  }
}

void Reference::look_for_links(const View& view) {
  std::size_t links = 0;
  for (std::size_t i = 0; i < view.world.server_count(); ++i) {
    const Server& server = view.world.server(i);
    for (std::uint8_t k = 0; server.running() && k < server.shard_count(); ++k)
      links += server.links(ShardId(k));
  }
  // And one between each two servers, which each of them has.
  const std::size_t servers = view.world.server_count();
  links -= std::min(links, servers * (servers - 1));
  if (links == view.crowd.links()) return;
  stuck(view.now(), "the service has " + std::to_string(links) + " links, its users " +
                        std::to_string(view.crowd.links()));
}

}  // namespace muster::sim
