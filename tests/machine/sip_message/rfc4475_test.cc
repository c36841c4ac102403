// Each message of RFC 4475 through the whole of sip_message, as a datagram and on a stream: it gets
// the answer that its section asks of an endpoint, or is dropped and counted. The service has the
// domains example.com and example.org; whom it asks for a proof is proved here.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "server/sip_message/sip_messages.h"
#include "support/golden.h"
#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_rfc4475_test {

struct Row {
  std::string_view file;
  std::string_view section;
  // "told": sip_presence is to answer. "asked": the same, once proved. Else a status, or the drop.
  std::string_view datagram;
  std::string_view stream = {};  // if it is another there
};

// INVITEs are refused by 405 whatever they carry: 8.2.1 comes before 8.2.2 and 8.2.3 of RFC 3261.
constexpr Row kRows[] = {
    {"wsinv", "3.1.1.1", "405"},
    {"intmeth", "3.1.1.2", "501"},
    {"esc01", "3.1.1.3", "405"},
    {"escnull", "3.1.1.4", "403"},  // read whole; no account has a NUL (RFC 7622)
    {"esc02", "3.1.1.5", "501"},
    {"lwsdisp", "3.1.1.6", "told"},
    {"longreq", "3.1.1.7", "405"},
    {"dblreq", "3.1.1.8", "asked", "asked 405 closed"},  // its INVITE is a byte too long
    {"semiuri", "3.1.1.9", "told"},
    {"transports", "3.1.1.10", "told"},
    {"mpart01", "3.1.1.11", "asked"},
    {"unreason", "3.1.1.12", "stray_response"},
    {"noreason", "3.1.1.13", "stray_response"},
    {"badinv01", "3.1.2.1", "400"},
    {"clerr", "3.1.2.2", "400", "waits"},
    {"ncl", "3.1.2.3", "400", "400 closed"},
    {"scalar02", "3.1.2.4", "400"},
    {"scalarlg", "3.1.2.5", "stray_response"},
    {"quotbal", "3.1.2.6", "400"},
    {"ltgtruri", "3.1.2.7", "400"},
    {"lwsruri", "3.1.2.8", "400"},
    {"lwsstart", "3.1.2.9", "400"},
    {"trws", "3.1.2.10", "400"},
    {"escruri", "3.1.2.11", "400"},
    {"baddate", "3.1.2.12", "405"},
    {"regbadct", "3.1.2.13", "400"},
    {"badaspec", "3.1.2.14", "400"},
    {"baddn", "3.1.2.15", "400", "waits"},  // as archived it lacks its empty line, too
    {"badvers", "3.1.2.16", "505"},
    {"mismatch01", "3.1.2.17", "400"},
    {"mismatch02", "3.1.2.18", "501"},
    {"bigcode", "3.1.2.19", "stray_response"},
    {"badbranch", "3.2.1", "400"},
    {"insuf", "3.3.1", "400"},
    {"unkscm", "3.3.2", "416"},
    {"novelsc", "3.3.3", "416"},
    {"unksm2", "3.3.4", "400"},
    {"bext01", "3.3.5", "420"},
    {"invut", "3.3.6", "405"},
    {"regaut01", "3.3.7", "asked"},
    {"multi01", "3.3.8", "400"},
    {"mcl01", "3.3.9", "400", "400 closed"},
    {"bcast", "3.3.10", "stray_response"},
    {"zeromf", "3.3.11", "told"},
    {"cparam01", "3.3.12", "asked"},
    {"cparam02", "3.3.13", "asked"},
    {"regescrt", "3.3.14", "asked"},
    {"sdp01", "3.3.15", "405"},
    {"inv2543", "3.4.1", "405", "400 closed"},  // no Content-Length: no stream can be divided
};
static_assert(std::size(kRows) == 49);

class Rfc4475 : public ::testing::TestWithParam<Row> {
 protected:
  Rfc4475() { world.settings.loopback_sip_trusted = false; }

