#include "codec/pidf/values.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace muster::pidf {
namespace pidf_values_test {

TEST(Trim, takes_the_spaces_at_both_ends) {
  EXPECT_EQ(trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

// RFC 3863 section 4.1.5: "0, 0.021, 0.5, 1.00".
TEST(Priority, is_read_to_three_decimals) {
  EXPECT_EQ(read_priority("0"), 0);
  EXPECT_EQ(read_priority("0."), 0);
  EXPECT_EQ(read_priority("0.021"), 21);
  EXPECT_EQ(read_priority("0.5"), 500);
  EXPECT_EQ(read_priority("0.999"), 999);
  EXPECT_EQ(read_priority("1"), 1000);
  EXPECT_EQ(read_priority("1."), 1000);
  EXPECT_EQ(read_priority("1.00"), 1000);
  EXPECT_EQ(read_priority("1.000"), 1000);
}

// The same: out of range, it is as if it was absent.
TEST(Priority, is_nothing_else) {
  for (const std::string_view text : {"", "2", "1.001", "1.1", "0.0001", "1.0000", "-1", "-0", "+0",
                                      ".5", "00", "10", "0,5", "0.x", "0.5 ", "0.-1", "1x", "5"}) {
    EXPECT_EQ(read_priority(text), std::nullopt) << text;
  }
}

TEST(Priority, is_written_as_short_as_can_be) {
  EXPECT_EQ(write_priority(0), "0");
  EXPECT_EQ(write_priority(1), "0.001");
  EXPECT_EQ(write_priority(10), "0.01");
  EXPECT_EQ(write_priority(725), "0.725");
  EXPECT_EQ(write_priority(800), "0.8");
  EXPECT_EQ(write_priority(1000), "1");
}

TEST(Priority, is_read_back_as_it_was_written) {
  for (std::uint16_t thousandths = 0; thousandths <= 1000; ++thousandths) {
    EXPECT_EQ(read_priority(write_priority(thousandths)), thousandths);
  }
}

// XML Schema part 2, section 3.2.7.
TEST(DateTime, is_recognised) {
  for (const std::string_view text :
       {"2001-10-27T16:49:29Z", "2005-08-15T10:20:00.000-05:00", "2005-05-30T16:09:44+05:00",
        "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999Z", "2004-02-29T00:00:00Z",
        "2000-02-29T00:00:00Z", "2005-01-01T00:00:00+14:00", "2005-01-01T00:00:00-13:59"}) {
    EXPECT_TRUE(is_date_time(text)) << text;
  }
  for (const std::string_view text : {"",
                                      "2001",
                                      "2001-10-27",
                                      "2001-10-27t16:49:29Z",
                                      "2001-10-27T16:49:29z",
                                      "2001-10-27 16:49:29Z",
                                      "2001-13-27T16:49:29Z",
                                      "2001-00-27T16:49:29Z",
                                      "2001-10-00T16:49:29Z",
                                      "2001-10-32T16:49:29Z",
                                      "2001-04-31T16:49:29Z",
                                      "2001-02-29T16:49:29Z",
                                      "1900-02-29T16:49:29Z",
                                      "0000-10-27T16:49:29Z",
                                      "2001-10-27T24:49:29Z",
                                      "2001-10-27T16:60:29Z",
                                      "2001-10-27T16:49:60Z",
                                      "2001-10-27T16:49:29.Z",
                                      "2001-10-27T16:49Z",
                                      "2001-10-27T16:49:29+5:00",
                                      "2001-10-27T16:49:29+14:01",
                                      "2001-10-27T16:49:29+15:00",
                                      "2001-10-27T16:49:29+05:60",
                                      "2001-10-27T16:49:29+05",
                                      "2001-10-27T16:49:29Z ",
                                      "2001-10-27T16:49:29Zx",
                                      "+001-10-27T16:49:29Z",
                                      "2001-10-27T-1:49:29Z"}) {
    EXPECT_FALSE(is_date_time(text)) << text;
  }
}

TEST(Language, is_recognised) {
  for (const std::string_view text : {"en", "de-CH", "i-klingon", "x-a-b1-12345678", "a"}) {
    EXPECT_TRUE(is_language(text)) << text;
  }
  for (const std::string_view text : {"", "-", "en-", "-en", "en--us", "e1", "en_US", "abcdefghi",
                                      "en-123456789", "en us", "\xc3\xa9"}) {
    EXPECT_FALSE(is_language(text)) << text;
  }
  std::string longest = "de";
  while (longest.size() + 2 <= kLanguageBytesMax)
    longest += "-a";
  ASSERT_EQ(longest.size(), kLanguageBytesMax);
  EXPECT_TRUE(is_language(longest));
  EXPECT_FALSE(is_language(longest + "b"));
}

TEST(Language, is_the_first_of_several) {
  EXPECT_EQ(first_language("de-CH"), "de-CH");
  EXPECT_EQ(first_language(" en ,\r\n de"), "en");
  for (const std::string_view none : {"", ",en", "en de", "*", "'><evil/>"})
    EXPECT_EQ(first_language(none), "") << none;
}

}  // namespace pidf_values_test
}  // namespace muster::pidf
