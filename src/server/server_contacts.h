// Where users reach a server of the cluster: what they are told who are served there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "codec/xmpp/redirection.h"
#include "server/cluster_port.h"

namespace muster {

struct ServerContacts {
  std::uint64_t server = 0;  // its incarnation; 0: this server
  std::string svr_id;
  std::optional<Redirection> xmpp;
  std::optional<Redirection> web_socket;  // for XMPP streams over WebSocket
  std::string sip;  // a SIP URI without a user; empty: it serves no SIP
};

// Of what it says of itself; an endpoint that nobody could be sent to is none.
ServerContacts contacts_of(const cluster::Self& server);

}  // namespace muster
