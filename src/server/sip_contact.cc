#include "server/sip_contact.h"

#include "base/ascii.h"

namespace muster {
namespace {

// Of a SIP URI that is one.
bool is_secure(std::string_view text) {
  const auto uri = sip::parse_uri(text);
  if (uri->scheme == sip::Scheme::sips) return true;
  const auto transport = uri->param("transport");
  return transport && equals_ignoring_case(transport->value, "tls");
}

}  // namespace

std::string sip_contact_for(std::string_view server, Transport came_by, sip::Scheme asked_for) {
  const bool sips = asked_for == sip::Scheme::sips;
  if ((came_by != Transport::tls && !sips) || is_secure(server)) return std::string(server);
  const auto host = sip::parse_uri(server)->host;
  std::string uri = sips ? "sips:" : "sip:";
  uri.append(host.kind == sip::HostKind::ipv6 ? "[" + std::string(host.text) + "]"
                                              : std::string(host.text));
  if (!sips) uri.append(";transport=tls");
  return uri;
}

}  // namespace muster
