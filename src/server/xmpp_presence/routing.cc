// The part of XmppPresence that routes messages and iqs: RFC 6121 section 8.5, by the tables below.

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "codec/xml/namespaces.h"
#include "codec/xmpp/stanza.h"
#include "server/planted.h"
#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {
namespace {

// Whom a message reaches: nobody; the sessions with the highest priority (the RFC's "most
// available"); all. Negative priorities never count (section 8.5.2.1.1).
enum class Reach : std::uint8_t { none, highest, all };

// One column of table 1 (section 8.5.4).
struct MessageRule {
  std::string_view type;
  Reach bare;
  Reach unmatched;   // a full address that no session has
  bool told;         // if nobody took it, its sender is
  bool for_sip_too;  // text from a person to a person: SIP devices can take it (RFC 7572)
};
constexpr std::array<MessageRule, 5> kMessageRules = {{
    {"normal", Reach::highest, Reach::none, true, true},
    {"chat", Reach::highest, Reach::highest, true, true},
    {"groupchat", Reach::none, Reach::none, true, false},
    {"headline", Reach::all, Reach::none, false, false},
    {"error", Reach::none, Reach::none, false, false},
}};

// What is no known type is a normal message (section 5.2.2).
const MessageRule& rule_of(std::string_view type) {
  for (const MessageRule& rule : kMessageRules) {
    if (rule.type == type) return rule;
  }
  return kMessageRules.front();
}

std::vector<XmppSession*> reached(const XmppUser* user, Reach reach, Planted planted) {
  std::vector<XmppSession*> found;
  if (user == nullptr || reach == Reach::none) return found;
  std::int8_t highest = planted == Planted::negative_reached ? -128 : 0;
  for (XmppSession* session : user->sessions) {
    if (!session->available || session->priority < highest) continue;
    if (reach == Reach::highest && session->priority > highest) {
      highest = session->priority;
      found.clear();
    }
    found.push_back(session);
  }
  return found;
}

// Kept by those of them that count what they get; nothing if none does. One that does not has it
// for good.
std::shared_ptr<InTransit> in_transit(Now now, const StanzaForUser& stanza,
                                      const std::vector<XmppSession*>& takers) {
  const auto counts = [](const XmppSession* session) { return session->managed != nullptr; };
  const auto counting = std::count_if(takers.begin(), takers.end(), counts);
  if (counting == 0) return nullptr;
  auto transit =
      std::make_shared<InTransit>(InTransit{stanza, stanza.delayed_since.value_or(now.unix_time)});
  transit->stanza.asked_by_sip = 0;
  transit->handled = counting != std::ssize(takers);
  return transit;
}

std::string text_of(std::optional<std::string_view> attribute) {
  return std::string(attribute.value_or(std::string_view()));
}

}  // namespace

// --- from the sessions of this shard -------------------------------------------------------------

void XmppPresence::take_message(const Sent& sent, Outbox& out) {
  Address from = sent.session.full();
  // RFC 6120 section 10.3.1.
  Address to = sent.to.empty() ? sent.session.user->account : sent.to;
  if (!to.has_local()) return refuse(sent, StanzaError::service_unavailable, out);
  auto xml = readdressed(sent.stanza, from.text(), to.text(), sent.language);
  if (!xml) return refuse(sent, StanzaError::policy_violation, out);
  const ShardId home = shard_.home_of(to);
  StanzaForUser message{
      StanzaKind::message, text_of(sent.type), text_of(sent.stanza.attribute("id")),
      std::move(from),     std::move(to),      *std::move(xml)};
  message.has_body = sent.stanza.child("body", xml::kNsClient).has_value();
  out.emit(home, std::move(message));
}

// RFC 6120 sections 8.2.3 and 10.3.3.
void XmppPresence::take_iq(Now now, const Sent& sent, Outbox& out) {
  const auto id = sent.stanza.attribute("id");
  const bool request = sent.type == "get" || sent.type == "set";
  if (!request && sent.type != "result" && sent.type != "error") {
    return refuse(sent, StanzaError::bad_request, out);
  }
  const xml::ChildRange children = sent.stanza.children();
  if (request && (!id || children.empty() || std::next(children.begin()) != children.end())) {
    return refuse(sent, StanzaError::bad_request, out);
  }
  const Address& account = sent.session.user->account;
  const bool to_session = sent.to.has_local() && sent.to.has_resource();
  if (!to_session) {
    // An answer to the server itself: to a roster push, to a ping.
    if (!request) return;
    const xml::Element child = *children.begin();
    if (sent.to.empty() || sent.to == account) return answer_for_account(sent, child, out);
    return sent.to.has_local() ? ask_for_account(sent, child, out)
                               : answer_for_server(sent, child, out);
  }
  Address from = sent.session.full();
  auto xml = readdressed(sent.stanza, from.text(), sent.to.text(), sent.language);
  if (!xml) return refuse(sent, StanzaError::policy_violation, out);
  const ShardId home = shard_.home_of(sent.to);
  if (!request) {
    return out.emit(home, StanzaForUser{StanzaKind::iq, text_of(sent.type), text_of(id),
                                        std::move(from), sent.to, *std::move(xml)});
  }
  RequestForUser asked{RequestForUser::Kind::to_session, text_of(id), std::move(from), sent.to,
                       *std::move(xml)};
  if (sent.to.same_bare(account)) return route_request(now, asked, true, out);
  out.emit(home, std::move(asked));
}

