// What is offered to a peer at each stage of the negotiation: stream features and SASL mechanisms.
// RFC 6120 sections 4.3.2, 5.4.1, 6.4.1 and 7.4.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "codec/xmpp/errors.h"
#include "server/settings.h"
#include "server/xmpp_stream/stream.h"

namespace muster {

// In the order in which we prefer them (section 6.3.3).
struct SaslMechanism {
  std::string_view name;
  bool binds_channel;  // and so needs TLS (RFC 5802 section 6)
};
inline constexpr std::array<SaslMechanism, 5> kSaslMechanisms = {{
    {"SCRAM-SHA-256-PLUS", true},
    {"SCRAM-SHA-1-PLUS", true},
    {"SCRAM-SHA-256", false},
    {"SCRAM-SHA-1", false},
    {"PLAIN", false},
}};

// Nobody logs in over a link that others can read, unless the operator allows it.
inline bool may_log_in(const Settings& settings, bool secure) {
  return secure || settings.plain_without_tls;
}

// Why a mechanism that was asked for cannot be had here; nothing if it was offered.
std::optional<SaslError> why_not_offered(std::string_view mechanism, const Settings& settings,
                                         bool secure);

// Of a stream whose header was just answered: it is `negotiating` or `binding`.
std::string features_xml(const Settings& settings, const Stream& stream);

}  // namespace muster
