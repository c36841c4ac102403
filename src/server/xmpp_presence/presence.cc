// The part of XmppPresence that is about presence for all who may see it (RFC 6121 sections 4.2,
// 4.4, 4.5), and the fan-out of presence to sessions: the hottest path of the server.

#include <cstdint>
#include <utility>

#include "base/ascii.h"
#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"
#include "codec/xmpp/stanza.h"
#include "server/xmpp_presence/recipients.h"
#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {
namespace {

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

// RFC 6121 section 4.7.2.3, in the lexical form of an xs:byte. Nothing if it is no priority, or
// there are two.
std::optional<std::int8_t> priority_of(const xml::Element& presence) {
  std::optional<std::int8_t> priority;
  for (const xml::Element child : presence.children()) {
    if (!child.is("priority", xml::kNsClient)) continue;
    if (priority) return std::nullopt;
    std::string_view number = trim(child.text());
    if (number.size() > 1 && number.front() == '+' && is_digit(number[1])) number.remove_prefix(1);
    priority = parse_number<std::int8_t>(number);
    if (!priority) return std::nullopt;
  }
  return priority.value_or(std::int8_t{0});
}

// Of a session that counts: it is sent `before` + `to` + `after`, `to` being its account or itself.
Unacknowledged presence_to(const Address& to, const SharedText& before, const SharedText& after) {
  Unacknowledged kept{before, after, to.has_resource(), 0, nullptr};
  kept.bytes = static_cast<std::uint32_t>(before->size() + to.text().size() + after->size());
  return kept;
}

}  // namespace

// RFC 6121 section 4.7.1.
void XmppPresence::take_presence(const Sent& sent, Outbox& out) {
  const bool own = sent.to.empty() || sent.to == sent.session.user->account;
  if (!sent.type || sent.type == "unavailable") {
    return sent.to.empty() ? broadcast(sent, out) : direct(sent, out);
  }
  if (const auto verb = subscription_verb(*sent.type)) return ask_subscription(sent, *verb, out);
  if (sent.type == "probe") {
    return pass_on_presence(sent, own ? sent.session.user->account : sent.to, out);
  }
  if (sent.type != "error") return refuse(sent, StanzaError::bad_request, out);
  if (!own) pass_on_presence(sent, sent.to, out);
}

void XmppPresence::broadcast(const Sent& sent, Outbox& out) {
  XmppSession& session = sent.session;
  const bool available = !sent.type;
  const auto priority = available ? priority_of(sent.stanza) : std::int8_t{0};
  if (!priority) {
    return refuse(sent, StanzaError::bad_request, out, "a priority is from -128 to 127");
  }
  std::string rest;
  rest.reserve(sent.stanza.outer().size() + sent.language.size() + 16);
  rest.append(1, '\'');
  if (!append_stanza_rest(rest, sent.stanza, sent.language)) {
    return refuse(sent, StanzaError::policy_violation, out);
  }
  const SharedText after = share(std::move(rest));
  if (!available) return leave(session, after, out);
  const bool initial = !session.available;
  ResourceChanged changed{session.full(), true, initial, *priority, start_of_presence(session),
                          after};
  session.available = true;
  session.priority = *priority;
  deliver(changed.before, after, {&session.user->account, 1}, out);
  out.emit(std::move(changed));
  if (!initial) return;
  take_place(session);
  end_what_moves(*session.user, out);
}

// RFC 6121 section 4.5.2: she hears of it too.
void XmppPresence::leave(XmppSession& session, const SharedText& after, Outbox& out) {
  if (session.available) {
    deliver(session.before, after, {&session.user->account, 1}, out);
    session.available = false;
    session.priority = 0;
    out.emit(ResourceChanged{session.full(), false, false, 0, session.before, after});
  }
  leave_directed(session, after, out);
}

const SharedText& XmppPresence::start_of_presence(XmppSession& session) {
  if (session.before == nullptr) {
    std::string xml = "<presence";
    xml::append_attribute(xml, "from", session.full().text());
    xml.append(" to='");
    session.before = share(std::move(xml));
  }
  return session.before;
}

// --- what others' presence becomes ---------------------------------------------------------------

void XmppPresence::on(Now, const PresenceBroadcast& broadcast, Outbox& out) {
  deliver(broadcast.before, broadcast.after, broadcast.to, out);
}

// The stanzas for one session, of which there can be one for each contact, leave as one text.
void XmppPresence::on(Now, const PresenceReply& reply, Outbox& out) {
  const XmppUser* user = sessions_.find_user(reply.to.bare());
  if (user == nullptr) return;
  std::string to;
  append_recipient(to, reply.to);
  std::size_t bytes = 0;
  for (const PresenceReply::Stanza& stanza : reply.stanzas) {
    bytes += stanza.before->size() + to.size() + stanza.after->size();
  }
  for_each_recipient(*user, reply.to, [&](XmppSession& session) {
    if (session.managed != nullptr) {
      for (const PresenceReply::Stanza& stanza : reply.stanzas)
        keep(session, presence_to(reply.to, stanza.before, stanza.after));
    }
    if (session.link.valid()) {
      std::string xml;
      xml.reserve(bytes);
      for (const PresenceReply::Stanza& stanza : reply.stanzas) {
        xml.append(*stanza.before).append(to).append(*stanza.after);
      }
      out.order(SendBytes{session.link, std::move(xml)});
    }
    if (session.managed != nullptr) look_after(session, out);
  });
}

// One order for all of them. Those who count get it in the same, and keep its texts.
void XmppPresence::deliver(const SharedText& before, const SharedText& after,
                           std::span<const Address> to, Outbox& out) {
  FanOut fan_out{before, after, {}, {}};
  std::vector<XmppSession*> counting;
  std::size_t bytes = 0;
  for (const Address& address : to)
    bytes += address.text().size();
  fan_out.holes.reserve(bytes);
  fan_out.recipients.reserve(to.size());
  for (const Address& address : to) {
    const XmppUser* user = sessions_.find_user(address.bare());
    if (user == nullptr) continue;
    const std::size_t begin = fan_out.holes.size();
    append_recipient(fan_out.holes, address);
    FanOut::Recipient recipient{{},
                                static_cast<std::uint32_t>(begin),
                                static_cast<std::uint32_t>(fan_out.holes.size() - begin)};
    for_each_recipient(*user, address, [&](XmppSession& session) {
      if (session.managed != nullptr) {
        keep(session, presence_to(address, before, after));
        counting.push_back(&session);
      }
      recipient.link = session.link;
      if (session.link.valid()) fan_out.recipients.push_back(recipient);
    });
  }
  if (!fan_out.recipients.empty()) out.order(std::move(fan_out));
  for (XmppSession* session : counting)
    look_after(*session, out);
}

}  // namespace muster
