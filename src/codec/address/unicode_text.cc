#include "codec/address/unicode_text.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "codec/address/icu_char.h"

namespace muster {
namespace {

constexpr char32_t kFirstCombining = 0x300;  // below, no two code points combine or reorder

// ICU has no converter for less than UChar32, which is signed.
void append_code_points(const icu::UnicodeString& from, std::u32string& to) {
  for (std::int32_t i = 0; i < from.length(); i = from.moveIndex32(i, 1)) {
    to.push_back(static_cast<char32_t>(from.char32At(i)));
  }
}

icu::UnicodeString icu_string(std::u32string_view text) {
  icu::UnicodeString made;
  for (const char32_t c : text)
    made.append(icu_char(c));
  return made;
}

const icu::Normalizer2& nfc() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = icu::Normalizer2::getNFCInstance(status);
  MUSTER_CHECK(U_SUCCESS(status));
  return *instance;
}

const icu::Normalizer2& nfkc() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = icu::Normalizer2::getNFKCInstance(status);
  MUSTER_CHECK(U_SUCCESS(status));
  return *instance;
}

}  // namespace

std::optional<std::u32string> decode_utf8(std::string_view bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const std::size_t size = bytes.size();
  std::u32string text;
  text.reserve(size);
  for (std::size_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(data, i, size, c);
    if (c < 0) return std::nullopt;
    text.push_back(static_cast<char32_t>(c));
  }
  return text;
}

std::string encode_utf8(std::u32string_view text) {
  std::string bytes;
  icu_string(text).toUTF8String(bytes);
  return bytes;
}

std::u32string to_nfc(const std::u32string& text) {
  bool may_change = false;
  for (const char32_t c : text)
    may_change = may_change || c >= kFirstCombining;
  if (!may_change) return text;
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString normalized = nfc().normalize(icu_string(text), status);
  MUSTER_CHECK(U_SUCCESS(status));
  std::u32string made;
  append_code_points(normalized, made);
  return made;
}

std::u32string to_lower(const std::u32string& text) {
  std::u32string made;
  made.reserve(text.size());
  for (const char32_t c : text) {
    icu::UnicodeString lowered(icu_char(c));
    append_code_points(lowered.toLower(icu::Locale::getRoot()), made);
  }
  return made;
}

std::u32string to_usual_width(const std::u32string& text) {
  std::u32string made;
  made.reserve(text.size());
  for (const char32_t c : text) {
    const int type = u_getIntPropertyValue(icu_char(c), UCHAR_DECOMPOSITION_TYPE);
    icu::UnicodeString mapping;
    if ((type == U_DT_WIDE || type == U_DT_NARROW) &&
        nfkc().getRawDecomposition(icu_char(c), mapping)) {
      append_code_points(mapping, made);
    } else {
      made.push_back(c);
    }
  }
  return made;
}

}  // namespace muster
