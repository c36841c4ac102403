#include "server/server_contacts.h"

#include <string_view>

#include "codec/sip/uri.h"

namespace muster {
namespace {

constexpr std::string_view kXmppScheme = "xmpp:";

}  // namespace

ServerContacts contacts_of(const cluster::Self& server) {
  using Kind = cluster::ServerEndpoint::Kind;
  ServerContacts contacts;
  contacts.svr_id = server.svr_id;
  for (const cluster::ServerEndpoint& endpoint : server.endpoints) {
    if (endpoint.kind == Kind::sip) {
      const auto uri = sip::parse_uri(endpoint.contact);
      if (uri && uri->is_sip() && !uri->has_user()) contacts.sip = endpoint.contact;
    }
    if (endpoint.kind == Kind::wss) {
      const auto where = read_redirection(std::string_view(endpoint.contact));
      if (where && !where->websocket_uri.empty()) contacts.web_socket = where;
    }
    if (endpoint.kind != Kind::xmpp || !endpoint.contact.starts_with(kXmppScheme)) continue;
    contacts.xmpp = read_redirection(std::string_view(endpoint.contact).substr(kXmppScheme.size()));
  }
  return contacts;
}

}  // namespace muster
