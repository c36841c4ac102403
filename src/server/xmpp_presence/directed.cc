// The part of XmppPresence that is about presence for one recipient: RFC 6121 section 4.6, and
// probes (sections 4.3 and 4.6.6).
//
// Whether the recipient sees the sender's presence anyway is known to presence_db alone. So she is
// noted even then, and when the session leaves she may hear it twice, which harms nobody.

#include <algorithm>
#include <utility>

#include "codec/xml/writer.h"
#include "codec/xmpp/stanza.h"
#include "server/planted.h"
#include "server/xmpp_presence/recipients.h"
#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {
namespace {

// False at the limit.
bool note(XmppSession& session, const Address& who, std::size_t limit) {
  if (session.directed == nullptr) session.directed = std::make_unique<std::vector<Address>>();
  std::vector<Address>& noted = *session.directed;
  if (std::find(noted.begin(), noted.end(), who) != noted.end()) return true;
  if (noted.size() >= limit) return false;
  noted.push_back(who);
  return true;
}

void forget(XmppSession& session, const Address& who) {
  if (session.directed == nullptr) return;
  std::erase(*session.directed, who);
  if (session.directed->empty()) session.directed.reset();
}

}  // namespace

// --- of the sessions of this shard ---------------------------------------------------------------

// RFC 6121 section 4.6.3. Her own other sessions hear of it without being noted, when she leaves.
void XmppPresence::direct(const Sent& sent, Outbox& out) {
  const Address& own = sent.session.user->account;
  if (sent.type) {
    forget(sent.session, sent.to);
  } else if (sent.to.has_local() && !sent.to.same_bare(own) &&
             !note(sent.session, sent.to, shard_.settings.limits.directed_presences_max)) {
    return refuse(sent, StanzaError::resource_constraint, out);
  }
  pass_on_presence(sent, sent.to, out);
}

// As it came, from the session, to the home of whom it is for. The server itself has no use for
// presence (RFC 6120 section 10.5.1).
void XmppPresence::pass_on_presence(const Sent& sent, Address to, Outbox& out) {
  if (!to.has_local()) return;
  Address from = sent.session.full();
  auto xml = readdressed(sent.stanza, from.text(), to.text(), sent.language);
  if (!xml) return refuse(sent, StanzaError::policy_violation, out);
  const ShardId home = shard_.home_of(to);
  out.emit(home, StanzaForUser{StanzaKind::presence, std::string(sent.type.value_or("")),
                               std::string(sent.stanza.attribute("id").value_or("")),
                               std::move(from), std::move(to), *std::move(xml)});
}

// Case 2 of section 4.6.3: those who got directed presence are told, one value for each shard.
void XmppPresence::leave_directed(XmppSession& session, const SharedText& after, Outbox& out) {
  const auto directed = std::exchange(session.directed, nullptr);
  if (directed == nullptr || shard_.planted == Planted::directed_kept) return;
  const SharedText before = start_of_presence(session);
  if (shard_.settings.cluster) return leave_each(session, *directed, *before, *after, out);
  std::vector<std::vector<Address>> to(shard_.shards);
  for (Address& address : *directed) {
    to[shard_.home_of(address).number()].push_back(std::move(address));
  }
  for (std::uint8_t i = 0; i < shard_.shards; ++i) {
    if (to[i].empty()) continue;
    out.emit(ShardId(i), PresenceBroadcast{before, after, std::move(to[i])});
  }
}

// Wherever they are served: each goes its own way.
void XmppPresence::leave_each(const XmppSession& session, const std::vector<Address>& directed,
                              std::string_view before, std::string_view after, Outbox& out) {
  for (const Address& to : directed) {
    std::string xml(before);
    xml::append_escaped(xml, to.text());
    xml.append(after);
    out.emit(
        shard_.home_of(to),
        StanzaForUser{StanzaKind::presence, "unavailable", {}, session.full(), to, std::move(xml)});
  }
}

// --- for the sessions of this shard --------------------------------------------------------------

// Sections 8.5.2.1.2 and 8.5.3.1. Who is told that somebody left need not tell her (section 4.6.1).
void XmppPresence::take_directed(const StanzaForUser& stanza, Outbox& out) {
  if (stanza.type == "error" && !stanza.to.has_resource()) return;
  const XmppUser* user = sessions_.find_user(stanza.to.bare());
  if (user == nullptr) return;
  for_each_recipient(*user, stanza.to, [&](XmppSession& session) {
    if (stanza.type == "unavailable") forget(session, stanza.from);
    send(session, stanza.xml, out);
  });
}

// Who may see whom is presence_db's to say; that a session showed itself to the watcher is known
// here.
void XmppPresence::take_probe(const StanzaForUser& probe, Outbox& out) {
  ProbeAsked asked{probe.from, probe.to, probe.id, {}};
  if (const XmppUser* user = sessions_.find_user(probe.to.bare())) {
    for (const XmppSession* session : user->sessions) {
      if (probe.to.has_resource() && session->resource != probe.to.resource()) continue;
      if (session->is_shown_to(probe.from)) asked.directed.push_back(session->full());
    }
  }
  out.emit(std::move(asked));
}

}  // namespace muster
