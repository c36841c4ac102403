#include "server/sip_contact.h"

#include "base/ascii.h"

namespace muster {
namespace {

bool is_over_tls(const sip::Uri& uri) {
  const auto transport = uri.param("transport");
  return transport && equals_ignoring_case(transport->value, "tls");
}

}  // namespace

std::string sip_contact_for(std::string_view server, Transport came_by, sip::Scheme asked_for) {
  const sip::Uri uri = *sip::parse_uri(server);
  const bool sips = asked_for == sip::Scheme::sips;
  const bool over_tls = is_over_tls(uri);
  const bool will_do = over_tls || came_by != Transport::tls;
  if (uri.scheme == sip::Scheme::sips || (!sips && will_do)) return std::string(server);
  const std::string host(uri.host.text);
  std::string contact = sips ? "sips:" : "sip:";
  contact += uri.host.kind == sip::HostKind::ipv6 ? "[" + host + "]" : host;
  if (!sips) return contact + ";transport=tls";
  if (over_tls && uri.port) contact += ":" + std::to_string(*uri.port);
  return contact;
}

}  // namespace muster
