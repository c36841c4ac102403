// The part of XmppPresence that is about subscriptions: RFC 6121 section 3. What they make of
// rosters is presence_db's.

#include <cstdint>
#include <optional>
#include <utility>

#include "codec/xmpp/stanza.h"
#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {

// From and to bare addresses (sections 3, 3.1.2). An entity is subscribed to its own presence
// (section 4.2.2), and that cannot be changed; the server has none.
void XmppPresence::ask_subscription(const Sent& sent, SubscriptionVerb verb, Outbox& out) {
  if (sent.to.empty()) return refuse(sent, StanzaError::bad_request, out);
  if (!sent.to.has_local()) return refuse(sent, StanzaError::service_unavailable, out);
  const Address& account = sent.session.user->account;
  if (sent.to.same_bare(account)) return refuse(sent, StanzaError::not_allowed, out);
  Address peer = sent.to.to_bare();
  auto xml = readdressed(sent.stanza, account.text(), peer.text(), sent.language);
  if (!xml || xml->size() > shard_.settings.limits.subscription_bytes_max) {
    return refuse(sent, StanzaError::policy_violation, out);
  }
  std::optional<std::uint32_t> counted;
  if (sent.session.managed != nullptr) counted = sent.session.managed->note_unstored();
  out.emit(SubscriptionAsked{sent.session.id, account, std::move(peer), verb,
                             std::string(sent.stanza.attribute("id").value_or("")), *std::move(xml),
                             counted});
}

// Section 3.1.2, last part.
void XmppPresence::on(Now, const SubscriptionRefused& refused, Outbox& out) {
  XmppSession* session = sessions_.find(refused.session);
  if (session == nullptr) return;
  const Address full = session->full();
  ReplyAddresses addresses{refused.peer.text(), full.text(), std::nullopt};
  if (!refused.id.empty()) addresses.id = refused.id;
  send(*session, error_stanza_xml("presence", addresses, refused.why), out);
}

void XmppPresence::on(Now, const SubscriptionShown& shown, Outbox& out) {
  const XmppUser* user = sessions_.find_user(shown.to.bare());
  if (user == nullptr) return;
  for (XmppSession* session : user->sessions) {
    const bool meant = shown.to.has_resource() ? session->resource == shown.to.resource()
                       : shown.verb == SubscriptionVerb::subscribe ? session->available
                                                                   : session->interested;
    if (meant) send(*session, shown.stanza, out);
  }
}

}  // namespace muster
