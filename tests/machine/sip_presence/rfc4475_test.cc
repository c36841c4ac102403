// The messages of RFC 4475 whose verdict is that of who registers and carries: what their sections
// ask for behind the parser (tests/unit/codec/sip/check_rfc4475_test.cc) and the proof
// (tests/machine/sip_message/rfc4475_test.cc).
#include <gtest/gtest.h>

#include "machine/sip_presence/sip_world.h"
#include "support/golden.h"

namespace muster::testing {
namespace sip_presence_rfc4475_test {

using ::testing::ElementsAre;
using std::string_literals::operator""s;

std::string bytes_of(const std::string& name) {
  return test::read_golden("rfc4475/" + name + ".dat");
}

// The Contacts of the 200 to that REGISTER, and those of one that only asks.
std::pair<Rows, Rows> registered(const std::string& bytes, const std::string& account) {
  SipWorld world;
  world.receive(bytes, account);
  EXPECT_EQ(world.story().back(), "200");
  const Rows answered = all_rows(world.answer_rows(), "Contact");
  world.receive(request_text("REGISTER", "sip:example.com",
                             {"From: <sip:" + account + ">;tag=2", "To: <sip:" + account + ">",
                              "Call-ID: another"}),
                account);
  EXPECT_THAT(world.story(), ElementsAre("200"));
  return {answered, all_rows(world.answer_rows(), "Contact")};
}

TEST(Rfc4475Registrar, AContactParameterIsNoneOfTheUri) {  // 3.3.12
  const Rows rows = {"<sip:+19725552222@gw1.example.net>;unknownparam;expires=3600"};
  EXPECT_EQ(registered(bytes_of("cparam01"), "watson@example.com"), std::pair(rows, rows));
}

TEST(Rfc4475Registrar, AUrlParameterStaysWithTheUri) {  // 3.3.13
  const Rows rows = {"<sip:+19725552222@gw1.example.net;unknownparam>;expires=3600"};
  EXPECT_EQ(registered(bytes_of("cparam02"), "watson@example.com"), std::pair(rows, rows));
}

TEST(Rfc4475Registrar, AnEscapedHeaderStaysWithTheUri) {  // 3.3.14
  const Rows rows = {"<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires=3600"};
  EXPECT_EQ(registered(bytes_of("regescrt"), "user@example.com"), std::pair(rows, rows));
}

// 3.1.1.4: one NUL and two of them are two users. Nobody here is called null-%00-null, so it is
// alice who registers them.
TEST(Rfc4475Registrar, ContactsWithNulsAreDistinct) {
  std::string bytes = bytes_of("escnull");
  constexpr std::string_view kUser = "null-%00-null";
  for (std::size_t at = 0; (at = bytes.find(kUser)) != std::string::npos;)
    bytes.replace(at, kUser.size(), "alice");
  const Rows rows = {"<sip:%00@host5.example.com>;expires=3600",
                     "<sip:%00%00@host5.example.com>;expires=3600"};
  EXPECT_EQ(registered(bytes, "alice@example.com"), std::pair(rows, rows));
}

// 3.1.1.11: it is framed to its last octet, nul or not, and nothing of it is lost on the way to her
// phones, which may know multipart/mixed. Her sessions do not (conversion), and he is told what
// would do.
TEST(Rfc4475Messages, AMultipartBodyIsCarriedWhole) {
  SipWorld world;
  const std::string bytes = bytes_of("mpart01");
  const SipRequestId id = world.receive(bytes, "fluffy@example.com");
  world.story();
  const PageMessage carried = world.one<PageMessage>();
  EXPECT_EQ(carried.text.content_type, "multipart/mixed;boundary=7a9cbec02ceef655");
  EXPECT_EQ(carried.text.body, bytes.substr(bytes.size() - 553));
  EXPECT_NE(carried.text.body.find("\0"s), std::string::npos);
  EXPECT_TRUE(carried.text.body.ends_with("--7a9cbec02ceef655--\r\n"));
  EXPECT_THAT(world.on(PageMessageAnswered{id, 415}), ElementsAre("415"));
  EXPECT_EQ(row(world.answer_rows(), "Accept"), "text/plain");
}

}  // namespace sip_presence_rfc4475_test
}  // namespace muster::testing
