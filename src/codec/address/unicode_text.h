// Text as code points, for what the ASCII fast paths of the address codec leave over. Nothing here
// is on a hot path; all of it is total on any text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster {

// Nothing if `bytes` is not well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
std::optional<std::u32string> decode_utf8(std::string_view bytes);
// `text` has no surrogates.
std::string encode_utf8(std::u32string_view text);

// Unicode Normalization Form C.
std::u32string to_nfc(const std::u32string& text);

// toLowerCase() of the Unicode Standard, each code point by itself: capital sigma becomes U+03C3
// also at the end of a word, as the examples of RFC 7622 section 3.5 have it.
std::u32string to_lower(const std::u32string& text);

// Fullwidth and halfwidth code points replaced by their decomposition mappings (RFC 8264 section
// 5.2.1).
std::u32string to_usual_width(const std::u32string& text);

}  // namespace muster
