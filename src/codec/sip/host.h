// Hosts as they stand in URIs and in Via: a name, an IPv4 address or an IPv6 reference (RFC 3261
// section 25.1, with the IPv6 grammar of RFC 4291 as RFC 5118 section 4.10 asks).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/sip/lexer.h"
#include "model/endpoint.h"

namespace muster::sip {

// RFC 1035 section 2.3.4.
inline constexpr std::size_t kHostBytesMax = 255;

enum class HostKind : std::uint8_t { name, ipv4, ipv6 };

struct Host {
  std::string_view text;  // as it came, an IPv6 reference without its brackets
  HostKind kind = HostKind::name;

  bool empty() const { return text.empty(); }
  // The address, unless it is a name.
  std::optional<IpAddress> ip() const;
};

// Names are equal without regard to case, addresses if their bits are (RFC 3261 section 19.1.4,
// RFC 5954 section 4.2); a name never equals an address.
bool same_host(const Host& a, const Host& b);

// Takes a host at the cursor; an empty one, and the cursor unmoved, if there is none.
Host take_host(Cursor& cursor);

// The whole of `text` as a host, an IPv6 address with or without brackets (RFC 5118 section 4.5).
std::optional<Host> parse_host(std::string_view text);

// HOST or HOST:PORT, whole, as also HTTP has it: an IPv6 address in brackets.
struct HostPort {
  Host host;
  std::optional<std::uint16_t> port;
};
std::optional<HostPort> parse_host_port(std::string_view text);

// An IPv6 address without brackets. A third colon before an IPv4 tail is overlooked (RFC 5118
// section 4.10).
std::optional<IpAddress> parse_ipv6(std::string_view text);
std::optional<IpAddress> parse_ipv4(std::string_view text);

// 1*DIGIT, at most 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

}  // namespace muster::sip
