#include "codec/address/code_points.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "codec/address/icu_char.h"

namespace muster {
namespace {

constexpr char32_t kZeroWidthNonJoiner = 0x200c;
constexpr char32_t kZeroWidthJoiner = 0x200d;
constexpr char32_t kMiddleDot = 0x00b7;
constexpr char32_t kKeraia = 0x0375;
constexpr char32_t kGeresh = 0x05f3;
constexpr char32_t kGershayim = 0x05f4;
constexpr char32_t kKatakanaMiddleDot = 0x30fb;
constexpr int kViramaClass = 9;  // Canonical_Combining_Class = Virama

bool has(char32_t c, UProperty property) {
  return u_hasBinaryProperty(icu_char(c), property) != 0;
}
bool is_arabic_indic_digit(char32_t c) {
  return c >= 0x0660 && c <= 0x0669;
}
bool is_extended_arabic_indic_digit(char32_t c) {
  return c >= 0x06f0 && c <= 0x06f9;
}

// RFC 5892 section 2.6, Exceptions (F), the digits aside; RFC 8264 section 9.6 includes them.
// BackwardCompatible (G) is empty.
constexpr std::u32string_view kValidExceptions = U"\u00df\u03c2\u06fd\u06fe\u0f0b\u3007";
constexpr std::u32string_view kContextualExceptions = U"\u00b7\u0375\u05f3\u05f4\u30fb";
constexpr std::u32string_view kDisallowedExceptions =
    U"\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b";

bool is_in(char32_t c, std::u32string_view set) {
  return set.find(c) != std::u32string_view::npos;
}

std::optional<PrecisProperty> exception(char32_t c) {
  if (is_arabic_indic_digit(c) || is_extended_arabic_indic_digit(c)) {
    return PrecisProperty::contextual;
  }
  if (is_in(c, kValidExceptions)) return PrecisProperty::valid;
  if (is_in(c, kContextualExceptions)) return PrecisProperty::contextual;
  if (is_in(c, kDisallowedExceptions)) return PrecisProperty::disallowed;
  return std::nullopt;
}

// General categories as ICU's bits (U_GC_..._MASK).
bool is_in_categories(char32_t c, std::uint32_t mask) {
  return (U_GET_GC_MASK(icu_char(c)) & mask) != 0;
}
constexpr std::uint32_t kLetterDigits =  // A, RFC 5892 section 2.1
    U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_ND_MASK | U_GC_LM_MASK | U_GC_MN_MASK |
    U_GC_MC_MASK;
constexpr std::uint32_t kSpaces = U_GC_ZS_MASK;  // N, RFC 8264 section 9.14
constexpr std::uint32_t kSymbols =               // O, section 9.15
    U_GC_SM_MASK | U_GC_SC_MASK | U_GC_SK_MASK | U_GC_SO_MASK;
constexpr std::uint32_t kPunctuation =  // P, section 9.16
    U_GC_PC_MASK | U_GC_PD_MASK | U_GC_PS_MASK | U_GC_PE_MASK | U_GC_PI_MASK | U_GC_PF_MASK |
    U_GC_PO_MASK;
constexpr std::uint32_t kOtherLetterDigits =  // R, section 9.18
    U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK;

bool is_unassigned(char32_t c) {  // J, RFC 5892 section 2.10
  return is_in_categories(c, U_GC_CN_MASK) && !has(c, UCHAR_NONCHARACTER_CODE_POINT);
}

bool is_old_hangul_jamo(char32_t c) {  // I, RFC 5892 section 2.9
  const int type = u_getIntPropertyValue(icu_char(c), UCHAR_HANGUL_SYLLABLE_TYPE);
  return type == U_HST_LEADING_JAMO || type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

// Q, RFC 8264 section 9.17. A code point by itself changes under NFKC just if NFKC text never has
// it.
bool has_compat(char32_t c) {
  return u_getIntPropertyValue(icu_char(c), UCHAR_NFKC_QUICK_CHECK) == UNORM_NO;
}

// B, RFC 5892 section 2.2: toNFKC(toCaseFold(toNFKC(cp))) != cp. The property is of the same
// operation with the ignorable code points removed, and those are disallowed for themselves.
bool is_unstable(char32_t c) {
  return has(c, UCHAR_CHANGES_WHEN_NFKC_CASEFOLDED);
}

bool is_in_ignorable_block(char32_t c) {  // D, RFC 5892 section 2.4
  const UBlockCode block = ublock_getCode(icu_char(c));
  return block == UBLOCK_COMBINING_MARKS_FOR_SYMBOLS || block == UBLOCK_MUSICAL_SYMBOLS ||
         block == UBLOCK_ANCIENT_GREEK_MUSICAL_NOTATION;
}

int joining_type(char32_t c) {
  return u_getIntPropertyValue(icu_char(c), UCHAR_JOINING_TYPE);
}

UScriptCode script_of(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(icu_char(c), &status);
  MUSTER_CHECK(U_SUCCESS(status));
  return script;
}

bool follows_virama(std::u32string_view text, std::size_t at) {
  return at > 0 && u_getCombiningClass(icu_char(text[at - 1])) == kViramaClass;
}

// (Joining_Type:{L,D})(Joining_Type:T)* ZWNJ (Joining_Type:T)*(Joining_Type:{R,D})
bool breaks_cursive_joining(std::u32string_view text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && joining_type(text[before - 1]) == U_JT_TRANSPARENT)
    --before;
  if (before == 0) return false;
  const int left = joining_type(text[before - 1]);
  std::size_t after = at + 1;
  while (after < text.size() && joining_type(text[after]) == U_JT_TRANSPARENT)
    ++after;
  if (after == text.size()) return false;
  const int right = joining_type(text[after]);
  return (left == U_JT_LEFT_JOINING || left == U_JT_DUAL_JOINING) &&
         (right == U_JT_RIGHT_JOINING || right == U_JT_DUAL_JOINING);
}

bool is_kana_or_han(char32_t c) {
  const UScriptCode script = script_of(c);
  return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_HAN;
}

}  // namespace

PrecisProperty precis_property(char32_t c) {
  if (const auto stated = exception(c)) return *stated;
  if (is_unassigned(c)) return PrecisProperty::disallowed;
  if (c >= 0x21 && c <= 0x7e) return PrecisProperty::valid;  // ASCII7 (K)
  if (has(c, UCHAR_JOIN_CONTROL)) return PrecisProperty::contextual;
  if (is_old_hangul_jamo(c)) return PrecisProperty::disallowed;
  if (has(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || has(c, UCHAR_NONCHARACTER_CODE_POINT)) {
    return PrecisProperty::disallowed;  // PrecisIgnorableProperties (M)
  }
  if (is_in_categories(c, U_GC_CC_MASK)) return PrecisProperty::disallowed;  // Controls (L)
  if (has_compat(c)) return PrecisProperty::free_only;
  if (is_in_categories(c, kLetterDigits)) return PrecisProperty::valid;
  if (is_in_categories(c, kOtherLetterDigits | kSpaces | kSymbols | kPunctuation)) {
    return PrecisProperty::free_only;
  }
  return PrecisProperty::disallowed;
}

bool is_in_u_labels(char32_t c) {
  if (const auto stated = exception(c)) return *stated != PrecisProperty::disallowed;
  if (is_unassigned(c)) return false;
  if (c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) return true;  // LDH (E)
  if (has(c, UCHAR_JOIN_CONTROL)) return true;
  if (is_unstable(c)) return false;
  if (has(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || has(c, UCHAR_WHITE_SPACE) ||
      has(c, UCHAR_NONCHARACTER_CODE_POINT)) {
    return false;  // IgnorableProperties (C)
  }
  if (is_in_ignorable_block(c) || is_old_hangul_jamo(c)) return false;
  return is_in_categories(c, kLetterDigits);
}

bool context_allows(std::u32string_view text, std::size_t at) {
  const char32_t c = text[at];
  const bool has_after = at + 1 < text.size();
  switch (c) {
    case kZeroWidthNonJoiner:  // A.1
      return follows_virama(text, at) || breaks_cursive_joining(text, at);
    case kZeroWidthJoiner:  // A.2
      return follows_virama(text, at);
    case kMiddleDot:  // A.3
      return at > 0 && text[at - 1] == 'l' && has_after && text[at + 1] == 'l';
    case kKeraia:  // A.4
      return has_after && script_of(text[at + 1]) == USCRIPT_GREEK;
    case kGeresh:     // A.5
    case kGershayim:  // A.6
      return at > 0 && script_of(text[at - 1]) == USCRIPT_HEBREW;
    case kKatakanaMiddleDot:  // A.7
      return std::any_of(text.begin(), text.end(), is_kana_or_han);
    default: break;
  }
  if (is_arabic_indic_digit(c)) {  // A.8
    return std::none_of(text.begin(), text.end(), is_extended_arabic_indic_digit);
  }
  if (is_extended_arabic_indic_digit(c)) {  // A.9
    return std::none_of(text.begin(), text.end(), is_arabic_indic_digit);
  }
  return false;  // no rule, not allowed (RFC 8264 section 8)
}

bool satisfies_bidi_rule(std::u32string_view text) {
  std::uint32_t seen = 0;  // the directions that occur, as bits
  std::uint32_t last = 0;  // that of the last code point that is not a nonspacing mark
  std::uint32_t first = 0;
  for (const char32_t c : text) {
    const std::uint32_t direction = U_MASK(u_charDirection(icu_char(c)));
    if (first == 0) first = direction;
    seen |= direction;
    if (direction != U_MASK(U_DIR_NON_SPACING_MARK)) last = direction;
  }
  constexpr std::uint32_t kRight = U_MASK(U_RIGHT_TO_LEFT) | U_MASK(U_RIGHT_TO_LEFT_ARABIC);
  constexpr std::uint32_t kEuropean = U_MASK(U_EUROPEAN_NUMBER);
  constexpr std::uint32_t kArabic = U_MASK(U_ARABIC_NUMBER);
  constexpr std::uint32_t kNeutral =
      U_MASK(U_EUROPEAN_NUMBER_SEPARATOR) | U_MASK(U_COMMON_NUMBER_SEPARATOR) |
      U_MASK(U_EUROPEAN_NUMBER_TERMINATOR) | U_MASK(U_OTHER_NEUTRAL) | U_MASK(U_BOUNDARY_NEUTRAL) |
      U_MASK(U_DIR_NON_SPACING_MARK);
  if ((seen & (kRight | kArabic)) == 0) return true;
  if ((first & kRight) == 0) return false;  // 1; and 5, which an L at the front would break
  if ((seen & ~(kRight | kArabic | kEuropean | kNeutral)) != 0) return false;  // 2
  if ((last & (kRight | kArabic | kEuropean)) == 0) return false;              // 3
  return (seen & kArabic) == 0 || (seen & kEuropean) == 0;                     // 4
}

}  // namespace muster
