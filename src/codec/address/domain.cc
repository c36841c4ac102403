#include "codec/address/domain.h"

#include <unicode/bytestream.h>
#include <unicode/idna.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/ascii.h"
#include "base/check.h"
#include "codec/address/code_points.h"
#include "codec/address/ip_literal.h"
#include "codec/address/unicode_text.h"

namespace muster {
namespace {

constexpr bool is_ascii_only(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

enum class Shape {
  canonical,  // lowercase NR-LDH labels (RFC 5890 section 2.3.1)
  uppercase,  // the same but for their case
  unknown,    // for IDNA to look at
  malformed,
  too_long,
};

// What an ASCII name, or its label, is; `unknown` from the first byte that is not ASCII.
Shape shape_of(std::string_view name) {
  bool lowered = true;
  bool reserved = false;  // "--" in the third and fourth place, as A-labels have it
  std::size_t label = 0;  // where it begins
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const char c = i < name.size() ? name[i] : '.';
    if (is_digit(c) || (c >= 'a' && c <= 'z')) continue;
    if (c == '.') {
      if (i == label || name[i - 1] == '-') return Shape::malformed;
      if (i - label > kLabelBytesMax) return Shape::too_long;
      label = i + 1;
    } else if (c == '-') {
      if (i == label) return Shape::malformed;
      reserved = reserved || (i == label + 3 && name[i - 1] == '-');
    } else if (c >= 'A' && c <= 'Z') {
      lowered = false;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return Shape::unknown;
    } else {
      return Shape::malformed;
    }
  }
  if (reserved) return Shape::unknown;
  if (name.size() > kDomainNameBytesMax) return Shape::too_long;
  return lowered ? Shape::canonical : Shape::uppercase;
}

const icu::IDNA& idna() {
  static const std::unique_ptr<const icu::IDNA> instance = [] {
    constexpr std::uint32_t kOptions =
        UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO |
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE;
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<const icu::IDNA> made(icu::IDNA::createUTS46Instance(kOptions, status));
    MUSTER_CHECK(U_SUCCESS(status));
    return made;
  }();
  return *instance;
}

icu::StringPiece piece(std::string_view text) {
  return icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size()));
}

// The errors that UTS #46 finds in `name`, as UIDNA_ERROR_... bits.
std::uint32_t to_u_labels(std::string_view name, std::string& out) {
  UErrorCode status = U_ZERO_ERROR;
  icu::IDNAInfo info;
  icu::StringByteSink<std::string> sink(&out);
  idna().nameToUnicodeUTF8(piece(name), sink, info, status);
  MUSTER_CHECK(U_SUCCESS(status));
  return info.getErrors();
}
std::uint32_t to_a_labels(std::string_view name, std::string& out) {
  UErrorCode status = U_ZERO_ERROR;
  icu::IDNAInfo info;
  icu::StringByteSink<std::string> sink(&out);
  idna().nameToASCII_UTF8(piece(name), sink, info, status);
  MUSTER_CHECK(U_SUCCESS(status));
  return info.getErrors();
}

Result<std::string_view, AddressError> canonical_idn(std::string_view name, std::string& scratch) {
  std::string u_labels;
  if (to_u_labels(name, u_labels) != 0) return Failure{AddressError::malformed_domainpart};
  // UTS #46 admits symbols that IDNA2008 does not.
  const auto text = decode_utf8(u_labels);
  const bool valid = text && !text->empty() && text->back() != U'.' &&
                     std::all_of(text->begin(), text->end(),
                                 [](char32_t c) { return c == U'.' || is_in_u_labels(c); });
  if (!valid) return Failure{AddressError::malformed_domainpart};
  std::string a_labels;
  const std::uint32_t errors = to_a_labels(u_labels, a_labels);
  if ((errors & (UIDNA_ERROR_LABEL_TOO_LONG | UIDNA_ERROR_DOMAIN_NAME_TOO_LONG)) != 0) {
    return Failure{AddressError::too_long};
  }
  if (errors != 0) return Failure{AddressError::malformed_domainpart};
  if (u_labels == name) return name;
  scratch = std::move(u_labels);
  return std::string_view(scratch);
}

}  // namespace

Result<std::string_view, AddressError> canonical_domain(std::string_view text,
                                                        std::string& scratch) {
  // "such a character MUST be stripped before any other canonicalization steps"
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return Failure{AddressError::empty};
  if (text.front() == '[') return canonical_ip_literal(text, scratch);
  switch (shape_of(text)) {
    case Shape::canonical: return text;
    case Shape::uppercase:
      scratch.resize(text.size());
      std::transform(text.begin(), text.end(), scratch.begin(), ascii_lower);
      return std::string_view(scratch);
    case Shape::unknown: return canonical_idn(text, scratch);
    case Shape::malformed: return Failure{AddressError::malformed_domainpart};
    case Shape::too_long: return Failure{AddressError::too_long};
  }
  MUSTER_UNREACHABLE("every shape is answered");
}

void append_ascii_domain(std::string& out, std::string_view canonical) {
  if (is_ascii_only(canonical)) {
    out.append(canonical);
    return;
  }
  MUSTER_CHECK(to_a_labels(canonical, out) == 0);
}

}  // namespace muster
