#include "sim/checkers/permission.h"

#include <algorithm>

namespace muster::sim {
namespace {

std::string who_sees(const Address& watcher, const Address& presentity) {
  return watcher.text() + " sees " + presentity.text();
}

}  // namespace

bool is_let_in(const MemoryStore& store, const Address& presentity, const Address& watcher) {
  const WatcherPolicy policy = store.policy_of(presentity);
  const Subscription subscription = store.relation(presentity, watcher).subscription;
  if (policy == WatcherPolicy::allow || is_seen_by(subscription)) return true;
  return policy == WatcherPolicy::mutual && (sees(subscription) || is_pending_out(subscription));
}

void Permission::happened(const Happened& fact) {
  if (const auto* saw = std::get_if<SawPicture>(&fact.what)) {
    if (!saw->picture.empty()) sights_.push_back({fact.at, fact.agent, saw->presentity});
  } else if (const auto* asked = std::get_if<AskedFor>(&fact.what)) {
    if (asked->verb == SubscriptionVerb::subscribed) approved_.emplace(fact.agent, asked->to);
    if (asked->verb == SubscriptionVerb::subscribe) asked_.emplace(fact.agent, asked->to);
  } else if (const auto* showed = std::get_if<ShowedItselfTo>(&fact.what)) {
    shown_.emplace(fact.agent, showed->to);
  }
}

void Permission::at_step(const View& view) {
  for (const Sight& sight : sights_) {
    const Address& watcher = view.crowd.agent(sight.watcher).identity().account;
    if (was_let_in(view, sight.presentity, watcher)) continue;
    wrong(sight.at, who_sees(watcher, sight.presentity) + ", who never let it in");
  }
  sights_.clear();
}

bool Permission::was_let_in(const View& view, const Address& presentity,
                            const Address& watcher) const {
  if (watcher == presentity || said(shown_, view, presentity, watcher)) return true;
  switch (view.world.store().memory().policy_of(presentity)) {
    case WatcherPolicy::allow: return true;
    case WatcherPolicy::mutual:
      if (said(asked_, view, presentity, watcher)) return true;
      [[fallthrough]];
    case WatcherPolicy::ask:
    case WatcherPolicy::deny: return said(approved_, view, presentity, watcher);
  }
  return false;
}

bool Permission::said(const std::set<Asked>& words, const View& view, const Address& by,
                      const Address& of) const {
  return std::any_of(words.begin(), words.end(), [&](const Asked& word) {
    return word.second == of && view.crowd.agent(word.first).identity().account == by;
  });
}

void Permission::at_rest(const View& view) {
  const MemoryStore& store = view.world.store().memory();
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    if (view.crowd.lost(AgentId(i))) continue;
    const Agent& agent = view.crowd.agent(AgentId(i));
    const Address& watcher = agent.identity().account;
    for (const auto& [presentity, picture] : agent.pictures()) {
      if (picture.empty() || presentity == watcher) continue;
      if (is_let_in(store, presentity, watcher)) continue;
      wrong(view.now(), who_sees(watcher, presentity) + " without an authorization");
    }
  }
}

}  // namespace muster::sim
