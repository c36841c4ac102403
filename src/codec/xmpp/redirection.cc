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
  const auto at = sip::parse_host_port(text);
  if (!at || at->port.value_or(0) == 0) return std::nullopt;
  to.host = at->host.text;
  to.port = *at->port;
  return to;
}

}  // namespace muster
