#include "sim/random_streams.h"

#include <gtest/gtest.h>

#include <set>

namespace muster::sim {
namespace sim_random_streams_test {

TEST(RandomStreams, AreTheSameForTheSameSeedAndName) {
  Prng one = RandomStreams(7).stream("network");
  Prng two = RandomStreams(7).stream("network");
  EXPECT_EQ(one.next(), two.next());
}

TEST(RandomStreams, DifferByNameAndBySeed) {
  const std::set<std::uint64_t> first = {RandomStreams(7).stream("network").next(),
                                         RandomStreams(7).stream("store").next(),
                                         RandomStreams(8).stream("network").next()};
  EXPECT_EQ(first.size(), 3U);
}

TEST(RandomStreams, ADrawInOneDoesNotShiftAnother) {
  const RandomStreams streams(7);
  Prng undisturbed = streams.stream("store");
  Prng network = streams.stream("network");
  network.next();
  EXPECT_EQ(streams.stream("store").next(), undisturbed.next());
}

TEST(Seed, IsANumberOrAGitHash) {
  EXPECT_EQ(parse_seed("0"), 0U);
  EXPECT_EQ(parse_seed("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(parse_seed("1234567"), 1234567U);
  EXPECT_EQ(parse_seed("bb1a8e8"), 0xbb1a8e8U);
  EXPECT_EQ(parse_seed("BB1A8E8B00000000ffffffffffffffffffffffff"), 0xbb1a8e8b00000000U);
}

TEST(Seed, IsNothingElse) {
  for (const char* text : {"", "-1", "1.5", "bb1a8e", "18446744073709551616x", "seed", "0x12"})
    EXPECT_EQ(parse_seed(text), std::nullopt) << text;
}

TEST(Happens, NeverAndAlways) {
  Prng prng = RandomStreams(1).stream("test");
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_FALSE(happens(prng, 0));
    EXPECT_TRUE(happens(prng, 1'000));
  }
}

TEST(DrawBetween, StaysBetween) {
  Prng prng = RandomStreams(1).stream("test");
  std::set<std::int64_t> drawn;
  for (int i = 0; i < 1'000; ++i) {
    drawn.insert(
        draw_between(prng, Duration::microseconds(3), Duration::microseconds(5)).in_microseconds());
  }
  EXPECT_EQ(drawn, (std::set<std::int64_t>{3, 4, 5}));
  EXPECT_EQ(draw_between(prng, Duration::seconds(1), Duration()), Duration::seconds(1));
}

}  // namespace sim_random_streams_test
}  // namespace muster::sim
