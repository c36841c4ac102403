// Growth in a service whose number of users changes all the time: it does not flap.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/prng.h"
#include "machine/load_control/servers.h"
#include "server/load_control/growth.h"

namespace muster::cluster {
namespace load_control_growth_in_time_test {

// Users are spread evenly over the servers at once, of which each has room for 100; a server joins,
// or is gone, ten seconds after it was decided. One step is a second.
class Service {
 public:
  struct Decided {
    std::int64_t second;
    bool recruit;  // else let go
    std::uint32_t users;
    std::size_t servers;  // before it
  };

  void step(std::uint32_t users) {
    ++second_;
    take_effect();
    place(users);
    for (;;) {
      const GrowthDecision decision =
          growth_.step(at(second_ * 1'000), {servers_, candidates_, Incarnation(1), wanting_});
      if (decision == GrowthDecision()) return;
      if (const auto* leaver = std::get_if<LetGo>(&decision)) {
        for (ServerPicture& server : servers_) {
          if (server.incarnation == leaver->server) server.role = Role::releasing;
        }
      }
      decided_.push_back(
          {second_, std::holds_alternative<Recruit>(decision), users, servers_.size()});
      effect_at_ = second_ + 10;
    }
  }

  const std::vector<Decided>& decided() const { return decided_; }

 private:
  void take_effect() {
    if (effect_at_ != second_) return;
    if (std::erase_if(servers_, [](const ServerPicture& s) { return s.drains(); }) > 0) return;
    servers_.push_back(server(next_++, 0));
    growth_.joined(at(second_ * 1'000), candidates_[0], servers_.back().incarnation);
  }

  void place(std::uint32_t users) {
    std::vector<ServerPicture*> running;
    for (ServerPicture& server : servers_) {
      server.report->level = {};
      if (server.runs()) running.push_back(&server);
    }
    const auto servers = static_cast<std::uint32_t>(running.size());
    wanting_ = users > 100 * servers ? users - 100 * servers : 0;
    users -= wanting_;
    for (std::uint32_t i = 0; i < servers; ++i)
      running[i]->report->level = {(users + i) / servers};
  }

  LoadSettings settings_;
  Growth growth_{settings_};
  std::vector<ServerPicture> servers_ = {server(1, 0)};
  std::vector<std::string> candidates_ = {"sip:a"};
  std::uint64_t next_ = 2;
  std::uint32_t wanting_ = 0;
  std::int64_t second_ = 0;
  std::int64_t effect_at_ = -1;
  std::vector<Decided> decided_;
};

TEST(GrowthInTime, AroundTheHighMark) {
  Service service;
  for (std::uint32_t second = 0; second < 7'200; ++second)
    service.step(98 + second / 5 % 6);
  ASSERT_EQ(service.decided().size(), 1u);
  EXPECT_TRUE(service.decided()[0].recruit);
}

TEST(GrowthInTime, AroundTheLowMark) {
  Service service;
  for (std::uint32_t second = 0; second < 60; ++second)
    service.step(150);
  EXPECT_EQ(service.decided().size(), 1u);
  // Below and above it, never below for five minutes.
  for (std::uint32_t second = 0; second < 7'200; ++second)
    service.step(second / 240 % 2 == 0 ? 58 : 64);
  EXPECT_EQ(service.decided().size(), 1u);
  for (std::uint32_t second = 0; second < 7'200; ++second)
    service.step(55 + second / 5 % 5);
  ASSERT_EQ(service.decided().size(), 2u);
  EXPECT_FALSE(service.decided()[1].recruit);
}

// Between one decision and its opposite lies much: users for most of half a server, and low_time
// before a server is let go.
TEST(GrowthInTime, OppositeDecisionsAreFarApart) {
  std::size_t opposite = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Prng prng(Prng::seed_of(seed));
    Service service;
    std::int64_t users = 50;
    std::int64_t drift = 0;
    for (int second = 0; second < 20'000; ++second) {
      if (second % 500 == 0) drift = static_cast<std::int64_t>(prng.below(5)) - 2;
      users += static_cast<std::int64_t>(prng.below(9)) - 4 + (second % 3 == 0 ? drift : 0);
      users = std::min<std::int64_t>(std::max<std::int64_t>(users, 0), 600);
      service.step(static_cast<std::uint32_t>(users));
    }
    const auto& decided = service.decided();
    for (std::size_t i = 1; i < decided.size(); ++i) {
      const auto& [second, recruit, now, servers] = decided[i];
      const auto& before = decided[i - 1];
      if (!recruit) {
        EXPECT_GE(second, before.second + 300) << "seed " << seed;
      }
      if (recruit == before.recruit) continue;
      ++opposite;
      EXPECT_GE(recruit ? now - before.users : before.users - now, 40u) << "seed " << seed;
    }
  }
  EXPECT_GT(opposite, 100u);  // else nothing is shown
}

}  // namespace load_control_growth_in_time_test
}  // namespace muster::cluster