  // What came of it, in words.
  std::string effects() {
    std::string all;
    const auto add = [&all](std::string_view what) {
      all.append(all.empty() ? "" : " ").append(what);
    };
    const auto asked = world.ordered<AskDigest>();
    for (std::size_t i = 0; i < world.said<SipRequestReceived>().size(); ++i)
      add("told");
    for (std::size_t i = 0; i < asked.size(); ++i)
      add("asked");
    for (const auto& sent : world.sent())
      add(std::to_string(sent.status()));
    const auto& dropped = world.sip().counters().dropped;
    for (std::size_t i = 0; i < dropped.size(); ++i) {
      if (dropped[i] == 0) continue;
      const auto drop = static_cast<SipDrop>(i);
      add(drop == SipDrop::link_not_sip ? "closed" : text_of(drop));
    }
    return all.empty() ? "waits" : all;
  }

  SipWorld world;
};

TEST_P(Rfc4475, AsADatagram) {
  world.datagram(test::read_golden("rfc4475/" + std::string(GetParam().file) + ".dat"));
  EXPECT_EQ(effects(), GetParam().datagram);
}

TEST_P(Rfc4475, OnAStream) {
  const LinkId link = world.open_link(0);
  world.bytes(link, test::read_golden("rfc4475/" + std::string(GetParam().file) + ".dat"));
  EXPECT_EQ(effects(), GetParam().stream.empty() ? GetParam().datagram : GetParam().stream);
}

std::string name_of(const ::testing::TestParamInfo<Row>& info) {
  return std::string(info.param.file);
}
INSTANTIATE_TEST_SUITE_P(Messages, Rfc4475, ::testing::ValuesIn(kRows), name_of);

TEST(Rfc4475Details, UnknownMethodsGetAllow) {  // 3.1.1.2
  SipWorld world;
  world.datagram(test::read_golden("rfc4475/intmeth.dat"));
  EXPECT_NE(world.only_sent().header("Allow"), "(none)");
}

TEST(Rfc4475Details, RequiredExtensionsAreListed) {  // 3.3.5: those of Require, for an endpoint
  SipWorld world;
  world.datagram(test::read_golden("rfc4475/bext01.dat"));
  EXPECT_EQ(world.only_sent().header("Unsupported"),
            "nothingSupportsThis, nothingSupportsThisEither");
}

TEST(Rfc4475Details, UnknownCredentialsAreShownToWhoChallenges) {  // 3.3.7
  SipWorld world;
  world.settings.loopback_sip_trusted = false;
  world.datagram(test::read_golden("rfc4475/regaut01.dat"));
  const auto asked = world.ordered<AskDigest>();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].authorizations,
            std::vector<std::string>{"NoOneKnowsThisScheme opaque-data=here"});
  world.give(DigestAnswered{
      asked[0].ticket, DigestAnswered::Outcome::challenged, {}, {"Digest realm=\"example.com\""}});
  const auto answer = world.only_sent();
  EXPECT_EQ(answer.status(), 401);
  EXPECT_EQ(answer.header("WWW-Authenticate"), "Digest realm=\"example.com\"");
}

// 3.1.1.4: it is not shortened to somebody who may be there, null-@example.com.
TEST(Rfc4475Details, AUserWithANulIsNobody) {
  SipWorld world;
  world.settings.loopback_sip_trusted = false;
  world.datagram(test::read_golden("rfc4475/escnull.dat"));
  EXPECT_TRUE(world.ordered<AskDigest>().empty());
  EXPECT_TRUE(world.said<SipRequestReceived>().empty());
  EXPECT_EQ(world.only_sent().status(), 403);
}

TEST(Rfc4475Details, AnInviteOfRfc2543IsOneTransaction) {  // 3.4.1
  SipWorld world;
  const std::string invite = test::read_golden("rfc4475/inv2543.dat");
  world.datagram(invite);
  const auto answer = world.only_sent();
  world.datagram(invite);
  EXPECT_EQ(world.only_sent().text, answer.text);
  EXPECT_EQ(world.sip().counters().retransmissions, 1u);
}

}  // namespace sip_message_rfc4475_test
}  // namespace muster::testing