// --- for the users of this shard -----------------------------------------------------------------

void XmppPresence::on(Now now, const StanzaForUser& stanza, Outbox& out) {
  switch (stanza.kind) {
    case StanzaKind::message: return route_message(now, stanza, out);
    case StanzaKind::presence:
      return stanza.type == "probe" ? take_probe(stanza, out) : take_directed(stanza, out);
    case StanzaKind::iq:
      // Answers (section 8.5.3.1); nothing is said of one that nobody waits for.
      if (XmppSession* session = sessions_.find(stanza.to)) send(*session, stanza.xml, out);
      return;
  }
}

void XmppPresence::route_message(Now now, const StanzaForUser& message, Outbox& out) {
  const MessageRule& rule = rule_of(message.type);
  const XmppUser* user = sessions_.find_user(message.to.bare());
  XmppSession* matched = nullptr;
  std::vector<XmppSession*> takers;
  if (message.to.has_resource()) {
    matched = user == nullptr ? nullptr : user->find(message.to.resource());
    if (matched == nullptr) takers = reached(user, rule.unmatched, shard_.planted);
  } else {
    takers = reached(user, rule.bare, shard_.planted);
  }
  if (matched != nullptr) takers.push_back(matched);
  const bool for_sip =
      matched == nullptr && rule.for_sip_too && message.has_body && !message.phones_had_it;
  const std::shared_ptr<InTransit> transit = in_transit(now, message, takers);
  for (XmppSession* session : takers)
    send(*session, message.xml, out, transit);
  const bool taken = !takers.empty();
  if (message.asked_by_sip != 0) return out.emit(MessageDelivered{message.asked_by_sip, taken});
  if (for_sip) {
    return out.emit(MessageToSip{message.from, message.to, message.id, message.xml, taken,
                                 message.delayed_since, with_phones(transit)});
  }
  if (!taken && rule.told) bounce("message", message.id, message.from, message.to, out);
}

// The number by which the phones say that they are done with it; none if that is no matter.
std::uint64_t XmppPresence::with_phones(const std::shared_ptr<InTransit>& transit) {
  if (transit == nullptr || transit->handled) return 0;
  ++transit->holders;
  with_phones_.emplace(++last_transit_, transit);
  return last_transit_;
}

void XmppPresence::on(Now now, const RequestWeighed& weighed, Outbox& out) {
  if (weighed.request.kind == RequestForUser::Kind::to_session) {
    route_request(now, weighed.request, weighed.may_see, out);
  } else {
    answer_disco(weighed.request, weighed.may_see, out);
  }
}

// Section 8.5.3.1: only from who shares presence with the session. That there is none, and that
// she is not to know of it, look the same (RFC 6120 section 13.10.2).
void XmppPresence::route_request(Now now, const RequestForUser& request, bool may_see,
                                 Outbox& out) {
  XmppSession* session = sessions_.find(request.to);
  if (session != nullptr && (may_see || session->is_shown_to(request.from))) {
    std::shared_ptr<InTransit> transit;
    if (session->managed != nullptr) {
      transit = in_transit(
          now, {StanzaKind::iq, {}, request.id, request.from, request.to, request.xml}, {session});
    }
    send(*session, request.xml, out, std::move(transit));
  } else {
    bounce("iq", request.id, request.from, request.to, out);
  }
}

// To the sender, wherever she is; her own error never comes here (RFC 6120 section 8.3.1 rule 8).
void XmppPresence::bounce(std::string_view kind, std::string_view id, const Address& from,
                          const Address& to, Outbox& out) {
  ReplyAddresses addresses{to.text(), from.text(), std::nullopt};
  if (!id.empty()) addresses.id = id;
  StanzaForUser error;
  error.kind = kind == "iq" ? StanzaKind::iq : StanzaKind::message;
  error.type = "error";
  error.id = std::string(id);
  error.from = to;
  error.to = from;
  error.xml = error_stanza_xml(kind, addresses, StanzaError::service_unavailable);
  out.emit(shard_.home_of(from), std::move(error));
}

}  // namespace muster
