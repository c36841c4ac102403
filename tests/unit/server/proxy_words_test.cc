// What two servers say of a phone that one proxies to the other: each is read as it was written,
// and whatever else is none.
#include "server/proxy_words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/digest.h"
#include "codec/address/ip.h"

namespace muster {
namespace server_proxy_words_test {

using namespace std::string_literals;

const Address kAlice = Address::of_canonical("alice", "example.com");

Flow flow(Transport transport) {
  return {transport, ShardId(3), LinkId{9, 2}, *parse_endpoint("192.0.2.1:5060"),
          *parse_endpoint("[2001:db8::7]:40000")};
}

std::vector<ProxySaid> all() {
  return {
      ProxiedRequest{flow(Transport::tls), kAlice, "REGISTER ..."},
      ProxiedRequest{flow(Transport::udp), kAlice, ""},
      ProxiedResponse{ShardId(5), "SIP/2.0 200 OK"},
      ProxiedFlowLost{ShardId(4), LinkId{8, 1}},
      ProxiedMessage{flow(Transport::udp), std::nullopt, "NOTIFY ..."},
      ProxiedMessage{flow(Transport::tcp), *parse_endpoint("192.0.2.7:5060"), "SIP/2.0 200 OK"},
  };
}

TEST(ProxyWords, AreReadAsTheyWereWritten) {
  for (const ProxySaid& said : all()) {
    const std::string bytes = write_proxy(said);
    const auto read = read_proxy(bytes);
    ASSERT_TRUE(read.has_value()) << said.index();
    EXPECT_TRUE(*read == said) << said.index();
  }
}

// A request finds its sender's home shard, of however many the owner has; the rest names its own.
TEST(ProxyWords, SayWhoseTheyAre) {
  const std::uint64_t home = hash_bytes(kAlice.bare());
  const std::string request = write_proxy(all()[0]);
  EXPECT_EQ(proxy_shard_of(request, 7), ShardId(static_cast<std::uint8_t>(home % 7)));
  EXPECT_EQ(proxy_shard_of(request, 1), ShardId(0));
  EXPECT_EQ(proxy_shard_of(write_proxy(all()[2]), 6), ShardId(5));
  EXPECT_EQ(proxy_shard_of(write_proxy(all()[2]), 5), std::nullopt) << "there is no such shard";
  EXPECT_EQ(proxy_shard_of(write_proxy(all()[3]), 1), ShardId(0)) << "it is for all of them";
  EXPECT_EQ(proxy_shard_of(write_proxy(all()[4]), 4), ShardId(3));
}

TEST(ProxyWords, WhatIsNoneIsNone) {
  for (const std::string& bytes :
       {""s, "\x30"s, "\x2f"s + std::string(40, '\0'), "\x34"s + std::string(40, '\0'),
        "\x30"s + std::string(40, 'x')}) {
    EXPECT_EQ(read_proxy(bytes), std::nullopt);
  }
  EXPECT_EQ(proxy_shard_of("", 1), std::nullopt);
  EXPECT_EQ(proxy_shard_of("\x20 a relayed stream", 1), std::nullopt);
  // Of all but the message itself nothing may be missing.
  for (const ProxySaid& said : all()) {
    const std::string bytes = write_proxy(said);
    const std::size_t head = bytes.find("REGISTER");
    const std::size_t whole = head == std::string::npos ? 9 : head;
    for (std::size_t size = 0; size < whole; ++size)
      EXPECT_EQ(read_proxy(bytes.substr(0, size)), std::nullopt) << said.index() << " " << size;
  }
}

// What it is for stands in front, and says the same as the rest of it.
TEST(ProxyWords, ForNoOtherShardThanTheRestSays) {
  for (const ProxySaid& said : all()) {
    for (std::size_t at = 1; at <= sizeof(std::uint64_t); ++at) {
      std::string bytes = write_proxy(said);
      bytes[at] ^= '\x40';
      const auto read = read_proxy(bytes);
      if (std::holds_alternative<ProxiedResponse>(said)) {
        // It says so there alone.
        EXPECT_EQ(read ? write_proxy(*read) : bytes, bytes) << at;
      } else {
        EXPECT_EQ(read, std::nullopt) << said.index() << " " << at;
      }
    }
  }
}

// Whoever sends it is a user, and of the shard that it says.
TEST(ProxyWords, WhoSendsIsAUser) {
  for (const std::string_view bad : {"example.com", "alice@example.com/phone", "Alice@example.com",
                                     "bob@example.com", "a lice@example.com"}) {
    std::string bytes = write_proxy(ProxiedRequest{flow(Transport::udp), kAlice, "x"});
    const std::size_t at = bytes.find("alice@example.com");
    ASSERT_NE(at, std::string::npos);
    bytes[at - 1] = static_cast<char>(bad.size());
    bytes.replace(at, kAlice.text().size(), bad);
    EXPECT_EQ(read_proxy(bytes), std::nullopt) << bad;
  }
}

}  // namespace server_proxy_words_test
}  // namespace muster
