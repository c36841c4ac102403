#include "server/conversion/names.h"

#include "codec/address/jid.h"
#include "codec/pidf/id.h"

namespace muster {

std::string resource_name(std::string_view text) {
  std::string scratch;
  const auto canonical = canonical_resourcepart(text, scratch);
  const bool fits = canonical && canonical->size() <= kGivenNameBytesMax;
  return std::string(fits ? *canonical : "sip");
}

std::string resource_name_of_id(std::string_view id) {
  if (!id.starts_with(kIdPrefix)) return resource_name(id);
  return resource_name(pidf::from_id(id.substr(kIdPrefix.size())));
}

}  // namespace muster
