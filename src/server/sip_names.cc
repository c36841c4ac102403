#include "server/sip_names.h"

#include <array>

#include "base/ascii.h"
#include "codec/sip/peek.h"
#include "codec/sip/via.h"

namespace muster {
namespace {

constexpr std::string_view kMark = "m";
constexpr std::string_view kProxied = "p";
constexpr std::size_t kShardDigits = 2;
constexpr std::size_t kNumberDigits = 8;
constexpr std::size_t kRandomCharacters = 16;
constexpr std::size_t kLength = 1 + kShardDigits + 2 * kNumberDigits + kRandomCharacters;

char* write_hex(char* at, std::uint32_t number, std::size_t digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = digits; i-- > 0;)
    *at++ = kDigits[(number >> (4 * i)) & 15];
  return at;
}

}  // namespace

std::string mint_sip_name(const SipName& name, Prng& prng) {
  std::string text;
  text.reserve(kLength);
  append_sip_name(text, name, prng);
  return text;
}

void append_sip_name(std::string& out, const SipName& name, Prng& prng) {
  std::array<char, 1 + kShardDigits + 2 * kNumberDigits> text;
  char* at = text.data();
  *at++ = kMark.front();
  at = write_hex(at, name.shard.number(), kShardDigits);
  at = write_hex(at, name.slot, kNumberDigits);
  write_hex(at, name.generation, kNumberDigits);
  out.append(text.data(), text.size());
  prng.append_token(out, kRandomCharacters);
}

std::optional<SipName> read_sip_name(std::string_view text) {
  if (text.size() != kLength || text.substr(0, 1) != kMark) return std::nullopt;
  const auto shard = parse_number<std::uint8_t>(text.substr(1, kShardDigits), 16);
  const auto slot = parse_number<std::uint32_t>(text.substr(3, kNumberDigits), 16);
  const auto generation = parse_number<std::uint32_t>(text.substr(11, kNumberDigits), 16);
  if (!shard || !slot || !generation) return std::nullopt;
  return SipName{ShardId(*shard), *slot, *generation};
}

std::string_view own_branch_of(std::string_view message) {
  const std::string_view branch = sip::peek_top_via_branch(message).value_or("");
  return branch.starts_with(sip::kBranchCookie) ? branch.substr(sip::kBranchCookie.size())
                                                : std::string_view();
}

std::string proxied_mark(std::uint64_t server) {
  std::array<char, kProxiedMarkBytes> text;
  text[0] = kProxied.front();
  char* at = write_hex(&text[1], static_cast<std::uint32_t>(server >> 32), kNumberDigits);
  write_hex(at, static_cast<std::uint32_t>(server), kNumberDigits);
  return {text.data(), text.size()};
}

std::optional<std::uint64_t> read_proxied_mark(std::string_view branch) {
  if (branch.size() != kProxiedMarkBytes + kLength || branch.substr(0, 1) != kProxied) {
    return std::nullopt;
  }
  return parse_number<std::uint64_t>(branch.substr(1, kProxiedMarkBytes - 1), 16);
}

}  // namespace muster
