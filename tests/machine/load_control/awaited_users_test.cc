#include "server/load_control/awaited_users.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "machine/load_control/servers.h"

namespace muster::cluster {
namespace load_control_awaited_users_test {

const Address kAlice = Address::of_canonical("alice", "example.com");
const Address kBob = Address::of_canonical("bob", "example.com");
constexpr Incarnation kFirst{1};
constexpr Incarnation kSecond{2};
using Servers = std::vector<Incarnation>;

Now now(Duration after = {}) {
  return {at(0) + after, {}};
}

TEST(AwaitedUsers, WhoCameIsSettled) {
  AwaitedUsers awaited;
  awaited.given(now(), kFirst, 1, kAlice);
  awaited.given(now(), kFirst, 2, kBob);
  EXPECT_EQ(awaited.settled(kFirst), 0u);
  EXPECT_EQ(awaited.take_changed(), Servers{kFirst});
  awaited.came(kBob);
  EXPECT_EQ(awaited.settled(kFirst), 1u);
  EXPECT_EQ(awaited.take_changed(), Servers{kFirst});
  EXPECT_EQ(awaited.take_changed(), Servers{});
  awaited.came(kBob);
  EXPECT_EQ(awaited.settled(kFirst), 1u) << "once";
  awaited.came(kAlice);
  EXPECT_EQ(awaited.settled(kFirst), 2u);
  EXPECT_EQ(awaited.settled(kSecond), 0u);
}

// The number that was lost on the way is made good by the next.
TEST(AwaitedUsers, WhoWasNotToldOfIsNotAwaited) {
  AwaitedUsers awaited;
  awaited.given(now(), kFirst, 5, kAlice);
  EXPECT_EQ(awaited.settled(kFirst), 4u);
}

TEST(AwaitedUsers, WhoDoesNotComeIsAwaitedNoLongerThanStated) {
  AwaitedUsers awaited;
  awaited.given(now(), kFirst, 1, kAlice);
  awaited.take_changed();
  const Duration almost = AwaitedUsers::kComingTimeMax - Duration::milliseconds(1);
  awaited.wake(now(almost));
  EXPECT_EQ(awaited.settled(kFirst), 0u);
  EXPECT_EQ(awaited.next_deadline(), now(AwaitedUsers::kComingTimeMax).instant);
  awaited.wake(now(AwaitedUsers::kComingTimeMax));
  EXPECT_EQ(awaited.settled(kFirst), 1u);
  EXPECT_EQ(awaited.take_changed(), Servers{kFirst});
  EXPECT_EQ(awaited.next_deadline(), std::nullopt);
}

// Given again she is one, and awaited anew.
TEST(AwaitedUsers, WhoIsGivenTwiceIsAwaitedOnce) {
  AwaitedUsers awaited;
  awaited.given(now(), kFirst, 1, kAlice);
  awaited.given(now(Duration::seconds(10)), kFirst, 2, kAlice);
  EXPECT_EQ(awaited.settled(kFirst), 1u);
  awaited.wake(now(AwaitedUsers::kComingTimeMax));
  EXPECT_EQ(awaited.settled(kFirst), 1u) << "awaited from when she was given last";
  awaited.came(kAlice);
  EXPECT_EQ(awaited.settled(kFirst), 2u);
}

TEST(AwaitedUsers, TwoWhoGiveHerAreBothSettled) {
  AwaitedUsers awaited;
  awaited.given(now(), kFirst, 1, kAlice);
  awaited.given(now(), kSecond, 9, kAlice);
  awaited.came(kAlice);
  EXPECT_EQ(awaited.settled(kFirst), 1u);
  EXPECT_EQ(awaited.settled(kSecond), 9u);
}

TEST(AwaitedUsers, OneTooManyCountsAsIfSheHadCome) {
  AwaitedUsers awaited;
  const auto user = [](std::size_t number) {
    return Address::of_canonical("u" + std::to_string(number), "example.com");
  };
  for (std::size_t i = 0; i <= AwaitedUsers::kAwaitedMax; ++i)
    awaited.given(now(), kFirst, i + 1, user(i));
  EXPECT_EQ(awaited.settled(kFirst), 1u);
  awaited.came(user(0));
  awaited.came(user(AwaitedUsers::kAwaitedMax));
  EXPECT_EQ(awaited.settled(kFirst), 2u) << "the last was not awaited";
}

TEST(AwaitedUsers, WhoIsGoneIsForgotten) {
  AwaitedUsers awaited;
  awaited.given(now(), kFirst, 1, kAlice);
  awaited.given(now(), kSecond, 1, kBob);
  awaited.came(kAlice);
  awaited.came(kBob);
  awaited.know({{member(1, Role::gone), member(2)}, {}, {}});
  EXPECT_EQ(awaited.settled(kFirst), 0u);
  EXPECT_EQ(awaited.settled(kSecond), 1u);
}

}  // namespace load_control_awaited_users_test
}  // namespace muster::cluster
