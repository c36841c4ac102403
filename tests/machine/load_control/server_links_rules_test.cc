// What a server says that breaks a rule of the link: it loses the link, is counted, and is told of
// once. What it says by the rules is taken wherever it is cut.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "machine/load_control/server_links_world.h"
#include "support/grind.h"

namespace muster::testing {
namespace load_control_server_links_rules_test {

using cluster::Acknowledged;
using cluster::Control;
using cluster::Hello;
using cluster::Ping;

std::string control(const Control& said) {
  std::string bytes;
  cluster::append_control(bytes, said);
  return bytes;
}
std::string frame(Lane lane, std::string_view payload) {
  std::string bytes;
  cluster::append_frame(bytes, lane, payload);
  return bytes;
}
std::string directed(std::uint64_t number, std::string_view payload) {
  std::string bytes;
  cluster::append_directed(bytes, number, payload);
  return bytes;
}
// Of 5, who opened the link, to 4.
Hello right_hello() {
  Hello hello;
  hello.from = 5;
  hello.to = 4;
  hello.link = 1;
  hello.svr_id = "sip:s5.example.com";
  return hello;
}

// The older of two, to whom the test speaks for the younger.
class Listener {
 public:
  explicit Listener(std::optional<std::vector<std::string>> its_hosts = {})
      : hosts(std::move(its_hosts)) {
    server.links.know(now, directory({3, 4, 5}), Incarnation(4), server.out);
    server.step(now);
    open();
  }
  void open() {
    ++link.slot;
    const Endpoint from{IpAddress::v4(10, 0, 0, 9), 40'000};
    server.give(now, LinkOpened{link, LinkUse::server, Transport::tls, {}, from, {}, hosts});
  }
  // False: it closed the link.
  bool say(std::string_view bytes) {
    said_back.clear();
    for (const Order& order : server.give(now, BytesReceived{link, bytes}))
      if (const auto* send = std::get_if<SendBytes>(&order)) said_back += send->bytes;
    return server.links.has(link);
  }

  Now now{Instant::at(Duration::seconds(1'000)), {}};
  LinkedServer server{4};
  LinkId link{10, 1};
  std::optional<std::vector<std::string>> hosts;  // by the certificate of who comes
  std::string said_back;
};

TEST(ServerLinksRules, TheHelloIsAnsweredInKind) {
  Listener listener;
  ASSERT_TRUE(listener.say(control(right_hello())));
  Hello answer;
  answer.from = 4;
  answer.to = 5;
  answer.link = 1;
  answer.svr_id = "sip:s4.example.com";
  EXPECT_EQ(listener.said_back, control(answer));
  EXPECT_EQ(listener.server.heard, Words({"up 5"}));
}

TEST(ServerLinksRules, AWrongHelloClosesTheLink) {
  const auto changed = [](auto change) {
    Hello hello = right_hello();
    change(hello);
    return control(hello);
  };
  const struct {
    std::string said;
    std::string why;
  } kRows[] = {
      {changed([](Hello& hello) { hello.format = cluster::kFrameFormat + 1; }), "format"},
      {changed([](Hello& hello) { hello.svr_id = "sip:s6.example.com"; }), "svr-id"},
      {changed([](Hello& hello) { hello.from = 3; }), "older"},
      {changed([](Hello& hello) { hello.from = 4; }), "older"},
      {changed([](Hello& hello) { hello.from = 0; }), "older"},
      {changed([](Hello& hello) { hello.to = 2; }), "another life"},
      {changed([](Hello& hello) { hello.link = 0; }), "earlier link"},
      {changed([](Hello& hello) { hello.received = 1; }), "received"},
      {control(Ping{}), "hello"},
      {control(Acknowledged{0}), "hello"},
      {frame(Lane::control, ""), "no control"},
      {frame(Lane::control, std::string("\1", 1)), "no control"},
      {frame(Lane::control, std::string("\1\0\6short", 8)), "no control"},
      {frame(Lane::control, std::string("\2x", 2)), "no control"},
      {frame(Lane::control, std::string("\3", 1)), "no control"},
      {frame(Lane::control, std::string("\4", 1)), "no control"},
      {frame(Lane::documents, "NOTIFY"), "no lane"},
      {directed(1, "early"), "no lane"},
      {"GET / HTTP/1.1\r\n\r\n", "no lane"},
      {std::string("\0\1\0\0\0", 5), "too long"},
  };
  for (const auto& row : kRows) {
    Listener listener;
    EXPECT_FALSE(listener.say(row.said)) << row.why;
    EXPECT_EQ(listener.server.heard, Words()) << row.why;
    EXPECT_EQ(listener.server.logged, Words({"server-link-refused 10.0.0.9:40000 " + row.why}));
    const auto& counters = listener.server.links.counters();
    EXPECT_EQ(counters.broke_a_rule + counters.not_believed, 1u);
    EXPECT_EQ(counters.opened, 0u);
  }
}

// By its certificate it is the host of the server that it says to be; a shared key names nobody.
TEST(ServerLinksRules, WhoShowsACertificateIsWhomItNames) {
  using Hosts = std::vector<std::string>;
  for (const Hosts& hosts : {Hosts{"s5.example.com"}, Hosts{"192.0.2.5", "S5.Example.com"},
                             Hosts{"s4.example.com", "*.example.com"}}) {
    Listener listener(hosts);
    EXPECT_TRUE(listener.say(control(right_hello()))) << hosts.front();
  }
  for (const Hosts& hosts :
       {Hosts{}, Hosts{"s4.example.com"}, Hosts{"example.com"}, Hosts{"*.s5.example.com"},
        Hosts{"*"}, Hosts{"*.com"}, Hosts{"s*.example.com"}, Hosts{"192.0.2.5"}}) {
    Listener listener(hosts);
    EXPECT_FALSE(listener.say(control(right_hello())));
    EXPECT_EQ(listener.server.logged, Words({"server-link-refused 10.0.0.9:40000 certificate"}));
    EXPECT_EQ(listener.server.heard, Words());
  }
}

TEST(ServerLinksRules, WhoWaitsToBeKnownSaysNothingMore) {
  Hello unknown = right_hello();
  unknown.from = 6;
  for (const Control& more : {Control(unknown), Control(Ping{}), Control(Acknowledged{0})}) {
    Listener listener;
    EXPECT_TRUE(listener.say(control(unknown)));
    EXPECT_EQ(listener.said_back, "");
    EXPECT_FALSE(listener.say(control(more)));
    EXPECT_EQ(listener.server.links.counters().broke_a_rule, 1u);
  }
}

TEST(ServerLinksRules, WhatBreaksARuleLaterClosesTheLink) {
  const struct {
    std::string said;
    std::string why;
  } kRows[] = {
      {control(right_hello()), "hello"},
      {frame(Lane::control, ""), "no control"},
      {control(Acknowledged{1}), "acknowledged"},  // nothing was told
      {directed(2, "the second"), "number"},
      {frame(Lane::directed, "short"), "number"},
      {std::string("\0\0\0\0\5", 5), "no lane"},
      {std::string("\0\0\4\1\0", 5), "too long"},  // kControlBytesMax and one
      {std::string("\0\x08\x40\1\1", 5), "too long"},
  };
  static_assert(cluster::kControlBytesMax == 0x400 && cluster::kPayloadBytesMax == 0x84000);
  for (const auto& row : kRows) {
    Listener listener;
    ASSERT_TRUE(listener.say(control(right_hello())));
    EXPECT_FALSE(listener.say(row.said)) << row.why;
    EXPECT_EQ(listener.server.heard, Words({"up 5", "down 5"})) << row.why;
    EXPECT_EQ(listener.server.logged.at(1), "server-link-refused sip:s5.example.com " + row.why);
    EXPECT_EQ(listener.server.links.counters().broke_a_rule, 1u);
  }
}

TEST(ServerLinksRules, APeerIsToldOfOnce) {
  Listener listener;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    Hello hello = right_hello();
    hello.link = i;
    ASSERT_TRUE(listener.say(control(hello)));
    EXPECT_FALSE(listener.say(control(hello)));
    listener.open();
  }
  EXPECT_EQ(listener.server.links.counters().broke_a_rule, 3u);
  const auto& logged = listener.server.logged;
  EXPECT_EQ(
      std::count(logged.begin(), logged.end(), "server-link-refused sip:s5.example.com hello"), 1);
}

TEST(ServerLinksRules, AndOfStrangersAFew) {
  Listener listener;
  for (std::size_t i = 0; i < 2 * ServerLinks::kToldMax; ++i) {
    const Endpoint from{IpAddress::v4(10, 0, 1, static_cast<std::uint8_t>(i / 2)), 40'000};
    ++listener.link.slot;
    listener.server.give(listener.now,
                         LinkOpened{listener.link, LinkUse::server, Transport::tls, {}, from, {}});
    EXPECT_FALSE(listener.say(control(Ping{})));
  }
  EXPECT_EQ(listener.server.logged.size(), ServerLinks::kToldMax);
  listener.open();
  EXPECT_FALSE(listener.say(control(Ping{})));
  EXPECT_EQ(listener.server.logged.size(), ServerLinks::kToldMax);
}

TEST(ServerLinksRules, WhatComesAgainIsAcknowledgedAndNotTaken) {
  Listener listener;
  ASSERT_TRUE(listener.say(control(right_hello())));
  ASSERT_TRUE(listener.say(directed(1, "a") + directed(2, "b")));
  EXPECT_EQ(listener.said_back, control(Acknowledged{2})) << "once for both";
  ASSERT_TRUE(listener.say(directed(1, "a") + directed(2, "b") + directed(3, "c")));
  EXPECT_EQ(listener.said_back, control(Acknowledged{3}));
  EXPECT_EQ(listener.server.from(5), Words({"a", "b", "c"}));
  EXPECT_EQ(listener.server.links.counters().came_again, 2u);
}

// Bytes that come in any pieces, and what is told back for them.
TEST(ServerLinksRules, ItDoesNotMatterWhereBytesAreCut) {
  const std::string said = control(right_hello()) + frame(Lane::documents, "NOTIFY") +
                           control(Ping{}) + directed(1, "<message/>") + directed(2, "") +
                           frame(Lane::relay, std::string("\0\1", 2)) + directed(2, "again");
  const Words heard = test::grind(said, [](const test::Pieces& pieces) {
    Listener listener;
    for (const std::string_view piece : pieces)
      EXPECT_TRUE(listener.say(piece));
    return listener.server.heard;
  });
  EXPECT_EQ(heard, Words({"up 5", "documents 5 NOTIFY", "directed 5 <message/>", "directed 5 ",
                          std::string("relay 5 \0\1", 10)}));
}

}  // namespace load_control_server_links_rules_test
}  // namespace muster::testing
