#include "sim/random_streams.h"

#include <charconv>

#include "base/digest.h"

namespace muster::sim {
namespace {

void put(Prng::Seed& seed, std::size_t at, std::uint64_t number) {
  for (std::size_t i = 0; i < 8; ++i)
    seed[at + i] = static_cast<std::uint8_t>(number >> (8 * i));
}

std::optional<std::uint64_t> parse_whole(std::string_view text, int base) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

Prng::Seed RandomStreams::seed_of(std::string_view name) const {
  Prng::Seed seed{};
  put(seed, 0, seed_);
  put(seed, 8, hash_bytes(name));
  return seed;
}

std::optional<std::uint64_t> parse_seed(std::string_view text) {
  if (const auto number = parse_whole(text, 10)) return number;
  if (text.size() < 7 || text.size() > 64) return std::nullopt;
  if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
    return std::nullopt;
  return parse_whole(text.substr(0, 16), 16);
}

bool happens(Prng& prng, std::uint32_t per_mille) {
  return per_mille != 0 && prng.below(1'000) < per_mille;
}

Duration draw_between(Prng& prng, Duration least, Duration most) {
  if (most <= least) return least;
  const auto choices = static_cast<std::uint64_t>((most - least).in_microseconds()) + 1;
  return least + Duration::microseconds(static_cast<std::int64_t>(prng.below(choices)));
}

}  // namespace muster::sim
