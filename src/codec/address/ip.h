// IP addresses and endpoints as text: "192.0.2.1", "2001:db8::1" (RFC 5952), "192.0.2.1:5060",
// "[2001:db8::1]:5060".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/endpoint.h"

namespace muster {

std::string to_text(const IpAddress& ip);
std::string to_text(const Endpoint& endpoint);

// Nothing if the whole of `text` is not an address; an IPv6 address has no brackets here.
std::optional<IpAddress> parse_ip(std::string_view text);
// The port is required.
std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace muster
