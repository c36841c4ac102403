#include "codec/sip/params.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::sip {
namespace sip_params_test {

std::optional<Params> take(std::string_view text) {
  Cursor cursor(text);
  auto params = Params::take(cursor);
  EXPECT_TRUE(!params || cursor.at_end()) << text;
  return params;
}

TEST(Params, NamesAndValues) {
  const auto params = take(" ; a=1;B ;\r\n c = \"x;y\" ;d=[::1]");
  ASSERT_TRUE(params);
  std::string seen;
  for (const Param& param : *params) {
    seen.append(param.name).append(param.has_value ? "=" : "").append(param.value).append("|");
  }
  EXPECT_EQ(seen, "a=1|B|c=\"x;y\"|d=[::1]|");
  EXPECT_EQ(params->value("b"), "");
  EXPECT_TRUE(params->has("b"));
  EXPECT_FALSE(params->find("b")->has_value);
  EXPECT_EQ(params->value("C"), "\"x;y\"");
  EXPECT_FALSE(params->has("e"));
}

TEST(Params, ValuesAreUnquotedOnDemand) {
  const auto params = take(R"(;a="x\"y";b="z";c=d;e="")");
  std::string buffer;
  EXPECT_EQ(params->find("a")->text(buffer), "x\"y");
  EXPECT_EQ(params->find("b")->text(buffer), "z");
  EXPECT_EQ(params->find("c")->text(buffer), "d");
  EXPECT_EQ(params->find("e")->text(buffer), "");
}

TEST(Params, None) {
  EXPECT_TRUE(take("")->empty());
  Cursor cursor("abc");
  EXPECT_TRUE(Params::take(cursor)->empty());
  EXPECT_EQ(cursor.offset(), 0u);
}

// RFC 4475 section 3.1.2.1; RFC 3261 section 7.3.1 for the names that come twice.
TEST(Params, Malformed) {
  for (const auto text :
       {";", ";;a", ";a=", ";a=;b", ";a=\"x", ";=1", "; ;", ";a;A", ";a=1;b;a=2"}) {
    EXPECT_FALSE(take(text)) << text;
  }
}

TEST(Params, TwiceIsLookedForAmongTheFirst) {
  std::string text;
  for (std::size_t i = 0; i < kDistinctParamsMax; ++i)
    text += ";p" + std::to_string(i);
  EXPECT_TRUE(take(text));
  EXPECT_FALSE(take(text + ";p0"));
  EXPECT_FALSE(take(text + ";p31"));
  EXPECT_TRUE(take(text + ";q;q"));  // beyond the limit: overlooked, not refused
}

}  // namespace sip_params_test
}  // namespace muster::sip
