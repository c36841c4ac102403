// The parser that a shard shares among all its streams: bytes that the framer proposes become an
// Element. It keeps one libexpat parser standing inside one synthetic stream root, so that a
// stanza costs neither a parser nor an allocation; nothing of one stream is visible to another.
//
// It accepts exactly one first-level element that begins with the first byte given and ends with
// the last: anything else, however expat may read it, is not_well_formed (RFC 6120 section 11.3).
// Comments, processing instructions, DTDs and entities are restricted_xml (section 11.1); the bytes
// must be UTF-8 (section 11.6). Prefixes on elements of the content namespace are refused (4.8.5).
//
// Limits: struct Limits (limits.h). libexpat remembers each name it has seen: it is reset after
// kBytesPerReset bytes, and after every error.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/xml/element.h"
#include "codec/xml/error.h"
#include "codec/xml/limits.h"
#include "codec/xml/namespaces.h"

namespace muster::xml {

class ExpatBuilder;

// What a stream header says.
struct StreamHeader {
  Element element;  // <stream:stream>, for its attributes
  // The prefixes it declared besides `stream`, as " xmlns:p='...'...", for parse(); RFC 6120
  // section 4.8.5 forbids a peer to use this, so that it is nearly always empty.
  std::string inherited_declarations;
};

class StanzaParser {
 public:
  static constexpr std::size_t kBytesPerReset = std::size_t{1024} * 1024;
  // Of StreamHeader::inherited_declarations; more is too_many_declarations.
  static constexpr std::size_t kInheritedBytesMax = 1024;

  // `content_namespace`: what stanzas are in by default. The literal must outlive the parser.
  // `hash_salt`: see ExpatBuilder::Rules.
  explicit StanzaParser(std::string_view content_namespace = kNsClient,
                        std::uint64_t hash_salt = 0);
  ~StanzaParser();
  StanzaParser(StanzaParser&&) noexcept;
  StanzaParser& operator=(StanzaParser&&) noexcept;

  // One first-level element. `frame` must outlive the Element.
  Result<Element, Error> parse(std::string_view frame, const Limits& limits = {},
                               std::string_view inherited_declarations = {});

  // An optional XML declaration and the start tag of <stream:stream>, in the stream namespace, by
  // that prefix, with the content namespace as default. `header` must outlive the Element.
  Result<StreamHeader, Error> parse_stream_header(std::string_view header,
                                                  const Limits& limits = {});

 private:
  void enter_root(std::string_view inherited_declarations);

  std::string_view content_namespace_;
  std::unique_ptr<ExpatBuilder> headers_;
  std::unique_ptr<ExpatBuilder> builder_;  // of stanzas
  bool in_root_ = false;   // the builder stands inside the synthetic root, at depth 1
  std::string inherited_;  // what that root declares besides its own
  std::size_t bytes_in_root_ = 0;
};

}  // namespace muster::xml
