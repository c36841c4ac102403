// The part of XmppPresence that answers iq requests itself: for the server, and for the account of
// a user (RFC 6120 sections 10.3.3 and 10.5; XEP-0030, XEP-0092, XEP-0199).

#include <array>
#include <initializer_list>
#include <utility>

#include "codec/xml/writer.h"
#include "codec/xmpp/stanza.h"
#include "server/planted.h"
#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {
namespace {

constexpr std::string_view kNsInfo = "http://jabber.org/protocol/disco#info";
constexpr std::string_view kNsItems = "http://jabber.org/protocol/disco#items";
constexpr std::string_view kNsVersion = "jabber:iq:version";
constexpr std::string_view kNsPing = "urn:xmpp:ping";
constexpr std::string_view kNsRegister = "jabber:iq:register";

enum class Service : std::uint8_t { info, items, version, ping, session, roster };

// By what it is asked for. An empty type: get and set.
struct ServiceName {
  Service service;
  std::string_view ns;
  std::string_view name;
  std::string_view type;
};
constexpr std::array<ServiceName, 6> kServices = {{
    {Service::info, kNsInfo, "query", "get"},
    {Service::items, kNsItems, "query", "get"},
    {Service::version, kNsVersion, "query", "get"},
    {Service::ping, kNsPing, "ping", "get"},
    // Of RFC 3921; it has no effect any more.
    {Service::session, "urn:ietf:params:xml:ns:xmpp-session", "session", "set"},
    {Service::roster, "jabber:iq:roster", "query", ""},
}};

// The service whose namespace it is, and whether it has such a request (RFC 6120 section 8.3.3.3).
struct Asked {
  std::optional<Service> service;
  bool known_request = false;
};
Asked asked_service(const xml::Element& child, std::string_view type) {
  for (const ServiceName& known : kServices) {
    if (known.ns != child.ns()) continue;
    return {known.service,
            known.name == child.name() && (known.type.empty() || known.type == type)};
  }
  return {};
}

std::string info_xml(std::string_view identity, std::initializer_list<std::string_view> features) {
  std::string out = "<query xmlns='http://jabber.org/protocol/disco#info'>";
  out.append(identity);
  for (const std::string_view feature : features) {
    if (feature.empty()) continue;
    out.append("<feature");
    xml::append_attribute(out, "var", feature);
    out.append("/>");
  }
  out.append("</query>");
  return out;
}

std::string account_info_xml() {
  return info_xml("<identity category='account' type='registered'/>", {kNsInfo, kNsItems});
}

std::string items_xml(const XmppUser* user) {
  std::string out = "<query xmlns='http://jabber.org/protocol/disco#items'";
  const std::size_t empty = out.size();
  for (const XmppSession* session :
       user == nullptr ? std::vector<XmppSession*>() : user->sessions) {
    if (!session->available) continue;
    if (out.size() == empty) out.append(1, '>');
    out.append("<item");
    xml::append_attribute(out, "jid", session->full().text());
    out.append("/>");
  }
  out.append(out.size() == empty ? "/>" : "</query>");
  return out;
}

std::string version_xml(std::string_view version) {
  std::string out = "<query xmlns='jabber:iq:version'><name>muster</name>";
  xml::append_text_element(out, "version", version);
  out.append("</query>");
  return out;
}

}  // namespace

void XmppPresence::reply(const Sent& sent, std::string_view payload, Outbox& out) {
  const Address full = sent.session.full();
  send(sent.session,
       iq_result_xml({sent.to.text(), full.text(), sent.stanza.attribute("id")}, payload), out);
}

// To no address, or to the sender's own bare one.
void XmppPresence::answer_for_account(const Sent& sent, const xml::Element& child, Outbox& out) {
  const Asked asked = asked_service(child, *sent.type);
  if (!asked.service) return refuse(sent, StanzaError::service_unavailable, out);
  if (!asked.known_request) return refuse(sent, StanzaError::feature_not_implemented, out);
  switch (*asked.service) {
    case Service::roster: return take_roster(sent, child, out);
    case Service::version: return reply(sent, version_xml(shard_.settings.version), out);
    case Service::ping:
    case Service::session: return reply(sent, {}, out);
    case Service::info:
    case Service::items: break;
  }
  if (child.attribute("node")) return refuse(sent, StanzaError::item_not_found, out);
  reply(sent, asked.service == Service::info ? account_info_xml() : items_xml(sent.session.user),
        out);
}

// To a domain that is served; its resources are nothing (RFC 6120 section 10.5.2).
void XmppPresence::answer_for_server(const Sent& sent, const xml::Element& child, Outbox& out) {
  const Asked asked = asked_service(child, *sent.type);
  if (!asked.service || asked.service == Service::roster || sent.to.has_resource()) {
    return refuse(sent, StanzaError::service_unavailable, out);
  }
  if (!asked.known_request) return refuse(sent, StanzaError::feature_not_implemented, out);
  switch (*asked.service) {
    case Service::version: return reply(sent, version_xml(shard_.settings.version), out);
    case Service::info:
    case Service::items: break;
    case Service::ping:
      if (shard_.planted == Planted::ping_unanswered) return;
      [[fallthrough]];
    default: return reply(sent, {}, out);
  }
  if (child.attribute("node")) return refuse(sent, StanzaError::item_not_found, out);
  if (asked.service == Service::items) return reply(sent, items_xml(nullptr), out);
  reply(sent,
        info_xml("<identity category='server' type='im' name='muster'/>",
                 {kNsInfo, kNsItems, kNsVersion, kNsPing,
                  shard_.settings.in_band_registration ? kNsRegister : std::string_view()}),
        out);
}

// To the bare address of another user: the server answers (RFC 6121 section 8.5.2.1.3), and says
// nothing of whether there is such an account to those who may not know (XEP-0030 section 8).
void XmppPresence::ask_for_account(const Sent& sent, const xml::Element& child, Outbox& out) {
  const Asked asked = asked_service(child, *sent.type);
  // RFC 6121 section 2.3.3.
  if (asked.service == Service::roster) return refuse(sent, StanzaError::forbidden, out);
  const bool disco = asked.service == Service::info || asked.service == Service::items;
  if (!disco || !asked.known_request) return refuse(sent, StanzaError::service_unavailable, out);
  const bool items = asked.service == Service::items;
  // Accounts have no nodes.
  if (child.attribute("node")) {
    return items ? reply(sent, items_xml(nullptr), out)
                 : refuse(sent, StanzaError::service_unavailable, out);
  }
  const auto kind = items ? RequestForUser::Kind::disco_items : RequestForUser::Kind::disco_info;
  out.emit(shard_.home_of(sent.to),
           RequestForUser{
               kind, std::string(*sent.stanza.attribute("id")), sent.session.full(), sent.to, {}});
}

void XmppPresence::answer_disco(const RequestForUser& request, bool may_see, Outbox& out) {
  const bool items = request.kind == RequestForUser::Kind::disco_items;
  if (!items && !may_see) return bounce("iq", request.id, request.from, request.to, out);
  const XmppUser* user = may_see ? sessions_.find_user(request.to.text()) : nullptr;
  StanzaForUser answer{StanzaKind::iq, "result", request.id, request.to, request.from, {}};
  answer.xml = iq_result_xml({request.to.text(), request.from.text(), request.id},
                             items ? items_xml(user) : account_info_xml());
  out.emit(shard_.home_of(request.from), std::move(answer));
}

}  // namespace muster
