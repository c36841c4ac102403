#include "base/prng.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

namespace muster {
namespace base_prng_test {

static_assert(!std::is_copy_constructible_v<Prng> && !std::is_copy_assignable_v<Prng>);
static_assert(std::is_nothrow_move_constructible_v<Prng>);

// The next `bytes` bytes of the key stream, in hexadecimal: words come out little-endian.
std::string key_stream(Prng& prng, std::size_t bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (std::size_t word = 0; word < bytes / 8; ++word) {
    const std::uint64_t drawn = prng.next();
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t byte = (drawn >> (8 * i)) & 0xff;
      hex.push_back(kDigits[byte >> 4]);
      hex.push_back(kDigits[byte & 15]);
    }
  }
  return hex;
}

// RFC 8439 appendix A.1, test vectors 1 and 2: key and nonce of zeros, block counters 0 and 1.
TEST(Prng, IsTheKeyStreamOfAZeroKey) {
  Prng prng(Prng::Seed{});
  EXPECT_EQ(key_stream(prng, 64),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
  EXPECT_EQ(key_stream(prng, 64),
            "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
            "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

// RFC 8439 appendix A.1, test vector 3: the last byte of the key is 1, block counter 1.
TEST(Prng, UsesEachByteOfTheSeed) {
  Prng::Seed seed{};
  seed[31] = 1;
  Prng prng(seed);
  key_stream(prng, 64);
  EXPECT_EQ(key_stream(prng, 64),
            "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
            "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
  std::set<std::uint64_t> firsts;
  for (std::size_t i = 0; i < seed.size(); ++i) {
    Prng::Seed other{};
    other[i] = 0x80;
    EXPECT_TRUE(firsts.insert(Prng(other).next()).second) << i;
  }
}

TEST(Prng, SeedOfANumberIsItsBytesThenZeros) {
  const Prng::Seed seed = Prng::seed_of(0x0102030405060708);
  for (std::size_t i = 0; i < seed.size(); ++i)
    EXPECT_EQ(seed[i], i < 8 ? 8 - i : 0) << i;
}

TEST(Prng, SameSeedSameDraws) {
  Prng a(Prng::seed_of(42));
  Prng b(Prng::seed_of(42));
  Prng c(Prng::seed_of(43));
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t drawn = a.next();
    EXPECT_EQ(drawn, b.next());
    differs = differs || drawn != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Prng, AMovedGeneratorGoesOn) {
  Prng reference(Prng::seed_of(5));
  Prng first(Prng::seed_of(5));
  EXPECT_EQ(first.next(), reference.next());
  Prng second(std::move(first));
  EXPECT_EQ(second.next(), reference.next());
}

TEST(Prng, BelowStaysBelowAndReachesAll) {
  Prng prng(Prng::seed_of(3));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(prng.below(1), 0u);
  int seen[6] = {};
  for (int i = 0; i < 6000; ++i) {
    const std::uint64_t drawn = prng.below(6);
    ASSERT_LT(drawn, 6u);
    ++seen[drawn];
  }
  for (const int count : seen)
    EXPECT_NEAR(count, 1000, 120);  // four standard deviations
}

// With 3 * 2^62 a plain remainder would make the lowest third twice as likely as it should be.
TEST(Prng, BelowIsNotSkewedByItsBound) {
  Prng prng(Prng::seed_of(4));
  constexpr std::uint64_t kThird = std::uint64_t{1} << 62;
  int low = 0;
  for (int i = 0; i < 3000; ++i)
    low += prng.below(3 * kThird) < kThird ? 1 : 0;
  EXPECT_NEAR(low, 1000, 110);
}

TEST(PrngDeathTest, BelowZeroIsABug) {
  Prng prng(Prng::seed_of(1));
  EXPECT_DEATH(prng.below(0), "check failed: bound != 0");
}

TEST(Prng, TokensHaveTheirLengthAndAlphabet) {
  Prng prng(Prng::seed_of(6));
  std::set<char> seen;
  for (std::size_t length = 0; length <= 40; ++length) {
    const std::string token = prng.token(length);
    EXPECT_EQ(token.size(), length);
    EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
    seen.insert(token.begin(), token.end());
  }
  EXPECT_EQ(seen.size(), 32u);
}

// Five bits a character and none of them used twice: a word of 64 bits makes twelve characters.
TEST(Prng, TokensSpendFiveFreshBitsACharacter) {
  Prng prng(Prng::seed_of(7));
  Prng reference(Prng::seed_of(7));
  const std::string token = prng.token(36);
  for (std::size_t word = 0; word < 3; ++word) {
    std::uint64_t bits = reference.next();
    for (std::size_t i = 12 * word; i < 12 * (word + 1); ++i, bits >>= 5) {
      EXPECT_EQ(token[i], "abcdefghijklmnopqrstuvwxyz234567"[bits & 31]) << i;
    }
  }
  EXPECT_EQ(prng.next(), reference.next());
}

// Each word is asked for as it is drawn, and none ahead.
TEST(Prng, HandsOnTheWordsOfAnotherSource) {
  class Counted : public Prng::Words {
   public:
    std::uint64_t next() override { return ++asked; }
    std::uint64_t asked = 0;
  } words;
  Prng prng(words);
  EXPECT_EQ(words.asked, 0u);
  for (std::uint64_t word = 1; word <= 20; ++word) {
    EXPECT_EQ(prng.next(), word);
    EXPECT_EQ(words.asked, word);
  }
  EXPECT_EQ(prng.token(13).size(), 13u);
  EXPECT_EQ(words.asked, 22u);
}

}  // namespace base_prng_test
}  // namespace muster
