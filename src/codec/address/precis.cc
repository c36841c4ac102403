#include "codec/address/precis.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/ascii.h"
#include "codec/address/code_points.h"
#include "codec/address/unicode_text.h"

namespace muster {
namespace {

// RFC 8264 section 7: "until the output string is stable", at most once and three times more.
// Every code point, alone and with combining marks, is stable after the first.
constexpr int kApplications = 1 + 3;

enum class StringClass { identifier, freeform };

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// The code points of `text` by themselves (RFC 8265 sections 3.3.2 and 4.2.1).
bool is_of_class(std::u32string_view text, StringClass string_class) {
  return std::all_of(text.begin(), text.end(), [string_class](char32_t c) {
    const PrecisProperty property = precis_property(c);
    return property == PrecisProperty::valid || property == PrecisProperty::contextual ||
           (property == PrecisProperty::free_only && string_class == StringClass::freeform);
  });
}

// The contextual rules look at the mapped text (the last step of RFC 8264 section 7).
bool is_in_context(std::u32string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (precis_property(text[i]) == PrecisProperty::contextual && !context_allows(text, i)) {
      return false;
    }
  }
  return true;
}

// One application of the rules to `text`, in place; what it breaks, if any.
using Profile = std::optional<AddressError> (*)(std::u32string& text);

// RFC 8265 sections 3.3.2 and 3.3.3.
std::optional<AddressError> apply_username_case_mapped(std::u32string& text) {
  text = to_usual_width(text);
  if (!is_of_class(text, StringClass::identifier)) return AddressError::disallowed;
  text = to_nfc(to_lower(text));
  if (!satisfies_bidi_rule(text)) return AddressError::mixed_direction;
  if (!is_in_context(text)) return AddressError::out_of_context;
  return std::nullopt;
}

// RFC 8265 sections 4.2.1 and 4.2.2.
std::optional<AddressError> apply_opaque_string(std::u32string& text) {
  if (!is_of_class(text, StringClass::freeform)) return AddressError::disallowed;
  for (char32_t& c : text) {
    if (u_charType(static_cast<UChar32>(c)) == U_SPACE_SEPARATOR) c = U' ';
  }
  text = to_nfc(text);
  if (!is_in_context(text)) return AddressError::out_of_context;
  return std::nullopt;
}

Result<std::string_view, AddressError> enforce_unicode(Profile apply, std::string_view bytes,
                                                       std::string& scratch) {
  std::optional<std::u32string> text = decode_utf8(bytes);
  if (!text) return Failure{AddressError::not_utf8};
  for (int applied = 0; applied < kApplications; ++applied) {
    const std::u32string before = *text;
    if (const auto broken = apply(*text)) return Failure{*broken};
    if (*text == before) {
      if (applied == 0) return bytes;
      scratch = encode_utf8(*text);
      return std::string_view(scratch);
    }
  }
  return Failure{AddressError::unstable};
}

}  // namespace

Result<std::string_view, AddressError> enforce_username(std::string_view text,
                                                        std::string& scratch) {
  if (text.empty()) return Failure{AddressError::empty};
  bool lowered = true;
  for (const char c : text) {
    if (c > ' ' && c <= '~') {
      lowered = lowered && !(c >= 'A' && c <= 'Z');
      continue;
    }
    if (!is_ascii(c)) return enforce_unicode(apply_username_case_mapped, text, scratch);
    return Failure{AddressError::disallowed};
  }
  if (lowered) return text;
  scratch.resize(text.size());
  std::transform(text.begin(), text.end(), scratch.begin(), ascii_lower);
  return std::string_view(scratch);
}

Result<std::string_view, AddressError> enforce_opaque_string(std::string_view text,
                                                             std::string& scratch) {
  if (text.empty()) return Failure{AddressError::empty};
  for (const char c : text) {
    if (c >= ' ' && c <= '~') continue;
    if (!is_ascii(c)) return enforce_unicode(apply_opaque_string, text, scratch);
    return Failure{AddressError::disallowed};
  }
  return text;
}

}  // namespace muster
