#include "server/own_name.h"

#include <string>

#include "codec/address/domain.h"

namespace muster {

bool is_own_name(const sip::Host& host, const Settings& settings) {
  if (!settings.cluster || host.kind != sip::HostKind::name) return false;
  std::string scratch;
  const auto name = canonical_domain(host.text, scratch);
  return name && settings.is_own_name(*name);
}

}  // namespace muster
