#include "codec/sip/host.h"

#include <algorithm>
#include <array>

namespace muster::sip {
namespace {

// hostname = *( domainlabel "." ) toplabel [ "." ]: labels neither begin nor end with a hyphen, and
// the last begins with a letter.
bool is_hostname(std::string_view text) {
  if (text.size() > kHostBytesMax) return false;
  if (text.ends_with('.')) text.remove_suffix(1);
  std::size_t label = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != '.') continue;
    if (i == label || text[label] == '-' || text[i - 1] == '-') return false;
    if (i == text.size()) return is_alpha(text[label]);
    label = i + 1;
  }
  return false;
}

// Reads groups of an IPv6 address into `groups`; false if they are malformed or too many.
struct Ipv6Reader {
  std::array<std::uint16_t, 8> groups{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;  // groups before "::"

  bool add_group(std::string_view digits) {
    const auto number = digits.size() <= 4 ? parse_number<std::uint16_t>(digits, 16) : std::nullopt;
    if (!number || count == groups.size()) return false;
    groups[count++] = *number;
    return true;
  }

  bool add_ipv4_tail(std::string_view text) {
    const auto ip = parse_ipv4(text);
    if (!ip || count + 2 > groups.size()) return false;
    for (std::size_t i = 12; i < 16; i += 2) {
      groups[count++] = static_cast<std::uint16_t>(ip->bytes[i] << 8 | ip->bytes[i + 1]);
    }
    return true;
  }

  bool read(std::string_view text) {
    std::size_t at = 0;
    if (text.starts_with("::")) {
      gap = 0;
      at = 2;
    }
    while (at < text.size()) {
      if (gap == count && at >= 2 && text[at] == ':' && is_ipv4_tail(text.substr(at + 1))) ++at;
      if (is_ipv4_tail(text.substr(at))) return add_ipv4_tail(text.substr(at));
      const std::size_t end = std::min(text.find(':', at), text.size());
      if (!add_group(text.substr(at, end - at))) return false;
      if (end == text.size()) return true;
      at = end + 1;
      if (at == text.size()) return false;  // a single colon at the end
      if (text[at] == ':') {
        if (gap) return false;
        gap = count;
        ++at;
      }
    }
    return gap.has_value();
  }

  static bool is_ipv4_tail(std::string_view text) {
    return text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos;
  }
};

}  // namespace

// 1*3DIGIT "." 1*3DIGIT "." 1*3DIGIT "." 1*3DIGIT, each at most 255.
std::optional<IpAddress> parse_ipv4(std::string_view text) {
  IpAddress ip = IpAddress::v4(0, 0, 0, 0);
  std::size_t at = 0;
  for (std::size_t i = 12; i < 16; ++i) {
    const std::size_t from = at;
    unsigned number = 0;
    while (at < text.size() && at < from + 3 && is_digit(text[at])) {
      number = number * 10 + static_cast<unsigned>(text[at++] - '0');
    }
    if (at == from || number > 255) return std::nullopt;
    ip.bytes[i] = static_cast<std::uint8_t>(number);
    if (i < 15 && (at == text.size() || text[at++] != '.')) return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  return ip;
}

std::optional<IpAddress> parse_ipv6(std::string_view text) {
  Ipv6Reader reader;
  if (!reader.read(text)) return std::nullopt;
  const std::size_t left_out = reader.groups.size() - reader.count;
  if (reader.gap ? left_out == 0 : left_out != 0) return std::nullopt;
  IpAddress ip;
  for (std::size_t i = 0; i < reader.count; ++i) {
    const std::size_t place = reader.gap && i >= *reader.gap ? i + left_out : i;
    ip.bytes[2 * place] = static_cast<std::uint8_t>(reader.groups[i] >> 8);
    ip.bytes[2 * place + 1] = static_cast<std::uint8_t>(reader.groups[i]);
  }
  return ip;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    port = port * 10 + static_cast<unsigned>(c - '0');
    if (port > 0xffff) return std::nullopt;
  }
  return text.empty() ? std::nullopt : std::optional(static_cast<std::uint16_t>(port));
}

std::optional<IpAddress> Host::ip() const {
  switch (kind) {
    case HostKind::name: return std::nullopt;
    case HostKind::ipv4: return parse_ipv4(text);
    case HostKind::ipv6: return parse_ipv6(text);
  }
  return std::nullopt;
}

bool same_host(const Host& a, const Host& b) {
  if (a.kind == HostKind::name && b.kind == HostKind::name) {
    return equals_ignoring_case(a.text, b.text);
  }
  return a.kind == b.kind && a.ip() == b.ip();
}

Host take_host(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return {};
    const std::string_view inside = rest.substr(1, close - 1);
    if (!parse_ipv6(inside)) return {};
    cursor.advance(close + 1);
    return {inside, HostKind::ipv6};
  }
  std::size_t end = 0;
  while (end < rest.size() && is_in(rest[end], kHostChar))
    ++end;
  const std::string_view text = rest.substr(0, end);
  const bool ipv4 = end != 0 && is_digit(text.back()) && parse_ipv4(text).has_value();
  if (!ipv4 && !is_hostname(text)) return {};
  cursor.advance(end);
  return {text, ipv4 ? HostKind::ipv4 : HostKind::name};
}

std::optional<Host> parse_host(std::string_view text) {
  if (parse_ipv6(text)) return Host{text, HostKind::ipv6};
  Cursor cursor(text);
  const Host host = take_host(cursor);
  if (host.empty() || !cursor.at_end()) return std::nullopt;
  return host;
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  HostPort read;
  std::string_view name = text;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
    read.port = parse_port(text.substr(colon + 1));
    if (!read.port) return std::nullopt;
    name = text.substr(0, colon);
  }
  const auto host = parse_host(name);
  // Without its brackets an IPv6 address would take the port for a part of it.
  if (!host || (host->kind == HostKind::ipv6 && !name.starts_with('['))) return std::nullopt;
  read.host = *host;
  return read;
}

}  // namespace muster::sip
