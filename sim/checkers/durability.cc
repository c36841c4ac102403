#include "sim/checkers/durability.h"

#include <algorithm>

namespace muster::sim {

void Durability::happened(const Happened& fact) {
  if (std::holds_alternative<WasPromised>(fact.what)) promises_.push_back(fact);
}

void Durability::at_step(const View& view) {
  for (const Happened& fact : promises_)
    look_at(view, fact, std::get<WasPromised>(fact.what));
  promises_.clear();
}

void Durability::look_at(const View& view, const Happened& fact, const WasPromised& promised) {
  if (promised.what != "publication") return;
  const Address& account = view.crowd.agent(fact.agent).identity().account;
  // Its number alone: in the document the rest of the note may look otherwise.
  const std::string version = promised.detail.substr(0, promised.detail.find(' ') + 1);
  const auto& kept = view.world.store().memory().publications_of(account);
  const bool is_kept = std::any_of(kept.begin(), kept.end(), [&](const StoredPublication& one) {
    return one.document.find(version) != std::string::npos;
  });
  if (!is_kept) {
    wrong(fact.at, account.text() + " was told that its publication is kept (" + promised.detail +
                       "), which is not in the store");
  }
}

}  // namespace muster::sim
