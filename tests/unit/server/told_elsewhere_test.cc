#include "server/told_elsewhere.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace {

constexpr Instant kNow = Instant::at(Duration::seconds(1));
const IpAddress kHome = IpAddress::v4(192, 0, 2, 1);

Address user(std::size_t number) {
  return Address::of_canonical("u" + std::to_string(number), "example.com");
}

TEST(ToldElsewhere, KnowsWhoWasToldForSoLong) {
  ToldElsewhere told;
  EXPECT_FALSE(told.knows(kNow, user(1), kHome));
  told.note(kNow, user(1), kHome);
  EXPECT_TRUE(told.knows(kNow, user(1), kHome));
  EXPECT_FALSE(told.knows(kNow, user(2), kHome));
  EXPECT_FALSE(told.knows(kNow, user(1), IpAddress::v4(192, 0, 2, 2)));
  EXPECT_TRUE(told.knows(kNow + ToldElsewhere::kTime - Duration::microseconds(1), user(1), kHome));
  EXPECT_FALSE(told.knows(kNow + ToldElsewhere::kTime, user(1), kHome));
}

TEST(ToldElsewhere, WhatWasUnderWayIsNoComingBack) {
  ToldElsewhere told;
  told.note(kNow, user(1), kHome);
  const Instant then = kNow + ToldElsewhere::kUnderWay;
  EXPECT_FALSE(told.has_come_back(then - Duration::microseconds(1), user(1), kHome));
  told.note(then - Duration::microseconds(1), user(1), kHome);
  EXPECT_TRUE(told.has_come_back(then, user(1), kHome)) << "since she was told first";
  EXPECT_FALSE(told.has_come_back(then, user(2), kHome));
  // Once it is forgotten it begins anew.
  const Instant later = then + ToldElsewhere::kTime;
  told.note(later, user(1), kHome);
  EXPECT_FALSE(told.has_come_back(later, user(1), kHome));
}

TEST(ToldElsewhere, WhoIsToldAgainIsKnownForLonger) {
  ToldElsewhere told;
  const Instant later = kNow + Duration::minutes(1);
  told.note(kNow, user(1), kHome);
  told.note(later, user(1), kHome);
  const Instant over = kNow + ToldElsewhere::kTime;
  told.note(over, user(2), kHome);  // the first note of her is over, and goes
  EXPECT_TRUE(told.knows(over, user(1), kHome));
  EXPECT_FALSE(told.knows(later + ToldElsewhere::kTime, user(1), kHome));
}

TEST(ToldElsewhere, OfTooManyTheFirstIsForgotten) {
  ToldElsewhere told;
  for (std::size_t i = 0; i <= ToldElsewhere::kUsersMax; ++i)
    told.note(kNow, user(i), kHome);
  EXPECT_FALSE(told.knows(kNow, user(0), kHome));
  EXPECT_TRUE(told.knows(kNow, user(1), kHome));
  EXPECT_TRUE(told.knows(kNow, user(ToldElsewhere::kUsersMax), kHome));
}

}  // namespace
}  // namespace muster
