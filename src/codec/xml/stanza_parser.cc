#include "codec/xml/stanza_parser.h"

#include <optional>

#include "base/check.h"
#include "codec/xml/characters.h"
#include "codec/xml/expat_builder.h"
#include "codec/xml/tree.h"
#include "codec/xml/writer.h"

namespace muster::xml {
namespace {

// RFC 6120 sections 4.8.1, 4.8.2 and 4.8.5.
std::optional<Error> namespace_error(const Tree& tree, std::uint32_t root,
                                     std::string_view content_namespace) {
  const Tree::Entry& entry = tree.entries[root];
  if (tree.pooled(entry.ns) != kNsStream) return Error::invalid_namespace;
  if (tree.prefix(entry) != "stream") return Error::bad_namespace_prefix;
  if (tree.default_namespace(root) != content_namespace) return Error::invalid_namespace;
  return std::nullopt;
}

std::string inherited_declarations(const Tree& tree, std::uint32_t root) {
  std::string declarations;
  const Tree::Entry& entry = tree.entries[root];
  for (std::uint32_t i = entry.first_declaration; i != entry.last_declaration; ++i) {
    const std::string_view prefix = tree.pooled(tree.declarations[i].prefix);
    if (prefix.empty() || prefix == "stream" || prefix == "xml") continue;
    append_declaration(declarations, prefix, tree.pooled(tree.declarations[i].uri));
  }
  return declarations;
}

}  // namespace

StanzaParser::StanzaParser(std::string_view content_namespace, std::uint64_t hash_salt)
    : content_namespace_(content_namespace) {
  const ExpatBuilder::Rules rules{
      .xmpp = true, .content_namespace = content_namespace, .hash_salt = hash_salt};
  headers_ = std::make_unique<ExpatBuilder>(rules);
  builder_ = std::make_unique<ExpatBuilder>(rules);
}

StanzaParser::~StanzaParser() = default;
StanzaParser::StanzaParser(StanzaParser&&) noexcept = default;
StanzaParser& StanzaParser::operator=(StanzaParser&&) noexcept = default;

Result<Element, Error> StanzaParser::parse(std::string_view frame, const Limits& limits,
                                           std::string_view inherited_declarations) {
  if (!in_root_ || bytes_in_root_ > kBytesPerReset || inherited_ != inherited_declarations) {
    enter_root(inherited_declarations);
  }
  in_root_ = false;  // until the frame has proved to be one element
  const Result<void, Error> fed = builder_->feed(frame, limits, false);
  if (!fed) return Failure{fed.error()};
  const std::optional<std::uint32_t> first = builder_->first_element();
  if (!first) return Failure{Error::not_well_formed};
  const Tree::Entry& entry = builder_->tree().entries[*first];
  if (entry.begin != 0 || entry.end != frame.size()) return Failure{Error::not_well_formed};
  bytes_in_root_ += frame.size();
  in_root_ = true;
  return Element(builder_->tree(), *first);
}

Result<StreamHeader, Error> StanzaParser::parse_stream_header(std::string_view header,
                                                              const Limits& limits) {
  headers_->reset();
  if (looks_like_utf16(header)) return Failure{Error::unsupported_encoding};
  // A byte order mark of UTF-8, too, is a character like any other (RFC 6120 section 11.6).
  if (!header.starts_with('<')) return Failure{Error::not_well_formed};
  const Result<void, Error> fed = headers_->feed(header, limits, false);
  if (!fed) return Failure{fed.error()};
  const std::optional<std::uint32_t> root = headers_->first_element();
  if (!root) return Failure{Error::not_well_formed};
  const Tree& tree = headers_->tree();
  const Tree::Entry& entry = tree.entries[*root];
  const Element element(tree, *root);
  if (entry.inner_begin != header.size()) return Failure{Error::not_well_formed};
  if (const auto error = namespace_error(tree, *root, content_namespace_)) return Failure{*error};
  if (entry.end != 0 || element.name() != "stream") return Failure{Error::bad_format};
  StreamHeader result{element, xml::inherited_declarations(tree, *root)};
  if (result.inherited_declarations.size() > kInheritedBytesMax) {
    return Failure{Error::too_many_declarations};
  }
  return result;
}

// The synthetic stream that stanzas are parsed in.
void StanzaParser::enter_root(std::string_view inherited_declarations) {
  std::string root = "<stream:stream";
  append_declaration(root, {}, content_namespace_);
  append_declaration(root, "stream", kNsStream);
  root += inherited_declarations;
  root += '>';
  builder_->reset();
  MUSTER_CHECK(builder_->feed(root, Limits{.bytes_max = kParseBytesMax}, false));
  builder_->mark();
  inherited_ = inherited_declarations;
  bytes_in_root_ = 0;
}

}  // namespace muster::xml
