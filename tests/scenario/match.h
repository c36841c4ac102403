// Whether what was received is what a scenario says. A pattern is text in which `*` stands for any
// characters, and XML in which the text `...` inside an element stands for whatever else is there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster::testing {

bool matches(std::string_view text, std::string_view pattern);

// What differs, in words; nothing if `xml` is as `pattern` says. Both are one element, in the
// namespace jabber:client if they name none. Attributes are compared whatever their order,
// children in theirs. `id` may be left out of a pattern.
std::optional<std::string> xml_difference(std::string_view xml, std::string_view pattern);

}  // namespace muster::testing
