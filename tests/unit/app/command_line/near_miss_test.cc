#include "app/command_line/near_miss.h"

#include <gtest/gtest.h>

#include <array>

namespace muster {
namespace command_line_near_miss_test {

constexpr std::array<std::string_view, 4> kKnown = {"add", "passwd", "remove", "watchers"};

TEST(NearMiss, KnowsASlipOfEachKind) {
  EXPECT_EQ(near_miss("passw", kKnown), "passwd");       // one too few
  EXPECT_EQ(near_miss("passwwd", kKnown), "passwd");     // one too many
  EXPECT_EQ(near_miss("pasxwd", kKnown), "passwd");      // one wrong
  EXPECT_EQ(near_miss("psaswd", kKnown), "passwd");      // two swapped
  EXPECT_EQ(near_miss("wathcres", kKnown), "watchers");  // two slips in a longer word
}

TEST(NearMiss, GuessesNothingFromLittle) {
  EXPECT_EQ(near_miss("", kKnown), std::nullopt);
  EXPECT_EQ(near_miss("list", kKnown), std::nullopt);
  EXPECT_EQ(near_miss("x", std::array<std::string_view, 1>{"y"}), std::nullopt);
}

TEST(NearMiss, ComparesNoLongWords) {
  const std::string longest(kComparedBytesMax, 'a');
  const std::array<std::string_view, 1> known = {longest};
  EXPECT_EQ(near_miss(longest, known), longest);
  EXPECT_EQ(near_miss(longest + "a", known), std::nullopt);
}

}  // namespace command_line_near_miss_test
}  // namespace muster
