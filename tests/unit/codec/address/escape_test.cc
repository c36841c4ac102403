#include "codec/address/escape.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

namespace muster {
namespace address_escape_test {

// Both ways, as XEP-0106 shows them.
void expect_escaped(std::string_view name, std::string_view local) {
  const auto escaped = escape_localpart(name);
  ASSERT_TRUE(escaped) << name;
  EXPECT_EQ(*escaped, local) << name;
  EXPECT_EQ(unescape_localpart(local), name) << local;
}

std::string local_of(std::string_view user) {
  std::string scratch;
  const auto local = localpart_of_sip_user(user, scratch);
  EXPECT_TRUE(local) << user;
  return local ? std::string(*local) : std::string();
}
std::string sip_user(std::string_view local) {
  std::string out;
  append_sip_user(out, local);
  return out;
}
std::string pres_user(std::string_view local) {
  std::string out;
  append_pres_user(out, local);
  return out;
}

TEST(JidEscaping, TableOfSection32) {
  expect_escaped("a b", "a\\20b");
  expect_escaped("\"", "\\22");
  expect_escaped("&", "\\26");
  expect_escaped("'", "\\27");
  expect_escaped("/", "\\2f");
  expect_escaped(":", "\\3a");
  expect_escaped("<", "\\3c");
  expect_escaped(">", "\\3e");
  expect_escaped("@", "\\40");
  expect_escaped("\\5c", "\\5c5c");
  EXPECT_EQ(unescape_localpart("\\5c"), "\\");
  expect_escaped("", "");
}

// XEP-0106 sections 3.2, 3.3 and 5.1, the localparts of its table "JID Examples".
TEST(JidEscaping, ExamplesOfJids) {
  expect_escaped("d'artagnan", "d\\27artagnan");
  expect_escaped("tr\u00e9ville@musketeers.lit", "tr\u00e9ville\\40musketeers.lit");
  expect_escaped("space cadet", "space\\20cadet");                         // 1
  expect_escaped("call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22");  // 2
  expect_escaped("at&t guy", "at\\26t\\20guy");                            // 3
  expect_escaped("/.fanboy", "\\2f.fanboy");                               // 5
  expect_escaped("::foo::", "\\3a\\3afoo\\3a\\3a");                        // 6
  expect_escaped("<foo>", "\\3cfoo\\3e");                                  // 7
  expect_escaped("user@host", "user\\40host");                             // 8
  expect_escaped("c:\\net", "c\\3a\\net");                                 // 9
  expect_escaped("c:\\\\net", "c\\3a\\\\net");                             // 10
  expect_escaped("c:\\cool stuff", "c\\3a\\cool\\20stuff");                // 11
  expect_escaped("c:\\5commas", "c\\3a\\5c5commas");                       // 12
}

// XEP-0106 section 4.3.
TEST(JidEscaping, PartialAndInvalidSequencesAreLeftAlone) {
  expect_escaped("\\2plus\\2is\\4", "\\2plus\\2is\\4");
  expect_escaped("foo\\bar", "foo\\bar");
  expect_escaped("foob\\41r", "foob\\41r");
  expect_escaped("\\", "\\");
  expect_escaped("a\\2", "a\\2");
  expect_escaped("a\\2F", "a\\2F");  // "CASE IS SIGNIFICANT"
}

// XEP-0106 sections 5.2 to 5.7: mailboxes, SIP, im:, pres: and wv: URIs (decoded), LDAP, IRC.
TEST(JidEscaping, ExamplesOfOtherAddresses) {
  expect_escaped("here's_a_wild_&_/cr%zy/_address", "here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address");
  expect_escaped("here's_a_wild_&_/cr%zy/_address_for:<wv>(\"IMPS\")",
                 "here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address_for\\3a\\3cwv\\3e(\\22IMPS\\22)");
  expect_escaped("\\3and\\2is\\5cool", "\\5c3and\\2is\\5c5cool");
  expect_escaped("CN=D'Artagnan Saint-Andr\\E9,O=Example & Company, Inc.,DC=example,DC=com",
                 "CN=D\\27Artagnan\\20Saint-Andr\\E9,O=Example\\20\\26\\20Company,\\20Inc.,"
                 "DC=example,DC=com");
  expect_escaped("somenick!user\"&'/:<>\\3address",
                 "somenick!user\\22\\26\\27\\2f\\3a\\3c\\3e\\5c3address");
}

// XEP-0106 section 3.2: "\20" MUST NOT be first or last.
TEST(JidEscaping, ASpaceNeitherBeginsNorEnds) {
  EXPECT_EQ(escape_localpart(" a").error(), AddressError::space_at_edge);
  EXPECT_EQ(escape_localpart("a ").error(), AddressError::space_at_edge);
  EXPECT_EQ(escape_localpart(" ").error(), AddressError::space_at_edge);
}

// RFC 7247 section 6.4; its steps 3 to 5, on the user part.
TEST(SipUser, ExamplesOfRfc7247) {
  EXPECT_EQ(local_of("f%C3%BC"), "f\u00fc");
  EXPECT_EQ(local_of("o'malley"), "o\\27malley");
  EXPECT_EQ(local_of("foo"), "foo");
  // Section 6.5, steps 3 and 5.
  EXPECT_EQ(sip_user("m\\26m"), "m&m");
  EXPECT_EQ(sip_user("tsch\u00fcss"), "tsch%C3%BCss");
  EXPECT_EQ(sip_user("baz"), "baz");
}

// XEP-0106 sections 5.3 and 5.4 escape more than RFC 7247 does and less than RFC 3986 wants; what
// they mean is the same.
TEST(SipUser, ExamplesOfXep0106) {
  const std::string local = "here\\27s_a_wild_\\26_\\2fcr%zy\\2f_address";
  EXPECT_EQ(local_of("here%27s_a_wild_%26_%2Fcr%zy%2F_address"), local);
  EXPECT_EQ(sip_user(local), "here's_a_wild_&_/cr%25zy/_address");
  EXPECT_EQ(pres_user(local), "here's_a_wild_&_/cr%25zy/_address");
  EXPECT_EQ(local_of(sip_user(local)), local);
}

// RFC 7247 table 1: what each scheme takes as it is, what it does not.
TEST(SipUser, EachAsciiCharacterGoesThereAndBack) {
  const std::string_view plain_in_sip = "!$&'()*+,-./;=?_~";
  const std::string_view not_in_localparts = "\"&'/:<>@ ";
  for (int c = 0x20; c < 0x7f; ++c) {
    const char character = static_cast<char>(c);
    const std::string hex = {'%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15]};
    const std::string local = local_of("a" + hex + "b");
    if (not_in_localparts.find(character) != std::string_view::npos) {
      EXPECT_EQ(local.size(), 5u) << character;
      EXPECT_EQ(local[1], '\\') << character;
    } else {
      EXPECT_EQ(local, std::string({'a', character, 'b'}));
    }
    const bool alphanumeric = std::isalnum(c) != 0;
    const bool plain = alphanumeric || plain_in_sip.find(character) != std::string_view::npos;
    EXPECT_EQ(sip_user(local), plain ? std::string({'a', character, 'b'}) : "a" + hex + "b");
  }
}

TEST(PresUser, EncodesWhatAMailboxOrAUriDoesNotTake) {
  EXPECT_EQ(pres_user("a.b"), "a.b");
  EXPECT_EQ(pres_user("(),;[\\]"), "%28%29%2C%3B%5B%5C%5D");
  EXPECT_EQ(pres_user("#%?^`{|}"), "%23%25%3F%5E%60%7B%7C%7D");
  EXPECT_EQ(pres_user("!$*+-=_~"), "!$*+-=_~");
  EXPECT_EQ(pres_user("\\26\\27\\2f"), "&'/");
  EXPECT_EQ(pres_user("a\\20b\\40c"), "a%20b%40c");
  EXPECT_EQ(pres_user("\u00fc"), "%C3%BC");
}

TEST(SipUser, PercentSignsThatEscapeNothingStand) {
  EXPECT_EQ(local_of("100%"), "100%");
  EXPECT_EQ(local_of("a%4"), "a%4");
  EXPECT_EQ(local_of("a%zz"), "a%zz");
  EXPECT_EQ(local_of(std::string_view("a%41").substr(0, 3)), "a%4");  // nothing beyond the end
  EXPECT_EQ(local_of(std::string_view("a%41").substr(0, 2)), "a%");
  EXPECT_EQ(local_of("a%%41"), "a%A");
  EXPECT_EQ(sip_user("100%"), "100%25");
}

TEST(SipUser, IsHandedBackWhereNothingIsEscaped) {
  const std::string_view user = "alice.b+c";
  std::string scratch;
  EXPECT_EQ(localpart_of_sip_user(user, scratch)->data(), user.data());
}

TEST(SipUser, ASpaceNeitherBeginsNorEnds) {
  std::string scratch;
  EXPECT_EQ(localpart_of_sip_user("%20a", scratch).error(), AddressError::space_at_edge);
  EXPECT_EQ(localpart_of_sip_user("a%20", scratch).error(), AddressError::space_at_edge);
}

// A backslash that would be misread is escaped; any other is not.
TEST(SipUser, BackslashesAreKeptApartFromEscapes) {
  EXPECT_EQ(local_of("m%5C26m"), "m\\5c26m");
  EXPECT_EQ(sip_user("m\\5c26m"), "m%5C26m");
  EXPECT_EQ(local_of("m%5C5c26m"), "m\\5c5c26m");
  EXPECT_EQ(sip_user("m\\5c5c26m"), "m%5C5c26m");
  EXPECT_EQ(local_of("m%5C2F"), "m\\5c2F");  // the localpart will be lowered
  EXPECT_EQ(local_of("c%5C5commas"), "c\\5commas");
  EXPECT_EQ(sip_user("c\\5commas"), "c%5C5commas");
  EXPECT_EQ(sip_user("a\\b"), "a%5Cb");
  // No escape at an end, where XEP-0106 forbids it; so it is no escape of one either.
  EXPECT_EQ(sip_user("\\20a"), "%5C20a");
  EXPECT_EQ(local_of("%5C20a"), "\\20a");
  EXPECT_EQ(sip_user("a\\20"), "a%5C20");
  EXPECT_EQ(sip_user("\\5c20a"), "%5C5c20a");
  EXPECT_EQ(sip_user("\\20\\20a"), "%5C20%20a");
}

// All localparts of up to six pieces in which escapes meet: no two have the same user part.
TEST(SipUser, LocalpartsAndUserPartsMapOneToOne) {
  const std::vector<std::string_view> pieces = {"\\", "5c", "26", "20", "2", "0", "a", "\\20"};
  std::vector<std::string> locals = {""};
  std::size_t checked = 0;
  for (int length = 1; length <= 5; ++length) {
    std::vector<std::string> longer;
    for (const std::string& local : locals) {
      for (const std::string_view piece : pieces)
        longer.push_back(local + std::string(piece));
    }
    for (const std::string& local : longer) {
      ASSERT_EQ(local_of(sip_user(local)), local);
      ASSERT_EQ(local_of(pres_user(local)), local);
      ++checked;
    }
    locals = std::move(longer);
  }
  EXPECT_EQ(checked, 37'448u);
}

// RFC 7247 sections 6.4 step 8 and 6.5 step 8.
TEST(Gruu, IsAResourcepart) {
  std::string scratch;
  EXPECT_EQ(resourcepart_of_gruu("bar", scratch), "bar");
  EXPECT_EQ(resourcepart_of_gruu("a%20b%C3%BC", scratch), "a b\u00fc");
  const auto gruu = [](std::string_view resource) {
    std::string out;
    append_gruu(out, resource);
    return out;
  };
  EXPECT_EQ(gruu("qux"), "qux");
  EXPECT_EQ(gruu("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(gruu("a b;c=d\u00fc%\\26"), "a%20b%3Bc%3Dd%C3%BC%25%5C26");  // no escape of XEP-0106
  // RFC 3261 section 25.1, paramchar.
  EXPECT_EQ(gruu("[]/:&+$-_.!~*'()"), "[]/:&+$-_.!~*'()");
  EXPECT_EQ(gruu("\"#,<>?@^`{|}"), "%22%23%2C%3C%3E%3F%40%5E%60%7B%7C%7D");
}

}  // namespace address_escape_test
}  // namespace muster
