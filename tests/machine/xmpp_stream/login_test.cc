// Whole logins, cut at every place: the same is said and asked, however the bytes come.
#include <gtest/gtest.h>

#include "support/grind.h"
#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_login_test {

using testing::only;
using testing::StreamWorld;

// What the world outside answers, at once: TLS starts, SASL succeeds, the session is granted.
struct Outside {
  bool challenge = true;
};

// All that was said, ids left out, then the stanzas that arrived.
std::string log_in(const test::Pieces& pieces, Outside outside) {
  StreamWorld world;
  world.world.settings.plain_without_tls = true;
  const LinkId link = world.open();
  std::string transcript;
  bool ended = false;
  std::size_t orders_seen = 0;
  std::size_t events_seen = 0;
  for (const std::string_view piece : pieces) {
    world.feed(link, piece);
    while (orders_seen < world.orders.size() || events_seen < world.events.size()) {
      if (events_seen < world.events.size()) {
        const Event event = world.events[events_seen++];
        if (const auto* ask = std::get_if<BindAsked>(&event)) {
          world.input(
              BindGranted{link, StreamWorld::session(), ask->account.with_resource("phone")});
        } else if (std::holds_alternative<StreamEnded>(event)) {
          ended = true;
        }
        continue;
      }
      const Order order = world.orders[orders_seen++];
      if (const auto* send = std::get_if<SendBytes>(&order)) {
        std::string bytes = send->bytes;
        const std::size_t id = bytes.find(" id='", bytes.find("<stream:stream"));
        if (bytes.starts_with("<?xml")) bytes.erase(id, 26);
        transcript += bytes + "\n";
      } else if (const auto* ask = std::get_if<AskSasl>(&order)) {
        if (ask->abort) continue;
        transcript += "sasl " + ask->mechanism.value_or("-") + " " + ask->data.value_or("-") + "\n";
        const bool more = outside.challenge && ask->mechanism.has_value();
        world.input(
            SaslAnswered{link,
                         more ? SaslAnswered::Outcome::challenge : SaslAnswered::Outcome::success,
                         "eA==",
                         more ? Address() : StreamWorld::alice(),
                         {}});
      } else if (std::holds_alternative<CloseLink>(order)) {
        transcript += "closed\n";
      }
    }
  }
  if (ended) transcript += "ended\n";
  for (const std::string& stanza : world.stanzas)
    transcript += stanza + "\n";
  return transcript;
}

const std::string kRest = std::string(testing::kHeader) +
                          "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                          "<resource>phone</resource></bind></iq>"
                          "<presence><show>away</show></presence>"
                          "<message to='bob@example.com'><body>&lt;hi&gt;</body></message>"
                          "</stream:stream>";

void expect_login(const std::string& transcript) {
  EXPECT_NE(transcript.find("<stream:features><bind "), std::string::npos) << transcript;
  EXPECT_NE(transcript.find("<jid>alice@example.com/phone</jid>"), std::string::npos);
  EXPECT_NE(transcript.find("\n</stream:stream>\nclosed\n"), std::string::npos);
  EXPECT_NE(transcript.find("\nended\n<presence><show>away</show></presence>\n<message "),
            std::string::npos);
}

TEST(Login, ByPlainAtEverySplit) {
  const std::string bytes =
      std::string(testing::kHeader) + std::string(testing::kAuthPlain) + kRest;
  expect_login(test::grind(
      bytes, [](const test::Pieces& pieces) { return log_in(pieces, {.challenge = false}); }));
}

TEST(Login, ByScramAtEverySplit) {
  const std::string bytes = std::string(testing::kHeader) + std::string(testing::kAuthScram) +
                            std::string(testing::kResponse) + kRest;
  const std::string transcript =
      test::grind(bytes, [](const test::Pieces& pieces) { return log_in(pieces, {}); });
  expect_login(transcript);
  EXPECT_NE(transcript.find("sasl SCRAM-SHA-1 biwsbj1h\n"), std::string::npos);
  EXPECT_NE(transcript.find("sasl - Yz1iaXdz\n"), std::string::npos);
}

TEST(Login, WithWhitespaceAndRetriesAtEverySplit) {
  const std::string bytes = std::string(testing::kHeader) + "\n" +
                            std::string(testing::kAuthScram) + std::string(testing::kAbort) + " " +
                            std::string(testing::kAuthPlain) + std::string(testing::kResponse) +
                            kRest;
  expect_login(test::grind(bytes, [](const test::Pieces& pieces) { return log_in(pieces, {}); }));
}

// Nothing of what came in clear is read under TLS, wherever it was cut.
TEST(Login, BytesBehindStartTlsAreNeverReadAtAnySplit) {
  const std::string bytes = std::string(testing::kHeader) + std::string(testing::kStartTls) +
                            std::string(testing::kHeader) + std::string(testing::kAuthPlain);
  const std::size_t command_ends = testing::kHeader.size() + testing::kStartTls.size();
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    StreamWorld world;
    const LinkId link = world.open();
    world.feed(link, std::string_view(bytes).substr(0, cut));
    const bool begun = world.state(link) == "starting_tls";
    EXPECT_EQ(begun, cut == command_ends) << cut;
    if (begun) world.input(TlsStarted{link, true, false});
    EXPECT_TRUE(only<AskSasl>(world.orders).empty()) << cut;
    EXPECT_EQ(world.state(link) == "opening", begun || cut < testing::kHeader.size()) << cut;
  }
}

}  // namespace xmpp_stream_login_test
}  // namespace muster
