#include "server/conversion/priority.h"

#include <gtest/gtest.h>

namespace muster {
namespace conversion_priority_test {

// RFC 8048 table 1 note 6: its example.
TEST(Priority, is_that_of_the_example_of_rfc_8048) {
  EXPECT_EQ(pidf_priority(0), 0);
  EXPECT_EQ(pidf_priority(1), 7);
  EXPECT_EQ(pidf_priority(2), 15);
  EXPECT_EQ(pidf_priority(126), 992);
  EXPECT_EQ(pidf_priority(127), 1000);
}

TEST(Priority, of_a_negative_one_there_is_none) {
  EXPECT_EQ(pidf_priority(-1), std::nullopt);
  EXPECT_EQ(pidf_priority(-128), std::nullopt);
}

TEST(Priority, goes_there_and_back_and_rises_all_the_way) {
  for (int i = 0; i <= 127; ++i) {
    const auto there = pidf_priority(static_cast<std::int8_t>(i));
    ASSERT_TRUE(there);
    EXPECT_EQ(xmpp_priority(*there), i);
    const auto before =
        i == 0 ? std::optional<std::uint16_t>() : pidf_priority(static_cast<std::int8_t>(i - 1));
    EXPECT_GT(there, before);
  }
}

TEST(Priority, from_pidf_is_the_nearest) {
  EXPECT_EQ(xmpp_priority(0), 0);
  EXPECT_EQ(xmpp_priority(3), 0);      // 0.38
  EXPECT_EQ(xmpp_priority(4), 1);      // 0.51
  EXPECT_EQ(xmpp_priority(500), 64);   // 63.5
  EXPECT_EQ(xmpp_priority(800), 102);  // 101.6
  EXPECT_EQ(xmpp_priority(999), 127);
  EXPECT_EQ(xmpp_priority(1000), 127);
}

}  // namespace conversion_priority_test
}  // namespace muster
