#include "server/followers.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace server_followers_test {

constexpr Instant kNow = Instant::at(Duration::seconds(1));
constexpr Duration kTime = Duration::minutes(5);
constexpr Duration kUnderWay = Duration::seconds(2);
constexpr Duration kTick = Duration::microseconds(1);
const IpAddress kHome = IpAddress::v4(192, 0, 2, 1);
const IpAddress kOffice = IpAddress::v4(192, 0, 2, 2);

Address user(std::size_t number) {
  return Address::of_canonical("u" + std::to_string(number), "example.com");
}

TEST(Followers, WhoWasToldAndComesAgainHasComeBack) {
  Followers followers(kTime, {});
  EXPECT_FALSE(followers.has_come_back(kNow, user(1), kHome));
  followers.told(kNow, user(1), kHome, 7);
  EXPECT_TRUE(followers.has_come_back(kNow, user(1), kHome));
  EXPECT_FALSE(followers.has_come_back(kNow, user(2), kHome));
  EXPECT_FALSE(followers.has_come_back(kNow, user(1), kOffice));
  EXPECT_TRUE(followers.has_come_back(kNow + kTime - kTick, user(1), kHome));
  EXPECT_FALSE(followers.has_come_back(kNow + kTime, user(1), kHome));
}

TEST(Followers, FromTheServerThatSheWasTold) {
  Followers followers(kTime, {});
  followers.told(kNow, user(1), kHome, 7);
  EXPECT_TRUE(followers.has_come_back_from(kNow, user(1), kHome, 7));
  EXPECT_FALSE(followers.has_come_back_from(kNow, user(1), kHome, 8));
  followers.told(kNow, user(1), kHome, 8);
  EXPECT_FALSE(followers.has_come_back_from(kNow, user(1), kHome, 7));
  EXPECT_TRUE(followers.has_come_back_from(kNow, user(1), kHome, 8));
}

// As when she moves: from where her streams came nobody knows any more.
TEST(Followers, FromWherever) {
  Followers followers(kTime, {});
  followers.told(kNow, user(1), {}, 7);
  EXPECT_TRUE(followers.has_come_back_from(kNow, user(1), kHome, 7));
  EXPECT_TRUE(followers.has_come_back_from(kNow, user(1), kOffice, 7));
  EXPECT_FALSE(followers.has_come_back(kNow, user(2), kHome));
}

TEST(Followers, WhatWasUnderWayIsNoComingBack) {
  Followers followers(kTime, kUnderWay);
  followers.told(kNow, user(1), kHome, 7);
  const Instant then = kNow + kUnderWay;
  EXPECT_FALSE(followers.has_come_back(then - kTick, user(1), kHome));
  followers.told(then - kTick, user(1), kHome, 7);
  EXPECT_TRUE(followers.has_come_back(then, user(1), kHome)) << "since she was told first";
  followers.told(then, user(1), kHome, 8);
  EXPECT_FALSE(followers.has_come_back(then, user(1), kHome)) << "another server is told anew";
  // Once it is forgotten it begins anew.
  const Instant later = then + kTime;
  followers.told(later, user(1), kHome, 8);
  EXPECT_FALSE(followers.has_come_back(later, user(1), kHome));
}

TEST(Followers, WhoIsToldAgainIsKnownForLonger) {
  Followers followers(kTime, {});
  const Instant later = kNow + Duration::minutes(1);
  followers.told(kNow, user(1), kHome, 7);
  followers.told(later, user(1), kHome, 7);
  const Instant over = kNow + kTime;
  followers.told(over, user(2), kHome, 7);
  EXPECT_TRUE(followers.has_come_back(over, user(1), kHome));
  EXPECT_FALSE(followers.has_come_back(later + kTime, user(1), kHome));
}

TEST(Followers, WhoCameByHerselfIsToldOnceMore) {
  Followers followers(kTime, {});
  EXPECT_FALSE(followers.is_to_be_told(kNow, user(1), kHome)) << "nothing is known of her";
  followers.came(kNow, user(1), kHome);
  EXPECT_TRUE(followers.is_to_be_told(kNow, user(1), kHome));
  EXPECT_FALSE(followers.is_to_be_told(kNow, user(1), kOffice)) << "that may be another device";
  followers.told(kNow, user(1), kHome, 0);
  EXPECT_FALSE(followers.is_to_be_told(kNow, user(1), kHome)) << "she was told, and did not follow";
  followers.came(kNow + Followers::kFollowsWithin, user(1), kHome);
  EXPECT_FALSE(followers.is_to_be_told(kNow, user(1), kHome)) << "that was another one of hers";
  followers.came(kNow + Followers::kFollowsWithin - kTick, user(1), kHome);
  EXPECT_TRUE(followers.is_to_be_told(kNow, user(1), kHome)) << "she did";
  EXPECT_FALSE(followers.has_come_back(kNow, user(1), kHome));
  EXPECT_FALSE(followers.is_to_be_told(kNow + Followers::kFollowsWithin + kTime, user(1), kHome));
}

// She has not come back to this server if it is the one that she was told.
TEST(Followers, WhoWasToldToComeHereHasNotComeBack) {
  Followers followers(kTime, {});
  followers.told(kNow, user(1), kHome, 0);
  EXPECT_FALSE(followers.has_come_back(kNow, user(1), kHome));
}

// What she was told last counts, be it from where she comes or from wherever.
TEST(Followers, TheLatestCounts) {
  Followers followers(kTime, {});
  followers.told(kNow, user(1), kHome, 7);
  followers.told(kNow + kTick, user(1), {}, 8);
  const Instant then = kNow + kTick;
  EXPECT_TRUE(followers.has_come_back_from(then, user(1), kHome, 8));
  EXPECT_FALSE(followers.has_come_back_from(then, user(1), kHome, 7));
  followers.told(then + kTick, user(1), kHome, 9);
  EXPECT_TRUE(followers.has_come_back_from(then + kTick, user(1), kHome, 9));
  EXPECT_TRUE(followers.has_come_back_from(then + kTick, user(1), kOffice, 8));
}

TEST(Followers, OfTooManyWhoWasSeenLongestAgoIsForgotten) {
  Followers followers(kTime, {});
  for (std::size_t i = 0; i < Followers::kUsersMax; ++i)
    followers.told(kNow, user(i), kHome, 7);
  followers.told(kNow, user(0), kHome, 7);
  followers.told(kNow, user(Followers::kUsersMax), kHome, 7);
  EXPECT_TRUE(followers.has_come_back(kNow, user(0), kHome)) << "she was told again since";
  EXPECT_FALSE(followers.has_come_back(kNow, user(1), kHome));
  EXPECT_TRUE(followers.has_come_back(kNow, user(Followers::kUsersMax), kHome));
}

}  // namespace server_followers_test
}  // namespace muster
