// STUN Binding, as much as a SIP port needs: a phone keeps its flow by Binding Requests and learns
// its mapped address from the answers (RFC 5626 section 8; RFC 8489, which obsoletes RFC 5389, for
// the bytes). No credentials, and no RFC 3489, which has no magic cookie.
//
// A message is its type (2 bytes), the bytes of its attributes (2), the magic cookie (4), the
// transaction (12), and attributes: type (2), bytes of the value (2), the value, and 0 to 3 bytes
// up to a multiple of 4.
//
// All that RFC 8489 itself defines is known, and ignored in a request (section 6.3), its
// FINGERPRINT too: the cookie tells STUN from SIP. Unknown attributes below 0x8000 must be
// understood: 420.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/endpoint.h"

namespace muster::stun {

// So many of them are named in an answer; those behind are not.
inline constexpr std::size_t kUnknownAttributesMax = 16;

// Whether a datagram is STUN: no SIP message begins with an octet of 0 to 63 and then has the
// cookie (RFC 5626 sections 8 and 8.1).
bool is_stun(std::string_view datagram);

struct BindingRequest {
  std::string_view transaction;  // of the datagram
  std::vector<std::uint16_t> unknown_attributes;
};

// Nothing: it is another message, or malformed, and gets no answer (section 6.3).
std::optional<BindingRequest> parse_binding_request(std::string_view datagram);

// What is said to who asked from `source`: the success response, or error 420 (section 6.3.1.1).
std::string answer_binding(const BindingRequest& request, const Endpoint& source);

}  // namespace muster::stun
