#include "codec/address/ip.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "base/ascii.h"

namespace muster {
namespace {

constexpr std::size_t kGroups = 8;
using Groups = std::array<std::uint16_t, kGroups>;

// RFC 3986 section 3.2.2, IPv4address: four numbers to 255 without leading zeros.
std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  for (int octets = 0; octets < 4; ++octets) {
    const std::size_t end = octets < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(0, end);
    const auto octet = parse_number<std::uint8_t>(digits);
    if (!octet || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
    address = (address << 8) | *octet;
    text.remove_prefix(octets < 3 ? end + 1 : end);
  }
  return address;
}

// The groups on one side of "::", into `groups` from `count` on. Only the last two of an address
// may be written as an IPv4 address.
bool parse_groups(std::string_view text, bool at_end, Groups& groups, std::size_t& count) {
  if (text.empty()) return true;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (at_end && colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto ipv4 = parse_ipv4(group);
      if (!ipv4 || count + 2 > kGroups) return false;
      groups[count++] = static_cast<std::uint16_t>(*ipv4 >> 16);
      groups[count++] = static_cast<std::uint16_t>(*ipv4);
      return true;
    }
    const auto number = parse_number<std::uint16_t>(group, 16);
    if (!number || group.size() > 4 || count == kGroups) return false;
    groups[count++] = *number;
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
  }
}

// RFC 3986 section 3.2.2, IPv6address.
std::optional<Groups> parse_ipv6(std::string_view text) {
  Groups left{};
  Groups right{};
  std::size_t left_count = 0;
  std::size_t right_count = 0;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, true, left, left_count) || left_count != kGroups) return std::nullopt;
    return left;
  }
  if (!parse_groups(text.substr(0, gap), false, left, left_count) ||
      !parse_groups(text.substr(gap + 2), true, right, right_count) ||
      left_count + right_count >= kGroups) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < right_count; ++i)
    left[kGroups - right_count + i] = right[i];
  return left;
}

// Where the longest run of two zero groups or more begins and ends, the first of equals; an empty
// run at the end if there is none (RFC 5952 section 4.2).
struct Run {
  std::size_t begin = kGroups;
  std::size_t end = kGroups;
};
Run longest_zero_run(const Groups& groups) {
  Run longest;
  for (std::size_t i = 0; i < kGroups; ++i) {
    std::size_t end = i;
    while (end < kGroups && groups[end] == 0)
      ++end;
    if (end - i >= 2 && end - i > longest.end - longest.begin) longest = {i, end};
  }
  return longest;
}

void append_number(std::string& out, unsigned number, int base) {
  std::array<char, 8> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  out.append(digits.data(), written.ptr);
}

void append_ipv4(std::string& out, const IpAddress& ip) {
  for (std::size_t i = 12; i < 16; ++i) {
    if (i != 12) out += '.';
    append_number(out, ip.bytes[i], 10);
  }
}

void append_ipv6(std::string& out, const IpAddress& ip) {
  Groups groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<std::uint16_t>(ip.bytes[2 * i] << 8 | ip.bytes[2 * i + 1]);
  }
  const Run zeros = longest_zero_run(groups);
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == zeros.begin) {
      out += "::";
      i = zeros.end - 1;
      continue;
    }
    if (i != 0 && i != zeros.end) out += ':';
    append_number(out, groups[i], 16);
  }
}

}  // namespace

std::string to_text(const IpAddress& ip) {
  std::string text;
  if (ip.is_v4()) {
    append_ipv4(text, ip);
  } else {
    append_ipv6(text, ip);
  }
  return text;
}

std::string to_text(const Endpoint& endpoint) {
  const std::string ip = to_text(endpoint.ip);
  return (endpoint.ip.is_v4() ? ip : "[" + ip + "]") + ":" + std::to_string(endpoint.port);
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (const auto ipv4 = parse_ipv4(text)) {
    return IpAddress::v4(static_cast<std::uint8_t>(*ipv4 >> 24),
                         static_cast<std::uint8_t>(*ipv4 >> 16),
                         static_cast<std::uint8_t>(*ipv4 >> 8), static_cast<std::uint8_t>(*ipv4));
  }
  const auto groups = parse_ipv6(text);
  if (!groups) return std::nullopt;
  IpAddress ip;
  for (std::size_t i = 0; i < kGroups; ++i) {
    ip.bytes[2 * i] = static_cast<std::uint8_t>((*groups)[i] >> 8);
    ip.bytes[2 * i + 1] = static_cast<std::uint8_t>((*groups)[i]);
  }
  return ip;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = parse_ip(host);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  const bool has_colon = host.find(':') != std::string_view::npos;
  if (!ip || !port || has_colon != bracketed) return std::nullopt;
  return Endpoint{*ip, *port};
}

}  // namespace muster
