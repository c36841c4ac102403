#include "base/prng.h"

#include <bit>

#include "base/check.h"

namespace muster {
namespace {

inline void quarter_round(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d) {
  a += b;
  d = std::rotl(d ^ a, 16);
  c += d;
  b = std::rotl(b ^ c, 12);
  a += b;
  d = std::rotl(d ^ a, 8);
  c += d;
  b = std::rotl(b ^ c, 7);
}

}  // namespace

Prng::Prng(const Seed& seed)
    : state_{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574} {  // "expand 32-byte k"
  for (std::size_t i = 0; i < seed.size(); ++i) {
    state_[4 + i / 4] |= static_cast<std::uint32_t>(seed[i]) << (8 * (i % 4));
  }
}

Prng::Seed Prng::seed_of(std::uint64_t number) {
  Seed seed{};
  for (std::size_t i = 0; i < 8; ++i) {
    seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return seed;
}

std::uint64_t Prng::next() {
  if (used_ == block_.size()) refill();
  return block_[used_++];
}

std::uint64_t Prng::below(std::uint64_t bound) {
  MUSTER_CHECK(bound != 0);
  // Numbers below `skewed` would make small remainders likelier; they are drawn again.
  const std::uint64_t skewed = (0 - bound) % bound;
  std::uint64_t drawn = next();
  while (drawn < skewed) {
    drawn = next();
  }
  return drawn % bound;
}

std::string Prng::token(std::size_t length) {
  std::string text;
  append_token(text, length);
  return text;
}

void Prng::append_token(std::string& out, std::size_t length) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  const std::size_t begin = out.size();
  out.resize(begin + length);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    if (i % 12 == 0) bits = next();
    out[begin + i] = kAlphabet[bits & 31];
    bits >>= 5;
  }
}

// One block of RFC 8439 section 2.3 with a 64-bit block counter and a zero nonce; or one word of
// another source, which is so asked only here, where next() does not often come otherwise.
void Prng::refill() {
  if (words_ != nullptr) {
    block_.back() = words_->next();
    used_ = block_.size() - 1;
    return;
  }
  std::array<std::uint32_t, 16> x = state_;
  for (int round = 0; round < 10; ++round) {
    quarter_round(x[0], x[4], x[8], x[12]);
    quarter_round(x[1], x[5], x[9], x[13]);
    quarter_round(x[2], x[6], x[10], x[14]);
    quarter_round(x[3], x[7], x[11], x[15]);
    quarter_round(x[0], x[5], x[10], x[15]);
    quarter_round(x[1], x[6], x[11], x[12]);
    quarter_round(x[2], x[7], x[8], x[13]);
    quarter_round(x[3], x[4], x[9], x[14]);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint32_t low = x[2 * i] + state_[2 * i];
    const std::uint32_t high = x[2 * i + 1] + state_[2 * i + 1];
    block_[i] = (static_cast<std::uint64_t>(high) << 32) | low;
  }
  if (++state_[12] == 0) ++state_[13];
  used_ = 0;
}

}  // namespace muster
