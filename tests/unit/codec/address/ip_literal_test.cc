#include "codec/address/ip_literal.h"

#include <gtest/gtest.h>

namespace muster {
namespace address_ip_literal_test {

void expect_canonical(std::string_view text, std::string_view expected) {
  std::string scratch;
  const auto canonical = canonical_ip_literal(text, scratch);
  ASSERT_TRUE(canonical) << text;
  EXPECT_EQ(*canonical, expected) << text;
  std::string again_scratch;
  EXPECT_EQ(*canonical_ip_literal(expected, again_scratch), expected);
}

// RFC 5952 sections 1 and 2: ways to write one address; section 4: the way to write it.
TEST(IpLiteral, IsWrittenAsRfc5952Recommends) {
  for (const char* same :
       {"[2001:db8:0:0:1:0:0:1]", "[2001:0db8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]",
        "[2001:db8::0:1:0:0:1]", "[2001:0db8::1:0:0:1]", "[2001:db8:0:0:1::1]",
        "[2001:db8:0000:0:1::1]", "[2001:DB8:0:0:1::1]"}) {
    expect_canonical(same, "[2001:db8::1:0:0:1]");
  }
  expect_canonical("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001]",
                   "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]");
  expect_canonical("[2001:db8::0:1]", "[2001:db8::1]");                 // 4.2.1
  expect_canonical("[2001:db8::1:1:1:1:1]", "[2001:db8:0:1:1:1:1:1]");  // 4.2.2
  expect_canonical("[2001:0:0:1:0:0:0:1]", "[2001:0:0:1::1]");          // 4.2.3
  expect_canonical("[0:0:0:0:0:0:0:1]", "[::1]");
  expect_canonical("[0:0:0:0:0:0:0:0]", "[::]");
  expect_canonical("[1:0:0:0:0:0:0:0]", "[1::]");
  expect_canonical("[::FFFF:C000:201]", "[::ffff:192.0.2.1]");  // 5
  expect_canonical("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]");
  expect_canonical("[2001:db8:1:2:3:4:192.0.2.255]", "[2001:db8:1:2:3:4:c000:2ff]");
}

TEST(IpLiteral, IsHandedBackWhereItIsCanonical) {
  const std::string_view text = "[2001:db8::1]";
  std::string scratch;
  EXPECT_EQ(canonical_ip_literal(text, scratch)->data(), text.data());
}

// RFC 6874 section 2.
TEST(IpLiteral, KeepsItsZone) {
  expect_canonical("[FE80::1%25eth0]", "[fe80::1%25eth0]");
  expect_canonical("[fe80::1%25Eth-0._~%2f]", "[fe80::1%25Eth-0._~%2f]");
}

TEST(IpLiteral, RefusesEverythingElse) {
  for (const char* wrong : {"[]",
                            "[",
                            "[::1",
                            "::1]",
                            "[:]",
                            "[:::]",
                            "[1]",
                            "[1:2:3:4:5:6:7]",
                            "[1:2:3:4:5:6:7:8:9]",
                            "[1:2:3:4:5:6:7:]",
                            "[:2:3:4:5:6:7:8]",
                            "[::1::]",
                            "[12345::]",
                            "[00001::]",
                            "[g::]",
                            "[1:2:3:4::5:6:7:8]",
                            "[::1.2.3]",
                            "[::1.2.3.4.5]",
                            "[::1.2.3.256]",
                            "[::01.2.3.4]",
                            "[1.2.3.4::]",
                            "[1:2:3:4:5:6:7:1.2.3.4]",
                            "[::1.2.3.4:5]",
                            "[::+1]",
                            "[:: 1]",
                            "[fe80::1%25]",
                            "[fe80::1%eth0]",
                            "[fe80::1%25a/b]",
                            "[fe80::1%25%2]",
                            "[fe80::1%25%zz]",
                            "[v1.fe80::1]",
                            "[127.0.0.1]",
                            "[::1]x"}) {
    std::string scratch;
    const auto canonical = canonical_ip_literal(wrong, scratch);
    ASSERT_FALSE(canonical) << wrong << " became " << *canonical;
    EXPECT_EQ(canonical.error(), AddressError::malformed_domainpart);
  }
}

}  // namespace address_ip_literal_test
}  // namespace muster
