#include "codec/pidf/id.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace muster::pidf {
namespace pidf_id_test {

TEST(Id, is_a_name_without_a_colon) {
  for (const std::string_view text : {"a", "_", "ID-yn0cl4bnw0yr3vym", "a.b-c_d9", "Z"}) {
    EXPECT_TRUE(is_id(text)) << text;
  }
  for (const std::string_view text : {"", "1", "-a", ".a", "a:b", "a b", "a/b", "\xc3\xa9"}) {
    EXPECT_FALSE(is_id(text)) << text;
  }
}

// RFC 8048 section 6.2, example 19 and table 1 note 2.
TEST(Id, keeps_what_an_id_may_hold) {
  EXPECT_EQ(to_id("ID-", "yn0cl4bnw0yr3vym"), "ID-yn0cl4bnw0yr3vym");
  EXPECT_EQ(to_id("ID-", ""), "ID-");
  EXPECT_EQ(from_id("yn0cl4bnw0yr3vym"), "yn0cl4bnw0yr3vym");
}

TEST(Id, escapes_the_rest) {
  EXPECT_EQ(to_id("ID-", "my phone"), "ID-my_x0020_phone");
  EXPECT_EQ(to_id("ID-", "a/b:\xc3\xa9"), "ID-a_x002F_b_x003A__x00E9_");
  EXPECT_EQ(to_id("ID-", "\xf0\x9f\x98\x80"), "ID-_x01F600_");
  EXPECT_EQ(to_id("ID-", "_x0020_"), "ID-_x005F_x0020_");
  EXPECT_EQ(to_id("ID-", "_y_"), "ID-_y_");
}

TEST(Id, gives_back_the_text_it_was_made_of) {
  std::string ascii;
  for (char c = ' '; c <= '~'; ++c)
    ascii += c;
  for (const std::string_view text :
       {std::string_view(ascii), std::string_view("_x0020_"), std::string_view("_x_x0020__x"),
        std::string_view(
            "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbd\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
        std::string_view("__x005F_"), std::string_view("Gajim.\xe2\x82\xac 1")}) {
    const std::string id = to_id("ID-", text);
    EXPECT_TRUE(is_id(id)) << id;
    EXPECT_EQ(from_id(std::string_view(id).substr(3)), text) << id;
  }
}

TEST(Id, takes_other_peoples_ids_as_they_are) {
  for (const std::string_view rest : {"_x", "_x00", "_x0020", "_x00200_", "_xD800_", "_x110000_",
                                      "_xzzzz_", "_x+020_", "_x0020000_", "abc"}) {
    EXPECT_EQ(from_id(rest), rest);
  }
}

TEST(IdDeathTest, stops_when_misused) {
  EXPECT_DEATH(to_id("1", "a"), "is_id");
  EXPECT_DEATH(to_id("ID-", "\xff"), "has_value");
}

}  // namespace pidf_id_test
}  // namespace muster::pidf
