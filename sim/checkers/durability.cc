#include "sim/checkers/durability.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/ascii.h"

namespace muster::sim {

void Durability::happened(const Happened& fact) {
  if (std::holds_alternative<WasPromised>(fact.what)) promises_.push_back(fact);
}

void Durability::at_step(const View& view) {
  for (const Happened& fact : promises_) {
    const auto& promised = std::get<WasPromised>(fact.what);
    if (promised.what == "publication") look_at_publication(view, fact, promised.detail);
    if (promised.what == "roster") look_at_roster(view, fact, promised.detail);
  }
  promises_.clear();
}

void Durability::look_at_publication(const View& view, const Happened& fact,
                                     const std::string& note) {
  const Address& account = view.crowd.agent(fact.agent).identity().account;
  // Its number alone: in the document the rest of the note may look otherwise.
  const std::string version = note.substr(0, note.find(' ') + 1);
  const MemoryStore& store = view.world.store().memory();
  // The word may have been so long under way that its time ran out.
  std::vector<std::string> documents = store.expired_of(account);
  for (const StoredPublication& publication : store.publications_of(account))
    documents.push_back(publication.document);
  const bool is_kept = std::any_of(documents.begin(), documents.end(), [&](const auto& document) {
    return document.find(version) != std::string::npos;
  });
  if (!is_kept) {
    wrong(fact.at, account.text() + " was told that its publication is kept (" + note +
                       "), which is not in the store");
  }
}

void Durability::look_at_roster(const View& view, const Happened& fact,
                                const std::string& version) {
  const Address& account = view.crowd.agent(fact.agent).identity().account;
  const auto number = parse_number<std::uint64_t>(version);
  if (!number) return wrong(fact.at, "a roster of version '" + version + "'");
  std::uint64_t& told = told_[account];
  told = std::max(told, *number);
  look_at_version(view, fact.at, account, *number);
}

// What was told long ago, too: a store that was killed meanwhile had to keep it.
void Durability::at_rest(const View& view) {
  for (const auto& [account, version] : told_)
    look_at_version(view, view.now(), account, version);
}

void Durability::look_at_version(const View& view, Instant at, const Address& account,
                                 std::uint64_t version) {
  const std::uint64_t kept = view.world.store().memory().version_of(account);
  if (version <= kept) return;
  wrong(at, account.text() + " was told of its roster's version " + std::to_string(version) +
                ", and " + std::to_string(kept) + " is in the store");
}

}  // namespace muster::sim
