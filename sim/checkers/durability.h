// What somebody was told is done is in the store at that moment, and so survives whatever comes
// next: a publication that was answered 200; what a roster says, by its version.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Durability : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "durability"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;
  void at_rest(const View& view) override;

 private:
  void look_at_publication(const View& view, const Happened& fact, const std::string& note);
  void look_at_roster(const View& view, const Happened& fact, const std::string& version);
  void look_at_version(const View& view, Instant at, const Address& account, std::uint64_t version);

  std::vector<Happened> promises_;         // since the last step
  std::map<Address, std::uint64_t> told_;  // of each roster, the highest version
};

}  // namespace muster::sim
