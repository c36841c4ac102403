// What a code point may do in an address: the derived properties of PRECIS (RFC 8264) and IDNA2008
// (RFC 5892), the contextual rules and the Bidi Rule, over the Unicode properties of ICU. What ICU
// does not know is unassigned and therefore disallowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster {

// RFC 8264 section 8.
enum class PrecisProperty : std::uint8_t {
  valid,       // PVALID: in both string classes
  contextual,  // CONTEXTJ or CONTEXTO: in both, where context_allows
  free_only,   // ID_DIS or FREE_PVAL: in the FreeformClass only
  disallowed,  // DISALLOWED or UNASSIGNED
};
PrecisProperty precis_property(char32_t c);

// Whether an internationalized label may hold `c`: PVALID, CONTEXTJ or CONTEXTO of RFC 5892
// section 3. The contextual rules are left to who checks the label (ICU does).
bool is_in_u_labels(char32_t c);

// The rule of RFC 5892 appendix A for the contextual code point text[at].
bool context_allows(std::u32string_view text, std::size_t at);

// The six conditions of RFC 5893 section 2, for text that has right-to-left code points; other
// text satisfies them by definition (RFC 8265 section 3.3.1).
bool satisfies_bidi_rule(std::u32string_view text);

}  // namespace muster
