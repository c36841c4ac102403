#include "codec/sip/methods.h"

#include <gtest/gtest.h>

namespace muster::sip {
namespace sip_methods_test {

TEST(Methods, EachHasItsNameAndBack) {
  for (int i = 0; i < static_cast<int>(Method::other); ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_FALSE(text_of(method).empty());
    EXPECT_EQ(find_method(text_of(method)), method);
  }
  EXPECT_EQ(text_of(Method::register_), "REGISTER");
  EXPECT_EQ(text_of(Method::publish), "PUBLISH");
  EXPECT_EQ(text_of(Method::update), "UPDATE");
}

// RFC 3261 section 7.1 (case), RFC 4475 section 3.1.1.5 (%).
TEST(Methods, AreCaseSensitiveAndWithoutEscapes) {
  EXPECT_EQ(find_method("invite"), Method::other);
  EXPECT_EQ(find_method("RE%47ISTER"), Method::other);
  EXPECT_EQ(find_method(""), Method::other);
  EXPECT_EQ(text_of(Method::other), "");
}

}  // namespace sip_methods_test
}  // namespace muster::sip
