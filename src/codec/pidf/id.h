// Ids of tuples, persons and devices: PIDF wants an xs:ID, which is an XML name without a colon
// (Namespaces in XML 1.0, production NCName). An XMPP resource may be any text.
#pragma once

#include <string>
#include <string_view>

namespace muster::pidf {

bool is_id(std::string_view text);

// `prefix`, which must be an id, and `text` with each character that no id may hold as its code
// in hexadecimal, "_x0020_" for a space (the way of ISO/IEC 9075-14); what looks so already begins
// with "_x005F_". RFC 8048 table 1 note 2: "ID-" and the resource. `text` is UTF-8.
std::string to_id(std::string_view prefix, std::string_view text);

// The text of which to_id made `rest`, the part behind the prefix.
std::string from_id(std::string_view rest);

}  // namespace muster::pidf
