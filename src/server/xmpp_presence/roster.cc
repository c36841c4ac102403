// The part of XmppPresence that is about rosters: RFC 6121 section 2. It reads what clients ask and
// writes what they are told; the roster itself is the store's, by way of presence_db.

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "base/result.h"
#include "codec/address/jid.h"
#include "codec/xml/writer.h"
#include "codec/xmpp/stanza.h"
#include "server/planted.h"
#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {
namespace {

constexpr std::string_view kNsRoster = "jabber:iq:roster";

// Section 2.1.2.5.
std::string_view subscription_text(Subscription subscription) {
  if (sees(subscription)) return is_seen_by(subscription) ? "both" : "to";
  return is_seen_by(subscription) ? "from" : "none";
}

void append_item(std::string& out, const RosterItem& item, bool removed) {
  out.append("<item");
  xml::append_attribute(out, "jid", item.contact.text());
  const Subscription subscription = item.relation.subscription;
  xml::append_attribute(out, "subscription",
                        removed ? std::string_view("remove") : subscription_text(subscription));
  if (removed) {
    out.append("/>");
    return;
  }
  if (!item.name.empty()) xml::append_attribute(out, "name", item.name);
  if (is_pending_out(subscription)) out.append(" ask='subscribe'");
  if (item.relation.approved) out.append(" approved='true'");
  if (item.groups.empty()) {
    out.append("/>");
    return;
  }
  out.append(1, '>');
  for (const std::string& group : item.groups)
    xml::append_text_element(out, "group", group);
  out.append("</item>");
}

std::string query_start(std::uint64_t version) {
  return "<query xmlns='jabber:iq:roster' ver='" + std::to_string(version) + "'";
}

// Records that are no roster items (a request that waits for an answer, section 3.1.3) are not
// shown.
std::string roster_xml(const RosterLoaded& roster) {
  std::string out = query_start(roster.version);
  const std::size_t start = out.size();
  out.append(1, '>');
  const std::size_t content = out.size();
  for (const RosterItem& item : roster.items) {
    if (item.relation.listed) append_item(out, item, false);
  }
  if (out.size() == content) {
    out.resize(start);
    out.append("/>");
  } else {
    out.append("</query>");
  }
  return out;
}

// A push is what stands before the address of who gets it, and what behind (section 2.1.6).
// Versions are unique among the pushes of an account (section 2.6.3), and so are the ids made of
// them.
std::string push_start(const RosterPush& push) {
  return "<iq type='set' id='push-" + std::to_string(push.version) + "' to='";
}
std::string push_end(const RosterPush& push) {
  std::string end = "'>" + query_start(push.version) + ">";
  append_item(end, push.item, push.removed);
  return end.append("</query></iq>");
}

std::string push_xml(const RosterPush& push, const XmppSession& session) {
  std::string xml = push_start(push);
  xml::append_attribute_escaped(xml, session.full().text());
  return xml.append(push_end(push));
}

using Groups = Result<std::vector<std::string>, StanzaError>;

// Section 2.3.3.
Groups read_groups(const xml::Element& item, const Limits& limits) {
  std::vector<std::string> groups;
  for (const xml::Element child : item.children()) {
    if (!child.is("group", kNsRoster)) continue;
    const std::string_view group = child.text();
    if (group.empty() || group.size() > limits.roster_group_bytes_max ||
        groups.size() == limits.roster_groups_max) {
      return Failure{StanzaError::not_acceptable};
    }
    groups.emplace_back(group);
  }
  std::vector<std::string> sorted = groups;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return Failure{StanzaError::bad_request};
  }
  return groups;
}

// A roster set for `account` (sections 2.1.5, 2.3 to 2.5). Subscriptions are between bare
// addresses, and so are roster items here. Of the attributes that only a server may set nothing is
// read.
Result<RosterItemAsked, StanzaError> read_set(const xml::Element& query, const Address& account,
                                              const Limits& limits) {
  std::optional<xml::Element> item;
  for (const xml::Element child : query.children()) {
    if (item || !child.is("item", kNsRoster)) return Failure{StanzaError::bad_request};
    item = child;
  }
  if (!item || !item->attribute("jid")) return Failure{StanzaError::bad_request};
  const auto contact = parse_jid(*item->attribute("jid"));
  if (!contact) return Failure{StanzaError::jid_malformed};
  RosterItemAsked asked;
  asked.account = account;
  asked.contact = contact->to_bare();
  if (asked.contact == account) return Failure{StanzaError::not_allowed};
  asked.remove = item->attribute("subscription") == "remove";
  if (asked.remove) return asked;
  asked.name = std::string(item->attribute("name").value_or(std::string_view()));
  if (asked.name.size() > limits.roster_name_bytes_max) {
    return Failure{StanzaError::not_acceptable};
  }
  auto groups = read_groups(*item, limits);
  if (!groups) return Failure{groups.error()};
  asked.groups = *std::move(groups);
  return asked;
}

}  // namespace

