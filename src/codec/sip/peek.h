// Very cheap looks into a message that is not parsed yet, for routing a datagram between cores.
// They allocate nothing and agree with the parser: what they find in a message that parses is what
// the parser finds. Of bytes that do not parse they may find anything that is in them, or nothing.
#pragma once

#include <optional>
#include <string_view>

namespace muster::sip {

// Whether the bytes begin as a status line.
bool is_response(std::string_view bytes);

// The addr-spec in From, without brackets: "sip:alice@example.com".
std::optional<std::string_view> peek_from_uri(std::string_view bytes);
// The same of To.
std::optional<std::string_view> peek_to_uri(std::string_view bytes);

// The value of the branch of the top Via.
std::optional<std::string_view> peek_top_via_branch(std::string_view bytes);

std::optional<std::string_view> peek_call_id(std::string_view bytes);

}  // namespace muster::sip
