// Which bytes are text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace muster::xml {

// The character that begins at `at`, which moves behind it; nothing if that is not UTF-8 (Unicode
// table 3-7: nothing overlong, no surrogates). And its counterpart.
std::optional<char32_t> next_character(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t character);

// True if `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

// True if besides all its characters are Char of XML 1.0 section 2.2: only such text can be
// written as XML.
bool is_xml_text(std::string_view text);

// True if a document that should be UTF-8 begins as UTF-16 does: with a byte order mark, or with a
// NUL in one of its first two bytes, the first character being '<' or a space (XML 1.0 appendix F).
bool looks_like_utf16(std::string_view document);

}  // namespace muster::xml
