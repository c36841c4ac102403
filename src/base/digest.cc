#include "base/digest.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace muster {
namespace {

static_assert(std::endian::native == std::endian::little,
              "words are read as they lie; swap their bytes here before another machine joins");

constexpr std::uint64_t kOdd1 = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kOdd2 = 0xd1b54a32d192ed03;

// The high and low half of a 128-bit product, folded: each bit of the inputs moves about half of
// the bits of the outcome.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t read_word(const char* from, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, bytes);
  return word;
}

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t hash = mix(seed ^ kOdd1, bytes.size() ^ kOdd2);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    hash = mix(hash ^ read_word(bytes.data() + at, 8), kOdd1);
  }
  if (at < bytes.size()) {
    hash = mix(hash ^ read_word(bytes.data() + at, bytes.size() - at), kOdd2);
  }
  return mix(hash, kOdd1);
}

void Digest::fold(std::uint64_t number) {
  value_ = mix(value_ ^ number, kOdd1) + kOdd2;
}

void Digest::fold(std::string_view bytes) {
  fold(hash_bytes(bytes));
}

}  // namespace muster
