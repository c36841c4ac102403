// A Via value (RFC 3261 sections 20.42 and 25.1, rport of RFC 3581), views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/sip/host.h"
#include "codec/sip/params.h"

namespace muster::sip {

// A branch that begins so is unique to its transaction (RFC 3261 section 8.1.1.7).
inline constexpr std::string_view kBranchCookie = "z9hG4bK";

// The sent-protocol and sent-by of a Via value, the least that tells where an answer goes.
struct SentBy {
  std::string_view protocol;   // "SIP"
  std::string_view version;    // "2.0"
  std::string_view transport;  // "UDP", "TCP", "TLS", "SCTP", "WS" or what came
  Host host;
  std::optional<std::uint16_t> port;
};

struct Via {
  SentBy sent_by;
  std::string_view branch;    // empty if there is none, as from RFC 2543
  std::string_view received;  // an address, brackets taken off (RFC 5118 section 4.5)
  std::string_view maddr;
  std::optional<std::uint8_t> ttl;  // nothing if it is no number up to 255
  bool has_rport = false;
  std::optional<std::uint16_t> rport;  // the value, if it has one that is a port
  Params params;

  // Whether the branch is made by RFC 3261 and says something behind the cookie.
  bool has_unique_branch() const {
    return branch.size() > kBranchCookie.size() && branch.starts_with(kBranchCookie);
  }
};

// `value` is one element (Message::first_value, Message::values).
std::optional<Via> parse_via(std::string_view value);

// Only the front of `value`, whatever its parameters look like; `end`, if given, gets the offset
// behind it.
std::optional<SentBy> parse_sent_by(std::string_view value, std::size_t* end = nullptr);

}  // namespace muster::sip
