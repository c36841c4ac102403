// A Conversion to ask, and its answers taken apart again. Each document it gives must be valid by
// the schemas, each stanza must be one that the parser takes and that RFC 6121 allows.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/address/jid.h"
#include "codec/pidf/read.h"
#include "codec/xml/namespaces.h"
#include "codec/xml/stanza_parser.h"
#include "server/conversion/conversion.h"
#include "support/module_world.h"
#include "support/presence_schema.h"

namespace muster::testing {

inline Address jid(std::string_view text) {
  const auto address = parse_jid(text);
  EXPECT_TRUE(address.ok()) << text;
  return address.ok() ? *address : Address();
}

// A presence stanza as an XMPP contact reads it.
struct Seen {
  struct Status {
    std::string text;
    std::string language;
    friend bool operator==(const Status&, const Status&) = default;
  };
  std::string type;
  std::string show;
  std::vector<Status> statuses;
  std::string priority;
  std::string idle_since;
};

inline Seen seen(std::string_view after) {
  xml::StanzaParser parser;
  const std::string text =
      "<presence from='a@example.com/b' to='c@example.com" + std::string(after);
  const auto stanza = parser.parse(text);
  EXPECT_TRUE(stanza.ok()) << text;
  if (!stanza) return {};
  Seen seen;
  seen.type = stanza->attribute("type").value_or("");
  const std::string around = pidf::read_language(*stanza, {});
  for (const xml::Element child : stanza->children()) {
    if (child.is("status", xml::kNsClient)) {
      seen.statuses.push_back({std::string(child.text()), pidf::read_language(child, around)});
    } else if (child.is("idle", "urn:xmpp:idle:1")) {
      seen.idle_since = child.attribute("since").value_or("");
    } else if (child.is("show", xml::kNsClient)) {
      EXPECT_TRUE(seen.show.empty()) << "two: " << text;
      seen.show = child.text();
    } else if (child.is("priority", xml::kNsClient)) {
      EXPECT_TRUE(seen.priority.empty()) << "two: " << text;
      seen.priority = child.text();
    } else {
      ADD_FAILURE() << "an unknown child: " << text;
    }
  }
  return seen;
}

class ConversionWorld : public ModuleWorld {
 public:
  explicit ConversionWorld(std::uint8_t shards = 1, std::uint8_t self = 0)
      : ModuleWorld(shards, self) {}

  // A session; `rest` is what its stanza has behind `to='...`.
  XmppSource session(std::string resource, std::string rest, std::int8_t priority = 0) const {
    return {std::move(resource), true, priority, share(std::move(rest)), now.unix_time};
  }
  XmppSource left(std::string resource, std::string rest = "' type='unavailable'/>") const {
    return {std::move(resource), false, 0, share(std::move(rest)), now.unix_time};
  }
  static PublicationSource published(std::string document) { return {share(std::move(document))}; }
  // One with the usual start tag around `content`.
  static PublicationSource publication(std::string_view content) {
    return published(
        "<presence xmlns='urn:ietf:params:xml:ns:pidf'"
        " xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"
        " xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'"
        " xmlns:j='jabber:client'"
        " entity='sip:juliet@example.com'>" +
        std::string(content) + "</presence>");
  }

  std::string text_of(std::vector<PresenceSource> sources) {
    conversion.on(now, DocumentWanted{account, ++version, std::move(sources)}, out);
    const auto composed = events<DocumentComposed>(take());
    EXPECT_EQ(composed.size(), 1U);
    if (composed.size() != 1) return {};
    EXPECT_EQ(composed[0].account, account);
    EXPECT_EQ(composed[0].version, version);
    return *composed[0].document;
  }
  // The document, valid by the schemas.
  pidf::Document document(std::vector<PresenceSource> sources) {
    const std::string text = text_of(std::move(sources));
    EXPECT_EQ(test::schema_errors(text), "") << text;
    return read(text);
  }
  static pidf::Document read(std::string_view text) {
    pidf::Reader reader;
    auto document = reader.read(text);
    EXPECT_TRUE(document.ok()) << text;
    return document.ok() ? *std::move(document) : pidf::Document();
  }
  pidf::Tuple tuple(PresenceSource source) {
    pidf::Document whole = document({std::move(source)});
    EXPECT_EQ(whole.tuples.size(), 1U);
    return whole.tuples.empty() ? pidf::Tuple() : whole.tuples.front();
  }

  std::vector<TuplesConverted::Resource> resources(
      decltype(TuplesToConvert::source) source) {
    conversion.on(now, TuplesToConvert{account, 7, std::move(source)}, out);
    auto converted = events<TuplesConverted>(take());
    EXPECT_EQ(converted.size(), 1U);
    if (converted.size() != 1) return {};
    EXPECT_EQ(converted[0].account, account);
    EXPECT_EQ(converted[0].number, 7U);
    for (const auto& resource : converted[0].resources) {
      std::string scratch;
      const auto canonical = canonical_resourcepart(resource.resource, scratch);
      EXPECT_TRUE(canonical.ok() && *canonical == resource.resource) << resource.resource;
      const Seen stanza = seen(*resource.after);
      EXPECT_EQ(stanza.type, resource.available ? "" : "unavailable");
      EXPECT_EQ(stanza.priority, resource.priority == 0 ? "" : std::to_string(resource.priority));
    }
    return std::move(converted[0].resources);
  }
  // Of a publication with one tuple.
  Seen seen_of(std::string_view content) {
    const auto all = resources(publication(content));
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Seen() : seen(*all.front().after);
  }

  Address account = jid("juliet@example.com");
  std::uint64_t version = 40;
  Conversion conversion{shard};
};

}  // namespace muster::testing
