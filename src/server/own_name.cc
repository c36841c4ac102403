#include "server/own_name.h"

#include <string>

#include "base/ascii.h"
#include "codec/address/domain.h"

namespace muster {

bool is_own_name(const sip::Host& host, const Settings& settings) {
  if (!settings.cluster || host.kind != sip::HostKind::name) return false;
  constexpr std::string_view kScheme = "sip:";
  const std::string_view own = settings.cluster->self.svr_id;
  std::string scratch;
  const auto name = canonical_domain(host.text, scratch);
  if (!name || settings.serves(*name)) return false;
  return settings.is_own_name(*name) ||
         (own.starts_with(kScheme) && equals_ignoring_case(own.substr(kScheme.size()), host.text));
}

}  // namespace muster
