#include "codec/xmpp/redirection.h"

#include "codec/cluster/names.h"
#include "codec/pidf/values.h"
#include "codec/sip/host.h"
#include "codec/sip/uri.h"
#include "codec/xml/writer.h"

namespace muster {

std::string to_text(const Redirection& to) {
  if (!to.websocket_uri.empty()) return to.websocket_uri;
  const bool ipv6 = to.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + to.host + "]" : to.host) + ":" + std::to_string(to.port);
}

std::string redirection_xml(const Redirection& to) {
  std::string out;
  xml::Writer writer(out);
  writer.open("redirection").attribute("xmlns", cluster::kNsCluster).text(to_text(to)).close();
  return out;
}

std::optional<Redirection> read_redirection(const xml::Element& element) {
  if (!element.is("redirection", cluster::kNsCluster) &&
      !element.is("redirect", cluster::kNsCluster)) {
    return std::nullopt;
  }
  return read_redirection(pidf::trim(element.text()));
}

std::optional<Redirection> read_redirection(std::string_view text) {
  if (text.size() > kRedirectionBytesMax) return std::nullopt;
  Redirection to;
  if (text.starts_with("wss:")) {
    if (!sip::parse_uri(text)) return std::nullopt;
    to.websocket_uri = text;
    return to;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host_text = text.substr(0, colon);
  const auto host = sip::parse_host(host_text);
  const auto port = sip::parse_port(text.substr(colon + 1));
  if (!host || !port || *port == 0) return std::nullopt;
  // Without its brackets an IPv6 address would take the port for a part of it.
  if (host->kind == sip::HostKind::ipv6 && !host_text.starts_with('[')) return std::nullopt;
  to.host = host->text;
  to.port = *port;
  return to;
}

}  // namespace muster
