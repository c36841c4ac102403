// The name by which users reach this server alone (ClusterSettings::host_name), or that of its own
// SIP URI: in a SIP URI it stands for the first domain, as our address does (design, "The redirect
// ladder"). A domain that is served is no such name.
#pragma once

#include "codec/sip/uri.h"
#include "server/settings.h"

namespace muster {

bool is_own_name(const sip::Host& host, const Settings& settings);

}  // namespace muster
