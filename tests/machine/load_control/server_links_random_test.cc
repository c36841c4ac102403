// Many seeds: three servers that tell one another on the lane `directed` while their links are cut,
// fall silent and are refused. What was taken to be told comes once and in order while both live.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "machine/load_control/server_links_world.h"

namespace muster::testing {
namespace load_control_server_links_random_test {

class Trial {
 public:
  explicit Trial(std::uint64_t seed) : prng_(Prng::seed_of(seed)) {
    for (const std::uint64_t one : {3u, 4u, 5u})
      world_.add(one);
    world_.join();
  }

  void trouble() {
    for (int i = 0; i < 400; ++i) {
      world_.piece = 1 + prng_.below(64);
      something();
    }
    world_.refuses = world_.new_are_silent = false;
    world_.piece = 100'000;
    world_.pass(Duration::seconds(20));
  }
  void judge() const {
    for (const auto& [pair, told] : told_) {
      const auto& [from, to] = pair;
      EXPECT_EQ(world_.servers.at(to)->from(from), told) << from << " to " << to;
    }
    EXPECT_EQ(world_.open_wires(), 3u);
    for (const auto& [incarnation, server] : world_.servers)
      EXPECT_EQ(server->links.counters().broke_a_rule, 0u);
  }
  std::uint64_t cuts() const { return cuts_; }

 private:
  std::uint64_t any_server() { return 3 + prng_.below(3); }
  void something() {
    switch (prng_.below(12)) {
      case 0: return cut();
      case 1:
        if (!world_.wires.empty()) world_.wires[prng_.below(world_.wires.size())].silent = true;
        return;
      case 2: world_.refuses = prng_.below(3) == 0; return;
      case 3: world_.new_are_silent = prng_.below(4) == 0; return;
      case 4: return world_.pass(Duration::milliseconds(static_cast<int>(prng_.below(700))));
      case 5:
      case 6:
      case 7:
        for (std::uint64_t i = prng_.below(40); i > 0 && world_.move_one(); --i) {
        }
        return;
      default: return tell();
    }
  }
  void tell() {
    const std::uint64_t from = any_server();
    const std::uint64_t to = any_server();
    if (from == to) return;
    std::string payload = prng_.token(prng_.below(30));
    if (world_.send(from, to, payload) == ServerLinks::Sent::sent) {
      told_[{from, to}].push_back(std::move(payload));
    }
  }
  // What is under way arrives in part, on one side.
  void cut() {
    ServerLinksWorld::Wire* wire = world_.wire_between(any_server(), any_server());
    if (wire == nullptr) return;
    ++cuts_;
    world_.arrive(*wire, static_cast<int>(prng_.below(2)));
    world_.cut(*wire);
  }

  ServerLinksWorld world_;
  Prng prng_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Words> told_;
  std::uint64_t cuts_ = 0;
};

TEST(ServerLinksRandom, WhatIsDirectedComesOnceAndInOrder) {
  std::uint64_t cuts = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial trial(seed);
    trial.trouble();
    trial.judge();
    cuts += trial.cuts();
    if (HasFailure()) return;
  }
  EXPECT_GT(cuts, 300u);
}

}  // namespace load_control_server_links_random_test
}  // namespace muster::testing
