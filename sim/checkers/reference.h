// The whole service once more, as plainly as can be, for a world at rest: from what the store has
// and what the agents show it says how each agent must stand with each other user, whom it must
// see, and how. The real service, with all its shards, conversions and caches, must have come to
// the same.
//
// Of the world it knows what a reader of paper.md would say: a messenger's roster is what the store
// has; whom it lists with an authorization it sees; a phone sees whom it may, and waits for the
// others; a request that somebody could answer is answered; who is not there is not shown.
#pragma once

#include <map>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Reference : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "reference"; }
  void at_rest(const View& view) override;

 private:
  // What an agent has of others.
  struct Mind {
    std::map<Address, Tie> ties;
    std::map<Address, Picture> pictures;  // of whom it sees
  };

  static std::map<Address, Tie> ties_of_messenger(const View& view, const Address& account);
  static std::map<Address, Tie> ties_of_phone(const View& view, const Agent& phone);
  static Mind expected(const View& view, const std::map<Address, Picture>& all, const Agent& agent);
  void compare(const View& view, const Agent& agent, const Mind& expected);
  void look_for_requests(const View& view, const Address& account);
  void look_for_phones(const View& view, const Agent& agent,
                       const std::map<Address, std::size_t>& phones);
  void look_for_links(const View& view);
};

}  // namespace muster::sim
