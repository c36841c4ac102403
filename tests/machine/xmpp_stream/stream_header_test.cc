#include "server/xmpp_stream/stream_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_stream_header_test {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::StreamWorld;

std::string header(std::string_view attributes,
                   std::string_view namespaces =
                       "xmlns='jabber:client' "
                       "xmlns:stream='http://etherx.jabber.org/streams'") {
  return "<stream:stream " + std::string(attributes) + " " + std::string(namespaces) + ">";
}

// What is said to a peer that begins with this header.
struct Answer {
  std::string said;
  bool closed = false;
};
Answer answer(std::string_view bytes,
              std::vector<std::string> domains = {"example.com", "example.org"}) {
  StreamWorld world;
  world.world.settings.domains = std::move(domains);
  const LinkId link = world.open();
  world.feed(link, bytes);
  return {world.said(link), world.closed(link)};
}

void expect_error(const Answer& answer, std::string_view condition) {
  EXPECT_THAT(answer.said, StartsWith("<?xml version='1.0'?><stream:stream "));
  EXPECT_THAT(answer.said, HasSubstr("<stream:error><" + std::string(condition) +
                                     " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
  EXPECT_THAT(answer.said, ::testing::EndsWith("</stream:error></stream:stream>"));
  EXPECT_THAT(answer.said, Not(HasSubstr("features")));
  EXPECT_TRUE(answer.closed);
}

// RFC 6120 sections 4.2 and 4.7.6, figure 4.
TEST(StreamHeader, IsAnsweredWithFromIdVersionAndLanguage) {
  const Answer good = answer(header("to='example.org' version='1.0'"));
  EXPECT_FALSE(good.closed);
  EXPECT_THAT(good.said, StartsWith("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                                    "xmlns:stream='http://etherx.jabber.org/streams' "
                                    "from='example.org' id='"));
  EXPECT_THAT(good.said, HasSubstr(" version='1.0'"));
  EXPECT_THAT(good.said, HasSubstr(" xml:lang='en'>"));
  EXPECT_THAT(good.said, HasSubstr("<stream:features>"));
}

// Section 4.7.2: `to` is the bare JID of the peer's `from`, and only then there.
TEST(StreamHeader, EchoesTheBareAddressOfWhoSays) {
  EXPECT_THAT(answer(header("to='example.com' version='1.0' from='Alice@Example.com/phone'")).said,
              HasSubstr(" to='alice@example.com' "));
  EXPECT_THAT(answer(header("to='example.com' version='1.0'")).said, Not(HasSubstr(" to='")));
}

// Section 4.7.3: an id of the peer's is ignored, ours never comes twice.
TEST(StreamHeader, HasAnIdOfOurs) {
  StreamWorld world;
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    const LinkId link = world.open();
    world.feed(link, header("to='example.com' version='1.0' id='mine'"));
    const std::string said = world.said(link);
    const std::size_t begin = said.find(" id='") + 5;
    ids.push_back(said.substr(begin, said.find('\'', begin) - begin));
    EXPECT_EQ(ids.back().size(), 20u);
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST(StreamHeader, IsToADomainInAnySpelling) {
  EXPECT_THAT(answer(header("to='EXAMPLE.com.' version='1.0'")).said,
              HasSubstr("from='example.com'"));
  EXPECT_FALSE(answer(header("to='B\xc3\xbc"
                             "cher.example' version='1.0'"),
                      {"b\xc3\xbc"
                       "cher.example"})
                   .closed);
  EXPECT_FALSE(answer(header("to='xn--bcher-kva.example' version='1.0'"), {"b\xc3\xbc"
                                                                           "cher.example"})
                   .closed);
}

// Sections 4.9.1.3 and 4.9.3.6: our header names a domain of ours.
TEST(StreamHeader, ToAnUnknownHost) {
  const Answer unknown = answer(header("to='unknown.example' version='1.0'"));
  expect_error(unknown, "host-unknown");
  EXPECT_THAT(unknown.said, HasSubstr("from='example.com'"));
}

// Section 4.9.3.7.
TEST(StreamHeader, ToNoDomainOrNobody) {
  expect_error(answer(header("version='1.0'")), "improper-addressing");
  expect_error(answer(header("to='' version='1.0'")), "improper-addressing");
  expect_error(answer(header("to='alice@example.com' version='1.0'")), "improper-addressing");
  expect_error(answer(header("to='example.com' from='@' version='1.0'")), "improper-addressing");
}

// Section 4.7.2, interoperability note: without `to` it is clear who is meant if there is only one.
TEST(StreamHeader, NeedsNoToWhereOneDomainIsServed) {
  const Answer good = answer(header("version='1.0'"), {"example.net"});
  EXPECT_FALSE(good.closed);
  EXPECT_THAT(good.said, HasSubstr("from='example.net'"));
  expect_error(answer(header("to='' version='1.0'"), {"example.net"}), "improper-addressing");
}

// Section 4.7.5.
TEST(StreamHeader, OfOtherVersions) {
  for (const char* good : {"1.0", "1.1", "1.13", "01.0", "1.00", "2.0", "11.0"}) {
    const Answer same = answer(header("to='example.com' version='" + std::string(good) + "'"));
    EXPECT_FALSE(same.closed) << good;
    EXPECT_THAT(same.said, HasSubstr(" version='1.0'")) << good;
  }
  for (const char* other : {"1", "", "1.", ".0", "x", "1.0x", "-1.0"}) {
    const Answer wrong = answer(header("to='example.com' version='" + std::string(other) + "'"));
    expect_error(wrong, "unsupported-version");
    EXPECT_THAT(wrong.said, HasSubstr(" version='1.0'")) << other;
  }
  // Rule 2: the lower of both. Rule 4: none to who gave none.
  const Answer old = answer(header("to='example.com' version='0.8'"));
  expect_error(old, "unsupported-version");
  EXPECT_THAT(old.said, HasSubstr(" version='0.8'"));
  const Answer none = answer(header("to='example.com'"));
  expect_error(none, "unsupported-version");
  EXPECT_THAT(none.said.substr(none.said.find("<stream:stream")), Not(HasSubstr("version=")));
}

// Sections 4.8.1, 4.8.2, 4.8.5 and 4.9.1.2: what cannot be read is answered under a header, too.
TEST(StreamHeader, ThatCannotBeRead) {
  const std::string to = "to='example.com' version='1.0'";
  expect_error(answer(header(to, "xmlns='jabber:client' xmlns:stream='http://wrong.example/'")),
               "invalid-namespace");
  expect_error(answer(header(to,
                             "xmlns='jabber:server' "
                             "xmlns:stream='http://etherx.jabber.org/streams'")),
               "invalid-namespace");
  expect_error(answer("<foo:stream " + to +
                      " xmlns='jabber:client' xmlns:foo='http://etherx.jabber.org/streams'>"),
               "bad-namespace-prefix");
  expect_error(answer("<stream:stream " + to + ">"), "not-well-formed");
  expect_error(answer("GET / HTTP/1.1\r\n\r\n"), "not-well-formed");
  expect_error(answer("<?xml version='1.0' encoding='UTF-16'?>" + header(to)),
               "unsupported-encoding");
  expect_error(answer("<?xml version='1.1'?>" + header(to)), "bad-format");
  expect_error(answer("<!DOCTYPE x>"), "restricted-xml");
  expect_error(answer("<!-- x -->"), "restricted-xml");
}

// Section 4.9.1.2: the opening tag, the error and the closing tag go together.
TEST(StreamHeader, AnErrorIsSentInOnePieceWithIt) {
  StreamWorld world;
  const LinkId link = world.open();
  world.feed(link, "<a");
  world.feed(link, "><b/>");
  const auto sends = testing::only<SendBytes>(world.orders);
  ASSERT_EQ(sends.size(), 1u);
  expect_error({sends[0].bytes, world.closed(link)}, "invalid-namespace");
}

TEST(StreamHeader, MayDeclarePrefixesForWhatFollows) {
  StreamWorld world;
  const LinkId link = world.reopening();
  world.feed(link, header("to='example.com' version='1.0' xmlns:x='urn:x'"));
  world.feed(link, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("r")});
  world.feed(link, "<message><x:y/></message>");
  EXPECT_EQ(world.stanzas, std::vector<std::string>{"<message><x:y/></message>"});
}

// Section 4.7.4 and 8.1.5: xml:lang is remembered for stanzas; what is no language tag is not.
TEST(StreamHeader, SaysTheLanguageOfStanzas) {
  const auto language_of = [](std::string_view lang) {
    StreamWorld world;
    const LinkId link = world.reopening();
    world.feed(link, header("to='example.com' version='1.0' xml:lang='" + std::string(lang) + "'"));
    world.feed(link, testing::kBind);
    world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("r")});
    world.feed(link, "<presence/>");
    return world.languages.at(0);
  };
  EXPECT_EQ(language_of("de-CH"), "de-CH");
  EXPECT_EQ(language_of(""), "");
  EXPECT_EQ(language_of("4711"), "");
  EXPECT_EQ(language_of("de&apos; x=&apos;"), "");
  EXPECT_EQ(language_of(std::string(kLanguageBytesMax, 'a')), std::string(kLanguageBytesMax, 'a'));
  EXPECT_EQ(language_of(std::string(kLanguageBytesMax + 1, 'a')), "");
}

TEST(StreamHeader, LanguagesAreNumberedUpToALimit) {
  StreamWorld world;
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < XmppStreams::kLanguagesMax + 2; ++i) {
    const std::string tag = "x-" + std::to_string(i);
    const LinkId link = world.reopening();
    world.feed(link, header("to='example.com' version='1.0' xml:lang='" + tag + "'"));
    world.feed(link, testing::kBind);
    world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("r")});
    world.feed(link, "<presence/>");
    const std::string expected = i < XmppStreams::kLanguagesMax ? tag : "";
    EXPECT_EQ(world.languages.back(), expected) << i;
  }
}

}  // namespace xmpp_stream_stream_header_test
}  // namespace muster
