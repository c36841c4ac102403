#include "server/xmpp_presence/xmpp_presence.h"

#include <utility>

#include "base/check.h"
#include "codec/address/jid.h"
#include "codec/xmpp/stanza.h"
#include "server/planted.h"

namespace muster {

// RFC 6120 section 10: where a stanza goes is decided by its `to`.
void XmppPresence::on(Now now, const StanzaReceived& received, Outbox& out) {
  XmppSession* session = sessions_.find(received.session);
  if (session == nullptr) return;
  if (session->managed != nullptr && shard_.planted != Planted::count_stands_still) {
    session->managed->take_stanza();
  }
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
    take_iq(now, sent, out);
  }
}

// The one place where a session meets its link, but for presence (presence.cc) and what is no
// stanza (management.cc). `transit` is what goes another way if this session does not handle it.
void XmppPresence::send(XmppSession& session, std::string xml, Outbox& out,
                        std::shared_ptr<InTransit> transit) {
  if (session.managed == nullptr) {
    if (session.link.valid()) out.order(SendBytes{session.link, std::move(xml)});
    return;
  }
  Unacknowledged kept{nullptr, nullptr, false, static_cast<std::uint32_t>(xml.size()),
                      std::move(transit)};
  if (kept.transit == nullptr) kept.before = share(xml);
  keep(session, std::move(kept));
  if (session.link.valid()) out.order(SendBytes{session.link, std::move(xml)});
  look_after(session, out);
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
