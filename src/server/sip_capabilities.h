// What this SIP server understands, for all who have to say it or to act on it.
#pragma once

#include <array>
#include <string_view>

namespace muster {

// Also ACK and CANCEL, as RFC 3261 section 20.5 asks.
inline constexpr std::string_view kSipAllowRow =
    "Allow: ACK, CANCEL, MESSAGE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE\r\n";

// Option tags that a request may require: RFC 5626, RFC 3327.
inline constexpr std::array<std::string_view, 2> kSipOptions = {"outbound", "path"};

}  // namespace muster
