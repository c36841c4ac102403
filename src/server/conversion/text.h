// Text for people on its way from one protocol to the other.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace muster {

// `text`, or as much of it as fits in `bytes_max` with the ellipsis that it then ends with. It is
// cut between characters; `text` is UTF-8.
std::string cut(std::string_view text, std::size_t bytes_max);

// Text that XML can carry: what is no UTF-8, or no Char of XML 1.0 section 2.2, is replaced by
// U+FFFD (the Unicode Standard, section 3.9).
std::string xml_text_of(std::string_view bytes);

// For a header row: each control character is a space, none is at the ends.
std::string one_line(std::string_view text);

// Line breaks are CRLF in text/plain (RFC 2046 section 4.1.1) and LF in XML (XML 1.0 section 2.11).
std::string with_crlf(std::string_view text);
std::string with_lf(std::string_view text);

}  // namespace muster
