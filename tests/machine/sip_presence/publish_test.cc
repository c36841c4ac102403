// PUBLISH: RFC 3903 sections 4 and 6.
#include "server/sip_presence/publications.h"

#include <gtest/gtest.h>

#include "codec/pidf/read.h"
#include "codec/xml/limits.h"
#include "machine/sip_presence/sip_world.h"

namespace muster::testing {
namespace sip_presence_publish_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Outcome = PublishAnswered::Outcome;

std::string pidf(std::string_view entity = "pres:alice@example.com") {
  return "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='" + std::string(entity) +
         "'><tuple id='a'><status><basic>open</basic></status></tuple></presence>";
}

class SipPublish : public ::testing::Test {
 protected:
  Story publish(const Rows& rows, const std::string& body = {},
                std::string_view identity = "alice@example.com") {
    Rows all = rows;
    std::string text;
    for (const std::string& one : rows)
      text.append(one).append("\r\n");
    if (row(text, "Event").empty()) all.push_back("Event: presence");
    if (row(text, "Content-Type").empty() && !body.empty()) {
      all.push_back("Content-Type: application/pidf+xml");
    }
    std::erase(all, "Event: -");
    std::erase(all, "Content-Type: -");
    request = world.receive(request_text("PUBLISH", uri, all, body), identity);
    return world.story();
  }
  Story stored(Outcome outcome, const std::string& etag = {}, int seconds = 0) {
    return world.on(PublishAnswered{request, outcome, etag, Duration::seconds(seconds)});
  }

