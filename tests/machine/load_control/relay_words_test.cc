// What two servers say of relayed streams, as bytes.
#include "server/load_control/relay_words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/digest.h"

namespace muster::testing {
namespace load_control_relay_words_test {

const Address kAlice = Address::of_canonical("alice", "example.com");
constexpr std::uint64_t kNumber = (std::uint64_t{3} << kRelayShardShift) | 7;

RelayOpen opened() {
  return {kAlice, "example.com", {IpAddress::v4(192, 0, 2, 1), 4711}, true};
}

std::vector<RelaySaid> all() {
  const std::uint64_t home = hash_bytes(kAlice.bare());
  RelayOpen by_web_socket = opened();
  by_web_socket.web_socket = true;
  return {{kNumber, home, true, opened()},
          {kNumber, home, true, RelayBytes{0, "<iq/>"}},
          {kNumber, home, true, RelayBytes{300, ""}},
          {kNumber, home, true, RelayEnded{}},
          {kNumber, home, false, RelayBytes{7, std::string_view("\0\xff", 2)}},
          {kNumber, home, false, RelayTaken{70'000}},
          {kNumber, home, false, RelayEnded{}},
          {kNumber, home, true, by_web_socket}};
}

TEST(RelayWords, AreReadAsTheyWereWritten) {
  for (const RelaySaid& said : all()) {
    const std::string bytes = write_relay(said);
    const auto read = read_relay(bytes);
    ASSERT_TRUE(read.has_value()) << said.what.index();
    EXPECT_EQ(*read, said) << said.what.index();
  }
}

TEST(RelayWords, OneThatIsCutShortIsNone) {
  for (const RelaySaid& said : all()) {
    const std::string bytes = write_relay(said);
    const bool is_bytes = std::holds_alternative<RelayBytes>(said.what);
    const std::size_t least = is_bytes ? 18 : bytes.size();
    for (std::size_t size = 0; size < least; ++size)
      EXPECT_FALSE(read_relay(std::string_view(bytes).substr(0, size))) << size;
    if (!is_bytes) {
      EXPECT_FALSE(read_relay(bytes + "x")) << "nor one with more";
    }
  }
}

TEST(RelayWords, WhoIsNoUserIsRefused) {
  const auto of = [](RelayOpen open) {
    return read_relay(write_relay({kNumber, 1, true, std::move(open)})).has_value();
  };
  EXPECT_TRUE(of(opened()));
  RelayOpen open = opened();
  open.account = Address::of_canonical("", "example.com");
  EXPECT_FALSE(of(open));
  open.account = kAlice.with_resource("desk");
  EXPECT_FALSE(of(open));
}

TEST(RelayWords, ALinkOfAnUnknownKindIsNone) {
  std::string bytes = write_relay(all()[0]);
  EXPECT_EQ(bytes.back(), 1);
  bytes.back() = 4;
  EXPECT_FALSE(read_relay(bytes));
}

TEST(RelayWords, AnUnknownKindIsNone) {
  std::string bytes = write_relay(all()[3]);
  for (int kind = 0; kind < 256; ++kind) {
    if (kind >= 32 && kind <= 37) continue;
    bytes[0] = static_cast<char>(kind);
    EXPECT_FALSE(read_relay(bytes)) << kind;
    EXPECT_FALSE(relay_shard_of(bytes, 4)) << kind;
  }
}

// The owner knows its shard by the user, the other server by the number.
TEST(RelayWords, EachIsForOneShard) {
  for (const RelaySaid& said : all()) {
    const auto shard = relay_shard_of(write_relay(said), 4);
    ASSERT_TRUE(shard.has_value());
    const auto home = ShardId(static_cast<std::uint8_t>(said.home % 4));
    EXPECT_EQ(*shard, said.to_owner ? home : ShardId(3));
    EXPECT_EQ(relay_shard_of(write_relay(said), 2).has_value(), said.to_owner)
        << "there is no such shard";
  }
}

}  // namespace load_control_relay_words_test
}  // namespace muster::testing
