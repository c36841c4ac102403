#include "server/own_name.h"

#include <string>

#include "base/ascii.h"
#include "codec/address/domain.h"

namespace muster {

bool is_own_name(const sip::Host& host, const Settings& settings) {
  if (!settings.cluster || host.kind != sip::HostKind::name) return false;
  if (equals_ignoring_case(settings.cluster->self.svr_id, "sip:" + std::string(host.text))) {
    return true;
  }
  std::string scratch;
  const auto name = canonical_domain(host.text, scratch);
  return name && settings.is_own_name(*name);
}

}  // namespace muster