// `query` is what an iq of a session asks of its own roster.
void XmppPresence::take_roster(const Sent& sent, const xml::Element& query, Outbox& out) {
  XmppSession& session = sent.session;
  const Address& account = session.user->account;
  std::string id(sent.stanza.attribute("id").value_or(std::string_view()));
  if (sent.type == "set") {
    auto asked = read_set(query, account, shard_.settings.limits);
    if (!asked) return refuse(sent, asked.error(), out);
    asked->session = session.id;
    asked->id = std::move(id);
    return out.emit(*std::move(asked));
  }
  if (!query.children().empty()) return refuse(sent, StanzaError::bad_request, out);
  RosterRead& read = roster_reads_[session.id];
  if (read.asked++ == 0) read.interested = session.interested;
  session.interested = true;
  // A version that is none of ours is as good as none (section 2.6.3).
  RosterAsked asked{session.id, account, std::move(id), std::nullopt};
  if (const auto version = query.attribute("ver")) {
    asked.known_version = parse_number<std::uint64_t>(*version);
  }
  out.emit(std::move(asked));
}

// --- what presence_db answers --------------------------------------------------------------------

// Sections 2.1.4 and 2.6.3. The answer is the account's own: it bears no `from` (RFC 6120 section
// 8.1.2.1 rule 3).
void XmppPresence::on(Now, const RosterAnswered& answered, Outbox& out) {
  XmppSession* session = sessions_.find(answered.session);
  if (session == nullptr) return;
  const Address full = session->full();
  const ReplyAddresses addresses{{}, full.text(), answered.id};
  if (!answered.roster) {
    send(*session, error_stanza_xml("iq", addresses, StanzaError::internal_server_error), out);
  } else {
    const bool unchanged = answered.roster->unchanged;
    const std::string payload = unchanged ? std::string() : roster_xml(*answered.roster);
    send(*session, iq_result_xml(addresses, payload), out);
  }
  roster_read(*session, answered.roster.has_value(), out);
}

// A hint of a change may be faster than the store with the roster: pushed at once, it would be
// undone by the roster, and its version would be said to a client that lacks what is below it.
// What waited may be older than the roster only where a newer push is still to come.
void XmppPresence::roster_read(XmppSession& session, bool done, Outbox& out) {
  const auto found = roster_reads_.find(session.id);
  MUSTER_CHECK(found != roster_reads_.end());
  RosterRead& read = found->second;
  read.interested = read.interested || done;
  if (--read.asked > 0) return;
  session.interested = read.interested;
  const std::vector<RosterPush> pushes = std::move(read.pushes);
  roster_reads_.erase(found);
  // Without a roster, changes to it say nothing.
  if (!session.interested) return;
  for (const RosterPush& push : pushes)
    send(session, push_xml(push, session), out);
}

bool XmppPresence::holds_back(const XmppSession& session, const RosterPush& push) {
  const auto found = roster_reads_.find(session.id);
  if (found == roster_reads_.end()) return false;
  std::vector<RosterPush>& pushes = found->second.pushes;
  std::erase_if(pushes, [&](const RosterPush& p) { return p.item.contact == push.item.contact; });
  pushes.push_back(push);
  return true;
}

void XmppPresence::on(Now, const RosterItemAnswered& answered, Outbox& out) {
  XmppSession* session = sessions_.find(answered.session);
  if (session == nullptr) return;
  const Address full = session->full();
  const ReplyAddresses addresses{{}, full.text(), answered.id};
  send(*session,
       answered.why_not ? error_stanza_xml("iq", addresses, *answered.why_not)
                        : iq_result_xml(addresses),
       out);
}

void XmppPresence::on(Now, const RosterPush& push, Outbox& out) {
  const XmppUser* user = sessions_.find_user(push.account.text());
  if (user == nullptr || (!push.removed && !push.item.relation.listed)) return;
  FanOut fan_out;
  for (XmppSession* session : user->sessions) {
    if (!session->interested || holds_back(*session, push)) continue;
    if (session->managed != nullptr) {
      send(*session, push_xml(push, *session), out);  // which is counted, and kept
      continue;
    }
    if (!session->link.valid()) continue;
    const std::size_t begin = fan_out.holes.size();
    const bool first = shard_.planted == Planted::push_to_wrong_resource;
    const XmppSession* named = first ? user->sessions.front() : session;
    xml::append_attribute_escaped(fan_out.holes, named->full().text());
    fan_out.recipients.push_back({session->link, static_cast<std::uint32_t>(begin),
                                  static_cast<std::uint32_t>(fan_out.holes.size() - begin)});
  }
  if (fan_out.recipients.empty()) return;
  fan_out.before = share(push_start(push));
  fan_out.after = share(push_end(push));
  out.order(std::move(fan_out));
}

}  // namespace muster
