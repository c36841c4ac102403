// RFC 6120 section 5, XEP-0368.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_tls_test {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::only;
using testing::StreamWorld;

constexpr std::string_view kProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr std::string_view kTlsFailure =
    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>";

// Section 5.3.1: where it is required it is the only feature.
TEST(StartTls, IsTheOnlyOfferWhereItIsRequired) {
  StreamWorld world;
  const LinkId link = world.negotiating();
  EXPECT_THAT(world.said(link),
              ::testing::EndsWith("<stream:features>"
                                  "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
                                  "<required/></starttls></stream:features>"));
}

TEST(StartTls, IsOfferedBesideLoginWhereClearIsAllowed) {
  StreamWorld world;
  world.world.settings.plain_without_tls = true;
  const LinkId link = world.negotiating();
  EXPECT_THAT(world.said(link), HasSubstr("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
                                          "</starttls><mechanisms"));
}

// RFC 7395 section 3.9.
TEST(StartTls, IsNotOfferedOverWebSocket) {
  StreamWorld world;
  world.opened_for = LinkUse::web_socket;
  EXPECT_THAT(world.said(world.negotiating()), ::testing::EndsWith("<stream:features>"
                                                                   "</stream:features>"));
  world.world.settings.plain_without_tls = true;
  const LinkId link = world.negotiating();
  EXPECT_THAT(world.said(link), HasSubstr("<stream:features><mechanisms"));
  world.forget();
  world.feed(link, testing::kStartTls);
  EXPECT_EQ(world.said(link), kTlsFailure);
  EXPECT_TRUE(world.closed(link));
}

TEST(StartTls, IsNotOfferedWithoutCertificates) {
  StreamWorld world;
  world.world.settings.tls_offered = false;
  world.world.settings.plain_without_tls = true;
  const LinkId link = world.negotiating();
  EXPECT_THAT(world.said(link), Not(HasSubstr("starttls")));
  world.forget();
  world.feed(link, testing::kStartTls);
  EXPECT_EQ(world.said(link), kTlsFailure);
  EXPECT_TRUE(world.closed(link));
}

// Section 5.4.2.3: <proceed/> is the last in clear.
TEST(StartTls, ProceedsThenBegins) {
  StreamWorld world;
  const LinkId link = world.open();
  world.feed(link,
             "<stream:stream to='example.org' version='1.0' xmlns='jabber:client' "
             "xmlns:stream='http://etherx.jabber.org/streams'>");
  world.forget();
  world.feed(link, testing::kStartTls);
  ASSERT_EQ(world.orders.size(), 2u);
  EXPECT_EQ(std::get<SendBytes>(world.orders[0]).bytes, kProceed);
  const auto& start = std::get<StartTls>(world.orders[1]);
  EXPECT_EQ(start.link, link);
  EXPECT_EQ(start.domain, "example.org") << "section 5.4.3.1 rule 4";
}

// Section 5.3.3, and what every STARTTLS injection is made of: bytes in clear behind the command.
TEST(StartTls, RefusesWhatCameBehindItInClear) {
  for (const std::string_view behind : {" ", "<auth/>", "<stream:stream>", "\x16\x03\x01"}) {
    StreamWorld world;
    const LinkId link = world.negotiating();
    world.forget();
    world.feed(link, std::string(testing::kStartTls) + std::string(behind));
    EXPECT_EQ(world.said(link), kTlsFailure) << behind;
    EXPECT_TRUE(only<muster::StartTls>(world.orders).empty());
    EXPECT_EQ(world.state(link), "closed");
  }
}

// Section 5.4.3.3: what was said in clear is forgotten, the header comes anew, with a new id.
TEST(StartTls, BeginsTheStreamAnew) {
  StreamWorld world;
  const LinkId link = world.open();
  world.feed(link,
             "<stream:stream to='example.org' from='eve@example.org' version='1.0' "
             "xml:lang='xx' xmlns='jabber:client' xmlns:p='urn:p' "
             "xmlns:stream='http://etherx.jabber.org/streams'>");
  world.feed(link, testing::kStartTls);
  const std::string before = world.said(link);
  world.forget();
  world.input(TlsStarted{link, true, false});
  EXPECT_EQ(world.said(link), "");
  EXPECT_EQ(world.state(link), "opening");
  world.input(EndStream{link, StreamError::reset, {}});
  EXPECT_THAT(world.said(link), HasSubstr("from='example.com'")) << "not example.org";
  EXPECT_THAT(world.said(link), Not(HasSubstr("eve")));
}

TEST(StartTls, OffersMechanismsAndNoTlsUnderTls) {
  StreamWorld world;
  const LinkId link = world.secure_negotiating();
  EXPECT_THAT(world.said(link), Not(HasSubstr("starttls")));
  EXPECT_THAT(world.said(link),
              HasSubstr("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                        "<mechanism>SCRAM-SHA-256-PLUS</mechanism>"
                        "<mechanism>SCRAM-SHA-1-PLUS</mechanism>"
                        "<mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism>"
                        "<mechanism>PLAIN</mechanism></mechanisms>"));
}

// XEP-0440 section 2: those that this TLS connection has; tls-server-end-point always.
TEST(StartTls, SaysTheChannelBindings) {
  const auto bindings = [](bool exporter, bool unique) {
    StreamWorld world;
    const LinkId link = world.open();
    world.input(TlsStarted{link, exporter, unique});
    world.feed(link, testing::kHeader);
    const std::string said = world.said(link);
    const std::size_t begin = said.find("<sasl-channel-binding");
    return said.substr(begin, said.find("</sasl-channel-binding>") - begin);
  };
  const std::string open = "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>";
  EXPECT_EQ(bindings(true, false), open +
                                       "<channel-binding type='tls-exporter'/>"
                                       "<channel-binding type='tls-server-end-point'/>");
  EXPECT_EQ(bindings(true, true), open +
                                      "<channel-binding type='tls-exporter'/>"
                                      "<channel-binding type='tls-unique'/>"
                                      "<channel-binding type='tls-server-end-point'/>");
  EXPECT_EQ(bindings(false, false), open + "<channel-binding type='tls-server-end-point'/>");
}

// XEP-0368: TLS first, the header inside, and no STARTTLS any more.
TEST(DirectTls, TakesTheHeaderInsideTls) {
  StreamWorld world;
  const LinkId link = world.open();
  world.input(TlsStarted{link, true, false});
  EXPECT_EQ(world.said(link), "");
  world.feed(link, testing::kHeader);
  EXPECT_EQ(world.state(link), "negotiating");
  world.forget();
  world.feed(link, testing::kStartTls);
  EXPECT_EQ(world.said(link), kTlsFailure);
}

TEST(DirectTls, CannotBeginBehindClearBytes) {
  StreamWorld world;
  const LinkId link = world.open();
  world.feed(link, "<stream:stream ");
  world.input(TlsStarted{link, true, false});
  EXPECT_EQ(world.state(link), "closed");
}

// A handshake that takes too long: nothing can be said (section 5.4.3.2).
TEST(StartTls, ThatTakesTooLongIsCutWithoutAWord) {
  StreamWorld world;
  const LinkId link = world.starting_tls();
  world.forget();
  world.pass(world.world.settings.limits.login_time_max);
  EXPECT_EQ(world.said(link), "");
  EXPECT_TRUE(world.closed(link));
}

}  // namespace xmpp_stream_tls_test
}  // namespace muster
