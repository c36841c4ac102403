// The form of requests and replies (control_requests.h) on the control socket: a JSON object in a
// line. Credentials are base64.
//
// Limits: kControlRequestBytesMax of a request, kControlReplyBytesMax of a reply, with its newline;
// a longer line is malformed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "shell/control/control_requests.h"

namespace muster {

inline constexpr std::size_t kControlRequestBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kControlReplyBytesMax = std::size_t{64} * 1024 * 1024;

// A line, without its newline.
std::string to_json(const ControlRequest& request);
std::string to_json(const ControlReply& reply);
// Nothing if the line is not what the other two make.
std::optional<ControlRequest> parse_control_request(std::string_view line);
std::optional<ControlReply> parse_control_reply(std::string_view line);

}  // namespace muster
