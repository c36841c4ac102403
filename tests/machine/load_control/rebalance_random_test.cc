// Rebalancing of random clusters, carried out user by user, with reports that come late: it ends,
// as near as it promises, and never faster than it may.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "machine/load_control/servers.h"
#include "server/load_control/rebalance.h"

namespace muster::cluster {
namespace load_control_rebalance_random_test {

constexpr std::uint32_t kHeaviest = 3;
constexpr std::uint32_t kDialogsOfOne = 9;

struct User {
  std::uint32_t weight;
  std::uint32_t dialogs;
};

class Cluster {
 public:
  explicit Cluster(std::uint64_t seed) : prng_(Prng::seed_of(seed)) {
    settings_.moves_in_flight_max = static_cast<std::uint32_t>(20 + prng_.below(500));
    const std::uint64_t servers = 2 + prng_.below(6);
    for (std::uint64_t i = 1; i <= servers; ++i) {
      users_.emplace_back(i == servers ? 0 : prng_.below(1'500));
      for (User& user : users_.back()) {
        user = {static_cast<std::uint32_t>(1 + prng_.below(kHeaviest)),
                static_cast<std::uint32_t>(prng_.below(kDialogsOfOne + 1))};
      }
      truth_.push_back(server(i, 0, std::nullopt));
      report(i - 1);
    }
    seen_ = truth_;
  }

  std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }
  std::size_t servers() const { return users_.size(); }
  std::size_t users_of(std::size_t index) const { return users_[index].size(); }
  void drain(std::size_t index) { truth_[index].role = seen_[index].role = Role::draining; }
  Rebalance& rebalance() { return rebalance_; }

  // Until there is nothing to do. Reports come each second, and are a second old.
  void run() {
    for (int millisecond = 0; millisecond < 600'000; ++millisecond) {
      now_ = at(millisecond);
      if (millisecond % 1'000 == 0) seen_ = std::exchange(late_, truth_);
      if (seen_.empty()) continue;
      end_moves();
      const auto due = rebalance_.next_deadline();
      if (!due && flying_.empty() && millisecond > 5'000) return;
      if (due ? *due <= now_ : millisecond % 10 == 0) begin_moves();
    }
    ADD_FAILURE() << "it does not end";
  }

  void expect_near() const {
    std::vector<std::uint64_t> levels;
    std::uint64_t sum = 0;
    for (const ServerPicture& server : truth_) {
      levels.push_back(server.level().value);
      sum += levels.back();
    }
    const auto [lowest, highest] = std::minmax_element(levels.begin(), levels.end());
    EXPECT_LE(*highest - *lowest, std::max<std::uint64_t>(sum / levels.size() / 10, kHeaviest));
  }

  void expect_pace() const {
    for (std::size_t from = 0; from < begun_.size(); ++from) {
      std::int64_t users = 0;
      std::int64_t dialogs = 0;
      for (std::size_t to = from; to < begun_.size(); ++to) {
        users += begun_[to].second.users;
        dialogs += begun_[to].second.dialogs;
        const std::int64_t span = (begun_[to].first - begun_[from].first).in_milliseconds();
        ASSERT_LE((users - 50) * 1'000, 500 * span);
        ASSERT_LE((dialogs - 200) * 1'000, 2'000 * span);
      }
    }
  }

 private:
  struct Flying {
    Instant until;
    std::size_t from;
    std::size_t to;
    User user;
  };

  void report(std::size_t index) {
    LoadReport& report = *truth_[index].report;
    report = {};
    for (const User& user : users_[index]) {
      report.level.value += user.weight;
      report.dialogs += user.dialogs;
    }
    report.users = static_cast<std::uint32_t>(users_[index].size());
  }

  void begin_moves() {
    std::uint32_t flying = static_cast<std::uint32_t>(flying_.size());
    for (const Move& move : rebalance_.step(now_, seen_)) {
      begun_.emplace_back(now_, move);
      flying += move.users;
      begin(move);
    }
    EXPECT_LE(flying, settings_.moves_in_flight_max);
  }

  // As the server that has them does.
  void begin(const Move& move) {
    const std::size_t from = move.from.number() - 1;
    std::uint32_t dialogs = 0;
    std::uint32_t users = 0;
    while (users < move.users && !users_[from].empty()) {
      const std::size_t index = prng_.below(users_[from].size());
      const User user = users_[from][index];
      if (users > 0 && dialogs + user.dialogs > move.dialogs) break;
      ++users;
      dialogs += user.dialogs;
      users_[from].erase(users_[from].begin() + static_cast<std::ptrdiff_t>(index));
      const auto time = Duration::milliseconds(static_cast<std::int64_t>(prng_.below(1'000)));
      flying_.push_back({now_ + time, from, move.to.number() - 1, user});
    }
    report(from);
    if (users < move.users) rebalance_.ended(now_, move.from, move.to, move.users - users);
  }

  void end_moves() {
    std::erase_if(flying_, [this](const Flying& flying) {
      if (flying.until > now_) return false;
      users_[flying.to].push_back(flying.user);
      report(flying.to);
      rebalance_.ended(now_, Incarnation(flying.from + 1), Incarnation(flying.to + 1), 1);
      return true;
    });
  }

  Prng prng_;
  LoadSettings settings_;
  Rebalance rebalance_{settings_};
  Instant now_;
  std::vector<std::vector<User>> users_;
  std::vector<ServerPicture> truth_;
  std::vector<ServerPicture> late_;
  std::vector<ServerPicture> seen_;
  std::vector<Flying> flying_;
  std::vector<std::pair<Instant, Move>> begun_;
};

TEST(RebalanceAtRandom, WhoJoinedIsMadeEven) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Cluster cluster(seed);
    cluster.rebalance().joined(at(0));
    cluster.run();
    cluster.expect_near();
    cluster.expect_pace();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(RebalanceAtRandom, WhoDrainsIsEmpty) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Cluster cluster(seed);
    const std::size_t leaver = cluster.below(cluster.servers());
    cluster.drain(leaver);
    cluster.run();
    EXPECT_EQ(cluster.users_of(leaver), 0u);
    cluster.expect_pace();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace load_control_rebalance_random_test
}  // namespace muster::cluster
