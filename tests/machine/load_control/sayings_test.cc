#include "server/load_control/sayings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster {
namespace load_control_sayings_test {

const Address kAlice = Address::of_canonical("alice", "example.com");
const Address kBob = Address::of_canonical("bob", "example.com");

ToServers saying(std::string text) {
  return {ShardId(), {5}, false, std::move(text)};
}
std::vector<std::string> texts(const std::vector<ToServers>& all) {
  std::vector<std::string> texts;
  for (const ToServers& one : all)
    texts.push_back(one.said);
  return texts;
}
using Texts = std::vector<std::string>;

TEST(Sayings, WhatFollowsNothingLeavesAtOnce) {
  Sayings sayings;
  const auto leaving = sayings.say(kAlice, saying("away"));
  ASSERT_TRUE(leaving.has_value());
  EXPECT_EQ(leaving->said, "away");
  EXPECT_EQ(sayings.senders(), 0u);
}

TEST(Sayings, WhatIsBehindWaits) {
  Sayings sayings;
  const std::uint64_t place = sayings.reserve(kAlice);
  EXPECT_FALSE(sayings.say(kAlice, saying("away")).has_value());
  EXPECT_TRUE(sayings.say(kBob, saying("of another")).has_value());
  EXPECT_EQ(texts(sayings.weighed(kAlice, place, saying("hello"))), (Texts{"hello", "away"}));
  EXPECT_EQ(sayings.senders(), 0u);
}

TEST(Sayings, WhatIsForAUserOfThisServerLeavesNothing) {
  Sayings sayings;
  const std::uint64_t place = sayings.reserve(kAlice);
  EXPECT_FALSE(sayings.say(kAlice, saying("away")).has_value());
  EXPECT_EQ(texts(sayings.weighed(kAlice, place, std::nullopt)), Texts{"away"});
}

// Two shards answer when they like.
TEST(Sayings, TheOrderIsThatOfThePlaces) {
  Sayings sayings;
  const std::uint64_t first = sayings.reserve(kAlice);
  EXPECT_FALSE(sayings.say(kAlice, saying("2")).has_value());
  const std::uint64_t third = sayings.reserve(kAlice);
  EXPECT_FALSE(sayings.say(kAlice, saying("4")).has_value());
  EXPECT_EQ(texts(sayings.weighed(kAlice, third, saying("3"))), Texts());
  EXPECT_EQ(texts(sayings.weighed(kAlice, first, saying("1"))), (Texts{"1", "2", "3", "4"}));
}

TEST(Sayings, WhatIsStillWeighedHoldsTheRest) {
  Sayings sayings;
  const std::uint64_t first = sayings.reserve(kAlice);
  const std::uint64_t second = sayings.reserve(kAlice);
  EXPECT_FALSE(sayings.say(kAlice, saying("3")).has_value());
  EXPECT_EQ(texts(sayings.weighed(kAlice, first, saying("1"))), Texts{"1"});
  EXPECT_FALSE(sayings.say(kAlice, saying("4")).has_value());
  EXPECT_EQ(texts(sayings.weighed(kAlice, second, saying("2"))), (Texts{"2", "3", "4"}));
}

TEST(Sayings, OfSoManyOfOneUserTheOrderIsKept) {
  Sayings sayings;
  const std::uint64_t first = sayings.reserve(kAlice);
  for (std::size_t i = 1; i < Sayings::kWaitingMax; ++i)
    EXPECT_FALSE(sayings.say(kAlice, saying("more")).has_value());
  EXPECT_EQ(sayings.reserve(kAlice), 0u);
  EXPECT_TRUE(sayings.say(kAlice, saying("too much")).has_value());
  EXPECT_NE(sayings.reserve(kBob), 0u);
  EXPECT_EQ(sayings.weighed(kAlice, first, saying("1")).size(), Sayings::kWaitingMax);
}

}  // namespace load_control_sayings_test
}  // namespace muster
