#include "codec/address/jid.h"

#include <algorithm>
#include <array>

#include "codec/address/precis.h"

namespace muster {
namespace {

// RFC 7622 section 3.3.1.
constexpr std::array<bool, 256> kExcludedFromLocalparts = [] {
  std::array<bool, 256> excluded{};
  for (const char c : std::string_view("\"&'/:<>@"))
    excluded[static_cast<unsigned char>(c)] = true;
  return excluded;
}();
bool is_excluded_from_localparts(char c) {
  return kExcludedFromLocalparts[static_cast<unsigned char>(c)];
}

using Canonical = Result<std::string_view, AddressError>;

template <class Enforce>
Canonical canonical_part(Enforce enforce, std::string_view text, std::string& scratch) {
  if (text.size() > kPartInputBytesMax) return Failure{AddressError::too_long};
  const Canonical part = enforce(text, scratch);
  if (part && part->size() > Address::kPartBytesMax) return Failure{AddressError::too_long};
  return part;
}

}  // namespace

Canonical canonical_localpart(std::string_view text, std::string& scratch) {
  const Canonical part = canonical_part(enforce_username, text, scratch);
  if (part && std::any_of(part->begin(), part->end(), is_excluded_from_localparts)) {
    return Failure{AddressError::disallowed};
  }
  return part;
}

Canonical canonical_domainpart(std::string_view text, std::string& scratch) {
  return canonical_part(canonical_domain, text, scratch);
}

Canonical canonical_resourcepart(std::string_view text, std::string& scratch) {
  const Canonical part = canonical_part(enforce_opaque_string, text, scratch);
  if (part && part->front() == ' ') return Failure{AddressError::space_at_edge};
  return part;
}

Result<Address, AddressError> parse_jid(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view bare = text.substr(0, slash);
  const std::size_t at = bare.find('@');

  std::string local_scratch;
  std::string_view local;
  if (at != std::string_view::npos) {
    const Canonical part = canonical_localpart(bare.substr(0, at), local_scratch);
    if (!part) return Failure{part.error()};
    local = *part;
  }
  std::string domain_scratch;
  const std::string_view after_at = at == std::string_view::npos ? bare : bare.substr(at + 1);
  const Canonical domain = canonical_domainpart(after_at, domain_scratch);
  if (!domain) return Failure{domain.error()};

  std::string resource_scratch;
  std::string_view resource;
  if (slash != std::string_view::npos) {
    const Canonical part = canonical_resourcepart(text.substr(slash + 1), resource_scratch);
    if (!part) return Failure{part.error()};
    resource = *part;
  }
  return Address::of_canonical(local, *domain, resource);
}

}  // namespace muster