  SipWorld world;
  SipRequestId request;
  std::string uri = "sip:alice@example.com";
};

TEST_F(SipPublish, Initial) {  // 4.2, 6
  EXPECT_THAT(publish({"Expires: 1800"}, pidf()), ElementsAre("publish alice@example.com [] 1800"));
  EXPECT_EQ(world.one<PublishAsked>().document, pidf());
  EXPECT_EQ(world.one<PublishAsked>().request, request);
  EXPECT_FALSE(world.sip.idle());
  EXPECT_THAT(stored(Outcome::stored, "dx200xyz", 1800), ElementsAre("200"));
  EXPECT_TRUE(world.sip.idle());
  EXPECT_EQ(row(world.answer_rows(), "SIP-ETag"), "dx200xyz");
  EXPECT_EQ(row(world.answer_rows(), "Expires"), "1800");
  EXPECT_EQ(row(world.answer_rows(), "Contact"), "");
  EXPECT_FALSE(world.one<SipResponseReady>().forms_dialog);  // no Record-Route (section 6)
}

TEST_F(SipPublish, Refresh) {  // 4.3: without a body
  EXPECT_THAT(publish({"SIP-If-Match: dx200xyz", "Expires: 100"}),
              ElementsAre("publish alice@example.com [dx200xyz] 100"));
  EXPECT_EQ(world.one<PublishAsked>().document, "");
  EXPECT_FALSE(world.one<PublishAsked>().remove);
  stored(Outcome::stored, "kwj449x", 100);
  EXPECT_EQ(row(world.answer_rows(), "SIP-ETag"), "kwj449x");
}

TEST_F(SipPublish, Modify) {  // 4.4
  EXPECT_THAT(publish({"SIP-If-Match: kwj449x"}, pidf()),
              ElementsAre("publish alice@example.com [kwj449x] 3600"));
  EXPECT_EQ(world.one<PublishAsked>().document, pidf());
}

TEST_F(SipPublish, Remove) {  // 4.5
  EXPECT_THAT(publish({"SIP-If-Match: qwi982ks", "Expires: 0"}),
              ElementsAre("publish alice@example.com remove [qwi982ks] 0"));
  EXPECT_THAT(stored(Outcome::removed), ElementsAre("200"));
  EXPECT_EQ(row(world.answer_rows(), "Expires"), "0");
  EXPECT_NE(row(world.answer_rows(), "SIP-ETag"), "");  // section 6 step 6: each 200 has one
}

TEST_F(SipPublish, ABodyThatRemovesIsNotLookedAt) {  // 4.5 forbids it
  EXPECT_THAT(publish({"SIP-If-Match: qwi982ks", "Expires: 0", "Content-Type: text/plain"}, "x"),
              ElementsAre("publish alice@example.com remove [qwi982ks] 0"));
  EXPECT_EQ(world.one<PublishAsked>().document, "");
}

TEST_F(SipPublish, NothingIsSaidBeforeItIsStored) {
  publish({}, pidf());
  EXPECT_THAT(world.of<SipResponseReady>(), IsEmpty());
}

TEST_F(SipPublish, WhatTheStoreSays) {
  for (const auto& [outcome, status] :
       {std::pair{Outcome::precondition_failed, "412"},  // section 6 step 3
        {Outcome::too_many, "403 Too Many Publications"},
        {Outcome::no_such_account, "404"},
        {Outcome::store_failed, "500"}}) {
    publish({}, pidf());
    EXPECT_THAT(stored(outcome), ElementsAre(status));
    EXPECT_EQ(row(world.answer_rows(), "SIP-ETag"), "");
    EXPECT_EQ(row(world.answer_rows(), "Retry-After"),
              outcome == Outcome::store_failed ? "10" : "");
  }
}

TEST_F(SipPublish, OnlyForOneself) {  // section 14.1
  uri = "sip:bob@example.com";
  EXPECT_THAT(publish({}, pidf()), ElementsAre("403"));
  uri = "sip:alice@example.org";
  EXPECT_THAT(publish({}, pidf()), ElementsAre("403"));
  uri = "pres:%41lice@EXAMPLE.com";
  EXPECT_THAT(publish({}, pidf()), ElementsAre("publish alice@example.com [] 3600"));
}

TEST_F(SipPublish, TheEventMustBePresence) {  // section 6 step 2
  for (const std::string_view event : {"-", "dialog", "presence.winfo"}) {
    EXPECT_THAT(publish({"Event: " + std::string(event)}, pidf()), ElementsAre("489"));
    EXPECT_EQ(row(world.answer_rows(), "Allow-Events"), "presence");
  }
}

TEST_F(SipPublish, OneEntityTag) {  // section 6 step 3
  for (const Rows& rows : {Rows{"SIP-If-Match: a, b"}, Rows{"SIP-If-Match: a", "SIP-If-Match: b"},
                           Rows{"SIP-If-Match: \"a\""}}) {
    Rows all = rows;
    all.push_back("Event: presence");
    world.receive_unchecked(request_text("PUBLISH", uri, all), "alice@example.com");
    EXPECT_THAT(world.story(), ElementsAre("400 One Entity-Tag Needed"));
  }
}

TEST_F(SipPublish, HowLong) {  // section 6 step 4; publication_time_max, expires_min
  const auto granted = [&](const std::string& expires) {
    publish({expires}, pidf());
    return world.one<PublishAsked>().expires.in_seconds();
  };
  EXPECT_EQ(granted("Expires: 60"), 60);
  EXPECT_EQ(granted("Expires: 3599"), 3599);
  EXPECT_EQ(granted("Expires: 3600"), 3600);
  EXPECT_EQ(granted("Expires: 3601"), 3600);
  EXPECT_EQ(granted("X-No: Expires"), 3600);
  EXPECT_EQ(granted("Expires: soon"), 3600);
  for (const std::string_view brief : {"1", "59"}) {
    EXPECT_THAT(publish({"Expires: " + std::string(brief)}, pidf()), ElementsAre("423"));
    EXPECT_EQ(row(world.answer_rows(), "Min-Expires"), "60");
    EXPECT_THAT(publish({"SIP-If-Match: a", "Expires: " + std::string(brief)}), ElementsAre("423"));
  }
  // Unlike SUBSCRIBE and REGISTER, however long that is.
  world.settings.limits.expires_min = Duration::seconds(7'200);
  EXPECT_THAT(publish({"Expires: 7199"}, pidf()), ElementsAre("423"));
}

TEST_F(SipPublish, NothingToPublish) {  // section 6 step 5
  EXPECT_THAT(publish({}), ElementsAre("400 No Event State"));
  EXPECT_THAT(publish({"Expires: 0"}), ElementsAre("400 No Event State"));
}

TEST_F(SipPublish, WhatExpiresAtOnceIsNotKept) {  // section 6 step 5
  EXPECT_THAT(publish({"Expires: 0"}, pidf()), ElementsAre("200"));
  EXPECT_EQ(row(world.answer_rows(), "Expires"), "0");
  EXPECT_NE(row(world.answer_rows(), "SIP-ETag"), "");
  EXPECT_TRUE(world.sip.idle());
}

TEST_F(SipPublish, OnlyPidf) {  // section 6 step 5, 10.1; RFC 3261 21.4.13
  for (const std::string_view type : {"text/plain", "application/xml", "application/pidf-diff+xml",
                                      "-", "multipart/related;boundary=b"}) {
    EXPECT_THAT(publish({"Content-Type: " + std::string(type)}, pidf()), ElementsAre("415"))
        << type;
    EXPECT_EQ(row(world.answer_rows(), "Accept"), "application/pidf+xml");
  }
  EXPECT_THAT(publish({"Content-Type: Application/PIDF+XML;charset=utf-8"}, pidf()),
              ElementsAre("publish alice@example.com [] 3600"));
}

TEST_F(SipPublish, NoEncodings) {  // RFC 3261 8.2.3
  EXPECT_THAT(publish({"Content-Encoding: gzip"}, pidf()), ElementsAre("415"));
  EXPECT_EQ(row(world.answer_rows(), "Accept-Encoding"), "identity");
  EXPECT_EQ(publish({"Content-Encoding: identity"}, pidf()).front().substr(0, 7), "publish");
}

TEST_F(SipPublish, SoLargeAndNoLarger) {  // document_bytes_max
  const auto padded = [](std::size_t bytes) {
    const std::string document = pidf();
    return document + std::string(bytes - document.size(), ' ');
  };
  SipWorld small;
  Settings settings = small.settings;
  settings.limits.document_bytes_max = 1'000;
  Shard shard{ShardId(0), 1, settings, Prng(Prng::seed_of(1))};
  SipPresence sip(shard);
  for (const auto& [bytes, fits] : {std::pair{999u, true}, {1'000u, true}, {1'001u, false}}) {
    const std::string text = request_text(
        "PUBLISH", uri, {"Event: presence", "Content-Type: application/pidf+xml"}, padded(bytes));
    sip::ReadRequest read(text);
    EXPECT_FALSE(sip::parse_message(read.bytes, read.message).has_value());
    EXPECT_FALSE(sip::check_request(read.message, read.essentials).has_value());
    sip.on(small.now, SipRequestReceived{{1, 1}, &read, small.flow, address("alice@example.com")},
           small.out);
    EXPECT_EQ(small.story().front(), fits ? "publish alice@example.com [] 3600" : "413") << bytes;
  }
}

// RFC 8048 table 2; of several the first, as of a MESSAGE.
TEST_F(SipPublish, ContentLanguageIsThatOfTheDocument) {
  const auto document = [&](const Rows& rows, const std::string& body = pidf()) {
    publish(rows, body);
    return std::string(world.one<PublishAsked>().document);
  };
  const std::string in_czech = "<presence xml:lang='cs'" + pidf().substr(9);
  EXPECT_EQ(document({"Content-Language: cs"}), in_czech);
  EXPECT_EQ(document({"Content-Language: cs , en"}), in_czech);
  EXPECT_EQ(document({"Content-Language: *"}), pidf());
  EXPECT_EQ(document({"Content-Language: en"}, in_czech), in_czech);  // it says so itself
  EXPECT_EQ(document({"SIP-If-Match: dx200xyz", "Content-Language: cs"}, ""), "");
}

// Not beyond document_bytes_max, which those who read what is stored go by.
TEST_F(SipPublish, ADocumentThatIsFullKeepsItsSize) {
  const auto stored_bytes = [&](std::size_t padding) {
    const std::size_t room = world.settings.limits.document_bytes_max - pidf().size();
    publish({"Content-Language: cs"}, pidf() + std::string(room - padding, ' '));
    return std::string(world.one<PublishAsked>().document).size();
  };
  const std::size_t row = std::string_view(" xml:lang='cs'").size();
  EXPECT_EQ(stored_bytes(row), world.settings.limits.document_bytes_max);
  EXPECT_EQ(stored_bytes(row - 1), world.settings.limits.document_bytes_max - row + 1);
}

// Nor so that it could not be read: what is said to be stored is shown.
TEST_F(SipPublish, ADocumentThatHasAllItMayStaysAsItIs) {
  const auto document = [&](std::size_t attributes) {
    std::string root = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a:b'";
    for (std::size_t i = 2; i < attributes; ++i)
      root += " a" + std::to_string(i) + "=''";
    return root + "><tuple id='t'><status/></tuple></presence>";
  };
  const std::size_t most = xml::Limits().attributes_max;
  EXPECT_THAT(publish({"Content-Language: cs"}, document(most + 1)), ElementsAre("413"));
  for (const std::size_t attributes : {most, most - 1}) {
    publish({"Content-Language: cs"}, document(attributes));
    const std::string stored(world.one<PublishAsked>().document);
    EXPECT_EQ(stored == document(attributes), attributes == most);
    EXPECT_TRUE(pidf::Reader().read(stored));
  }
}

TEST_F(SipPublish, TooMuchInOneDocument) {  // codec/pidf's limits
  std::string document = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a:b'>";
  for (int i = 0; i < 65; ++i) {
    document += "<tuple id='t" + std::to_string(i) + "'><status/></tuple>";
  }
  EXPECT_THAT(publish({}, document + "</presence>"), ElementsAre("413"));
}

TEST_F(SipPublish, PidfThatCannotBeRead) {  // RFC 3261 21.4.1, 20.43
  EXPECT_THAT(publish({}, "<presence"), ElementsAre("400 Malformed PIDF"));
  EXPECT_EQ(row(world.answer_rows(), "Warning"), "399 example.com \"bad_xml\"");
  EXPECT_THAT(publish({"SIP-If-Match: a"}, "<html/>"), ElementsAre("400 Malformed PIDF"));
  EXPECT_EQ(row(world.answer_rows(), "Warning"), "399 example.com \"not_presence\"");
}

TEST_F(SipPublish, TheDocumentIsAboutThePublisher) {
  for (const std::string_view mine :
       {"pres:alice@example.com", "sip:Alice@Example.COM", "sip:alice@192.0.2.1:5060", "",
        "urn:uuid:1", "not a uri", "sip:example.com"}) {
    EXPECT_EQ(publish({}, pidf(mine)).front().substr(0, 7), "publish") << mine;
  }
  for (const std::string_view other :
       {"pres:bob@example.com", "sip:alice@example.org", "sip:alice@elsewhere.net"}) {
    EXPECT_THAT(publish({}, pidf(other)), ElementsAre("403 Not Your Presence")) << other;
  }
}

}  // namespace sip_presence_publish_test
}  // namespace muster::testing
