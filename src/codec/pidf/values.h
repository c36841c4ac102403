// The small syntaxes of PIDF's texts (RFC 3863 section 4.4, XML Schema part 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::pidf {

// Without the whitespace at its ends.
std::string_view trim(std::string_view text);

// A priority of 0 to 1 with at most three decimals, in thousandths.
std::optional<std::uint16_t> read_priority(std::string_view text);
// "0", "0.8", "0.725", "1".
std::string write_priority(std::uint16_t thousandths);

// xs:dateTime of the years 0001 to 9999: "2005-05-30T16:09:44.25+05:00".
bool is_date_time(std::string_view text);

// xs:language: "en", "de-CH". A longer one is none, for each note inside an element repeats what
// the element says.
inline constexpr std::size_t kLanguageBytesMax = 64;
bool is_language(std::string_view text);
// The first of "de, en", as Content-Language has them (RFC 3261 section 20.13), for an xml:lang;
// empty if it is none.
std::string_view first_language(std::string_view languages);

}  // namespace muster::pidf
