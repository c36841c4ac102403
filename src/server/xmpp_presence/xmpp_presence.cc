#include "server/xmpp_presence/xmpp_presence.h"

#include <utility>

#include "base/check.h"
#include "codec/address/jid.h"
#include "codec/xmpp/stanza.h"

namespace muster {

// RFC 6120 section 10: where a stanza goes is decided by its `to`.
void XmppPresence::on(Now, const StanzaReceived& received, Outbox& out) {
  XmppSession* session = sessions_.find(received.session);
  if (session == nullptr) return;
  const xml::Element& stanza = received.stanza;
  Sent sent{*session, stanza, received.language, stanza.attribute("type"), {}};
  if (const auto to = stanza.attribute("to")) {
    auto address = parse_jid(*to);
    if (!address) return refuse(sent, StanzaError::jid_malformed, out);
    sent.to = *std::move(address);
    if (!shard_.settings.serves(sent.to.domain())) {
      return refuse(sent, StanzaError::remote_server_not_found, out);
    }
  }
  if (stanza.name() == "presence") {
    take_presence(sent, out);
  } else if (stanza.name() == "message") {
    take_message(sent, out);
  } else {
    take_iq(sent, out);
  }
}

// The one place where a session meets its link, but for the fan-out of presence.cc.
void XmppPresence::send(const XmppSession& session, std::string xml, Outbox& out) {
  if (session.link.valid()) out.order(SendBytes{session.link, std::move(xml)});
}

// RFC 6120 section 8.3.1. An error is never answered with an error (rule 8), nor is the result of
// an iq (section 8.2.3 rule 4); no malformed address goes out (rule 2).
void XmppPresence::refuse(const Sent& sent, StanzaError why, Outbox& out, std::string_view text) {
  const std::string_view kind = sent.stanza.name();
  if (sent.type == "error" || (kind == "iq" && sent.type == "result")) return;
  const Address full = sent.session.full();
  ReplyAddresses addresses{sent.to.text(), full.text(), sent.stanza.attribute("id")};
  if (sent.to.empty() && sent.stanza.attribute("to")) addresses.from = full.domain();
  send(sent.session, error_stanza_xml(kind, addresses, why, text), out);
}

}  // namespace muster
