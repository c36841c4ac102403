#include "base/digest.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>

#include "base/prng.h"

namespace muster {
namespace base_digest_test {

// Calculated apart from the code: who lives on which shard must not change with a build.
TEST(HashBytes, StaysWhatItWas) {
  EXPECT_EQ(hash_bytes(""), 0x2fbe67a077def918u);
  EXPECT_EQ(hash_bytes("12345678"), 0x646e5df9a387738au);
  EXPECT_EQ(hash_bytes("alice@example.com"), 0x810bceac166b221cu);
  EXPECT_EQ(hash_bytes("alice@example.com", 1), 0x320cc987e9b5642eu);
}

TEST(HashBytes, SeesEachByteAndTheLength) {
  std::set<std::uint64_t> seen;
  std::string text;
  for (std::size_t length = 0; length <= 40; ++length, text.push_back('\0')) {
    EXPECT_TRUE(seen.insert(hash_bytes(text)).second) << length << " zero bytes";
    for (std::size_t i = 0; i < length; ++i) {
      text[i] = 'x';
      EXPECT_TRUE(seen.insert(hash_bytes(text)).second) << "byte " << i << " of " << length;
      text[i] = '\0';
    }
  }
}

TEST(HashBytes, DoesNotCareWhereTheBytesLie) {
  const std::string text = "xalice@example.com";
  for (std::size_t shift = 0; shift < 8; ++shift) {
    const std::string shifted = std::string(shift, 'y') + "alice@example.com";
    EXPECT_EQ(hash_bytes(std::string_view(shifted).substr(shift)),
              hash_bytes(std::string_view(text).substr(1)));
  }
}

// One flipped bit of the input moves about half of the 64 bits of the outcome.
TEST(HashBytes, Avalanches) {
  Prng prng(Prng::seed_of(2));
  for (std::size_t length : {1u, 5u, 8u, 12u, 17u, 24u}) {
    int moved = 0;
    int flips = 0;
    for (int round = 0; round < 50; ++round) {
      std::string text = prng.token(length);
      const std::uint64_t before = hash_bytes(text);
      for (std::size_t bit = 0; bit < 8 * length; ++bit, ++flips) {
        const char flip = static_cast<char>(1 << (bit % 8));
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ flip);
        moved += std::popcount(before ^ hash_bytes(text));
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ flip);
      }
    }
    const double mean = static_cast<double>(moved) / flips;
    EXPECT_NEAR(mean, 32.0, 1.5) << "length " << length;
  }
}

TEST(HashBytes, SpreadsUsersOverShards) {
  constexpr int kShards = 7;
  int users[kShards] = {};
  for (int i = 0; i < 7000; ++i) {
    ++users[hash_bytes("user" + std::to_string(i) + "@example.com") % kShards];
  }
  for (const int count : users)
    EXPECT_NEAR(count, 1000, 130);  // four standard deviations
}

TEST(Digest, DependsOnEachValueAndOnTheirOrder) {
  const auto digest_of = [](auto... values) {
    Digest digest;
    (digest.fold(values), ...);
    return digest.value();
  };
  const std::uint64_t one = 1;
  const std::uint64_t two = 2;
  using Text = std::string_view;
  EXPECT_EQ(digest_of(one, two), digest_of(one, two));
  EXPECT_NE(digest_of(one, two), digest_of(two, one));
  EXPECT_NE(digest_of(one), digest_of(one, std::uint64_t{0}));
  EXPECT_NE(digest_of(), digest_of(std::uint64_t{0}));
  EXPECT_EQ(digest_of(Text("ab")), digest_of(Text("ab")));
  EXPECT_NE(digest_of(Text("ab")), digest_of(Text("ba")));
  EXPECT_NE(digest_of(Text("ab"), Text("c")), digest_of(Text("a"), Text("bc")));
  EXPECT_NE(digest_of(Text("")), digest_of());
}

TEST(Digest, ForgetsNothingOfALongRun) {
  Digest ours;
  Digest theirs;
  ours.fold(std::uint64_t{1});
  theirs.fold(std::uint64_t{2});
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    ours.fold(i);
    theirs.fold(i);
    ASSERT_NE(ours.value(), theirs.value()) << i;
  }
}

}  // namespace base_digest_test
}  // namespace muster
