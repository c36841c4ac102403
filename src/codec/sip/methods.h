// SIP methods: those that muster has a word for; any other token stays text (RFC 3261 section 7.1).
#pragma once

#include <cstdint>
#include <string_view>

namespace muster::sip {

enum class Method : std::uint8_t {
  invite,     // RFC 3261
  ack,        // RFC 3261
  bye,        // RFC 3261
  cancel,     // RFC 3261
  options,    // RFC 3261
  register_,  // RFC 3261; NOLINT: `register` is a keyword of C++
  subscribe,  // RFC 6665
  notify,     // RFC 6665
  publish,    // RFC 3903
  message,    // RFC 3428
  info,       // RFC 6086
  prack,      // RFC 3262
  refer,      // RFC 3515
  update,     // RFC 3311
  other,      // an extension method: Message::method_text() has its name
};

// Methods are case-sensitive (RFC 3261 section 25.1) and % is no escape in them (RFC 4475 section
// 3.1.1.5): "invite" and "IN%56ITE" are `other`.
Method find_method(std::string_view text);

// "INVITE"; empty for `other`.
std::string_view text_of(Method method);

}  // namespace muster::sip
