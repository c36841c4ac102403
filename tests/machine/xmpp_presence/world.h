// A shard with only XmppPresence in it: sessions are bound and made available in one line, stanzas
// go in as XML, and what was sent to each link comes out as XML that compares by meaning.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/address/jid.h"
#include "codec/xml/stanza_parser.h"
#include "server/xmpp_presence/xmpp_presence.h"
#include "support/module_world.h"

namespace muster::testing {

inline Address address(std::string_view jid) {
  auto parsed = parse_jid(jid);
  if (!parsed) throw std::invalid_argument(std::string(jid));
  return *std::move(parsed);
}

// An element as a text that is the same for all XML that means the same: attributes are sorted.
inline std::string meaning(const xml::Element& element) {
  const auto name = [](std::string_view ns, std::string_view local) {
    return "{" + std::string(ns) + "}" + std::string(local);
  };
  std::vector<std::string> attributes;
  for (const xml::Attribute attribute : element.attributes()) {
    attributes.push_back(" " + name(attribute.ns, attribute.name) + "=" +
                         std::string(attribute.value));
  }
  std::sort(attributes.begin(), attributes.end());
  std::string out = "<" + name(element.ns(), element.name());
  for (const std::string& attribute : attributes)
    out += attribute;
  out += ">" + std::string(element.text());
  for (const xml::Element child : element.children())
    out += meaning(child);
  return out + "</>";
}

// The meaning of each of the stanzas that stand in a row in `xml`.
inline std::vector<std::string> meanings(std::string_view xml) {
  xml::StanzaParser parser;
  const std::string whole = "<all>" + std::string(xml) + "</all>";
  const auto all = parser.parse(whole);
  if (!all) return {"not well-formed: " + std::string(xml)};
  std::vector<std::string> found;
  for (const xml::Element stanza : all->children())
    found.push_back(meaning(stanza));
  return found;
}
inline std::string meaning(std::string_view xml) {
  return meanings(xml).at(0);
}

struct Bound {
  SessionId session;
  LinkId link;
  Address full;
};

class XmppPresenceWorld : public ModuleWorld {
 public:
  using ModuleWorld::ModuleWorld;

  template <class E>
  Happened on(const E& event) {
    presence->on(now, event, out);
    return remember(take());
  }

  BindAsked asks_to_bind(std::string_view full) {
    const Address who = address(full);
    return {LinkId{++links, 1}, who.to_bare(), std::string(who.resource())};
  }

  // A session of a user whom presence_db has, or has now.
  Bound bind(std::string_view full) {
    Happened happened = on(asks_to_bind(full));
    if (events<BindGranted>(happened).empty()) {
      happened = on(UserReady{address(full).to_bare(), UserReady::Outcome::loaded});
    }
    const BindGranted granted = events<BindGranted>(happened).at(0);
    sent.clear();
    return {granted.session, granted.link, granted.full};
  }

  // What happens when the session sends this.
  Happened say(const Bound& who, std::string_view xml, std::string_view language = {},
               std::string_view inherited_declarations = {}) {
    const std::string kept(xml);
    const auto stanza = parser.parse(kept, {}, inherited_declarations);
    if (!stanza) throw std::invalid_argument(kept);
    sent.clear();
    presence->on(now, StanzaReceived{who.session, *stanza, language}, out);
    return remember(take());
  }

  Bound available(std::string_view full, std::string_view presence_xml = "<presence/>") {
    const Bound bound = bind(full);
    say(bound, presence_xml);
    sent.clear();
    return bound;
  }

  // The stanzas that the link was sent since the last say(), bind() or forget(), in order.
  std::vector<std::string> got(const Bound& who) const {
    std::string all;
    for (const auto& [link, xml] : sent) {
      if (link == who.link) all += xml;
    }
    return meanings(all);
  }
  std::string raw(const Bound& who) const {
    std::string all;
    for (const auto& [link, xml] : sent) {
      if (link == who.link) all += xml;
    }
    return all;
  }
  void forget() { sent.clear(); }

  Happened remember(Happened happened) {
    for (const Order& order : happened.orders) {
      if (const auto* bytes = std::get_if<SendBytes>(&order)) {
        sent.emplace_back(bytes->link, bytes->bytes);
      } else if (const auto* fan_out = std::get_if<FanOut>(&order)) {
        for (const FanOut::Recipient& recipient : fan_out->recipients) {
          sent.emplace_back(recipient.link,
                            *fan_out->before +
                                fan_out->holes.substr(recipient.hole_begin, recipient.hole_bytes) +
                                *fan_out->after);
        }
      }
    }
    return happened;
  }

  std::unique_ptr<XmppPresence> presence = std::make_unique<XmppPresence>(shard);
  xml::StanzaParser parser;
  std::vector<std::pair<LinkId, std::string>> sent;
  std::uint32_t links = 0;
};

// What one session gets: each of these, in order.
inline std::vector<std::string> stanzas(std::initializer_list<std::string_view> xml) {
  std::vector<std::string> all;
  for (const std::string_view one : xml)
    all.push_back(meaning(one));
  return all;
}

// <error type='...'><condition/></error>, without text.
inline std::string error_xml(std::string_view type, std::string_view condition) {
  return "<error type='" + std::string(type) + "'><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
}

// Content that grows beyond what is written when it is made to stand alone: the declaration of its
// prefix, which its stream header had, is needed by each of many elements.
inline std::string growing_declaration() {
  return " xmlns:grow='urn:" + std::string(900, 'x') + "'";
}
inline std::string growing_content() {
  std::string xml;
  for (int i = 0; i < 700; ++i)
    xml += "<grow:a/>";
  return xml;
}

// Events that stay on this shard and those that go to another, alike.
template <class E>
std::vector<E> events_anywhere(const ModuleWorld::Happened& happened) {
  std::vector<E> found = events<E>(happened);
  for (const ToShard& to : orders<ToShard>(happened)) {
    if (const E* event = std::get_if<E>(&to.event)) found.push_back(*event);
  }
  return found;
}

}  // namespace muster::testing
