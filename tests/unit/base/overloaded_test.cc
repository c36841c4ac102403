#include "base/overloaded.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace muster {
namespace base_overloaded_test {

TEST(Overloaded, EachAlternativeFindsItsArm) {
  const auto name_of = [](const std::variant<int, std::string, double>& value) {
    return std::visit(
        Overloaded{[](int) { return "int"; }, [](const std::string&) { return "string"; },
                   [](auto) { return "something else"; }},
        value);
  };
  EXPECT_STREQ(name_of(1), "int");
  EXPECT_STREQ(name_of(std::string("one")), "string");
  EXPECT_STREQ(name_of(1.0), "something else");
}

}  // namespace base_overloaded_test
}  // namespace muster
