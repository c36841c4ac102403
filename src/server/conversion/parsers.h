// The parsers that a shard's conversion keeps, so that a stanza or a document costs no new one.
// They take what was taken when it came: a document up to document_bytes_max, a stanza up to
// stanza_bytes_max (settings.h) and the declarations that made it stand alone (xml/element.h).
#pragma once

#include <string_view>

#include "base/result.h"
#include "codec/pidf/read.h"
#include "codec/xml/stanza_parser.h"
#include "server/settings.h"

namespace muster {

class Parsers {
 public:
  // `hash_salt`: of what parses stanzas, see xml/expat_builder.h.
  Parsers(const Limits& limits, std::uint64_t hash_salt)
      : stanza_limits_{.bytes_max = limits.stanza_bytes_max + xml::Element::kRewrittenBytesMax},
        stanza_(xml::kNsClient, hash_salt),
        document_(pidf::Limits{.bytes_max = limits.document_bytes_max}) {}

  // Valid until the next one; `text` must outlive it.
  Result<xml::Element, xml::Error> stanza(std::string_view text) {
    return stanza_.parse(text, stanza_limits_);
  }
  Result<pidf::Document, pidf::Error> document(std::string_view text) {
    return document_.read(text);
  }

 private:
  xml::Limits stanza_limits_;
  xml::StanzaParser stanza_;
  pidf::Reader document_;
};

}  // namespace muster
