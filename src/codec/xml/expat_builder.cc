#include "codec/xml/expat_builder.h"

#include <expat.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/check.h"
#include "codec/xml/characters.h"

namespace muster::xml {
namespace {

// Between the parts of a name as expat gives it. No XML character, so that no name contains it.
constexpr char kSeparator = '\1';

// "local", "uri|local" or "uri|local|prefix".
struct ExpandedName {
  std::string_view local;
  std::string_view prefix;
};

ExpandedName take_apart(std::string_view name) {
  const std::size_t first = name.find(kSeparator);
  if (first == std::string_view::npos) return {name, {}};
  const std::string_view rest = name.substr(first + 1);
  const std::size_t second = rest.find(kSeparator);
  if (second == std::string_view::npos) return {rest, {}};
  return {rest.substr(0, second), rest.substr(second + 1)};
}

}  // namespace

struct ExpatBuilder::Callbacks {
  static ExpatBuilder& builder(void* data) { return *static_cast<ExpatBuilder*>(data); }

  static void declaration(void* data, const XML_Char* prefix, const XML_Char* uri) {
    builder(data).on_declaration(prefix, uri);
  }
  static void start(void* data, const XML_Char* name, const XML_Char** attributes) {
    builder(data).on_start(name, attributes);
  }
  static void end(void* data, const XML_Char* /*name*/) { builder(data).on_end(); }
  static void text(void* data, const XML_Char* bytes, int count) {
    builder(data).on_text({bytes, static_cast<std::size_t>(count)});
  }
  static void xml_declaration(void* data, const XML_Char* version, const XML_Char* encoding,
                              int /*standalone*/) {
    builder(data).on_xml_declaration(version, encoding);
  }
  static void comment(void* data, const XML_Char* /*text*/) {
    builder(data).fail(Error::restricted_xml);
  }
  static void instruction(void* data, const XML_Char* /*target*/, const XML_Char* /*text*/) {
    builder(data).fail(Error::restricted_xml);
  }
  static void doctype(void* data, const XML_Char* /*name*/, const XML_Char* /*system*/,
                      const XML_Char* /*public*/, int /*has_internal_subset*/) {
    builder(data).fail(Error::restricted_xml);
  }
};

ExpatBuilder::ExpatBuilder(const Rules& rules)
    : rules_(rules), parser_(XML_ParserCreateNS("UTF-8", kSeparator)) {
  MUSTER_CHECK(parser_ != nullptr);
  tree_.content_namespace = rules.content_namespace;
  reset();
}

ExpatBuilder::~ExpatBuilder() {
  XML_ParserFree(parser_);
}

void ExpatBuilder::reset() {
  MUSTER_CHECK(XML_ParserReset(parser_, "UTF-8") == XML_TRUE);
  XML_SetHashSalt(parser_, static_cast<unsigned long>(rules_.hash_salt));
  XML_SetReturnNSTriplet(parser_, 1);
  XML_SetUserData(parser_, this);
  XML_SetStartNamespaceDeclHandler(parser_, Callbacks::declaration);
  XML_SetElementHandler(parser_, Callbacks::start, Callbacks::end);
  XML_SetCharacterDataHandler(parser_, Callbacks::text);
  XML_SetXmlDeclHandler(parser_, Callbacks::xml_declaration);
  XML_SetStartDoctypeDeclHandler(parser_, Callbacks::doctype);
  if (rules_.xmpp) {
    XML_SetCommentHandler(parser_, Callbacks::comment);
    XML_SetProcessingInstructionHandler(parser_, Callbacks::instruction);
  }
  tree_.reset();
  open_.assign(1, Open{});
  fed_ = 0;
  failure_.reset();
  mark();
}

void ExpatBuilder::mark() {
  tree_.mark();
  marked_entries_ = tree_.entries.size();
  marked_open_ = open_.size();
  in_scope_ = 0;
}

Result<void, Error> ExpatBuilder::feed(std::string_view bytes, const Limits& limits, bool last) {
  MUSTER_CHECK(!failure_ && open_.size() == marked_open_);
  MUSTER_CHECK(limits.bytes_max <= kParseBytesMax);
  if (bytes.size() > limits.bytes_max) return Failure{Error::too_big};
  limits_ = limits;
  tree_.clear(bytes);
  open_.back().last_child = 0;
  runs_.clear();
  first_declaration_ = static_cast<std::uint32_t>(tree_.declarations.size());
  const XML_Status status =
      XML_Parse(parser_, bytes.data(), static_cast<int>(bytes.size()), last ? 1 : 0);
  if (!failure_ && status != XML_STATUS_OK) failure_ = error_of_expat();
  if (failure_) return Failure{*failure_};
  fed_ += bytes.size();
  return {};
}

std::optional<std::uint32_t> ExpatBuilder::first_element() const {
  if (tree_.entries.size() == marked_entries_) return std::nullopt;
  return static_cast<std::uint32_t>(marked_entries_);
}

// Comes before the start of the element that declares it.
void ExpatBuilder::on_declaration(const char* prefix, const char* uri) {
  if (failure_) return;
  if (++in_scope_ > limits_.declarations_max) return fail(Error::too_many_declarations);
  const Span prefix_span = tree_.add_to_pool(prefix == nullptr ? "" : prefix);
  const Span uri_span = tree_.add_to_pool(uri == nullptr ? "" : uri);
  tree_.declarations.push_back({prefix_span, uri_span});
}

void ExpatBuilder::on_start(const char* name, const char** attributes) {
  if (failure_) return;
  const auto attribute_count =
      static_cast<std::size_t>(XML_GetSpecifiedAttributeCount(parser_)) / 2;
  if (!within_limits(attribute_count)) return;
  const auto index = static_cast<std::uint32_t>(tree_.entries.size());
  Tree::Entry& entry = tree_.entries.emplace_back();
  entry.parent = open_.back().entry;
  entry.depth = tree_.entries[entry.parent].depth + 1;
  entry.begin = offset();
  entry.inner_begin = entry.begin + static_cast<std::uint32_t>(XML_GetCurrentByteCount(parser_));
  entry.first_declaration = first_declaration_;
  entry.last_declaration = static_cast<std::uint32_t>(tree_.declarations.size());
  first_declaration_ = entry.last_declaration;

  const auto [local, prefix] = take_apart(name);
  entry.prefix_bytes = prefix.empty() ? 0 : static_cast<std::uint32_t>(prefix.size()) + 1;
  entry.qualified_name = {entry.begin + 1,
                          entry.prefix_bytes + static_cast<std::uint32_t>(local.size())};
  const Tree::Binding binding = tree_.find_binding(index, prefix);
  entry.ns = binding.uri;
  (prefix.empty() ? entry.default_scope : entry.prefix_scope) = binding.depth;
  if (rules_.xmpp && !prefix.empty() && tree_.pooled(entry.ns) == rules_.content_namespace) {
    return fail(Error::bad_namespace_prefix);
  }
  entry.first_attribute = static_cast<std::uint32_t>(tree_.attributes.size());
  for (std::size_t i = 0; i < attribute_count; ++i) {
    add_attribute(index, attributes[2 * i], attributes[2 * i + 1]);
  }
  entry.last_attribute = static_cast<std::uint32_t>(tree_.attributes.size());
  add_child(index);
  open_.push_back({index, 0, runs_.size()});
}

bool ExpatBuilder::within_limits(std::size_t attributes) {
  const std::size_t declarations = tree_.declarations.size() - first_declaration_;
  if (attributes + declarations > limits_.attributes_max) {
    fail(Error::too_many_attributes);
  } else if (open_.size() - marked_open_ >= limits_.depth_max) {
    fail(Error::too_deep);
  } else if (tree_.entries.size() - marked_entries_ >= limits_.elements_max) {
    fail(Error::too_many_elements);
  }
  return !failure_;
}

void ExpatBuilder::add_attribute(std::uint32_t entry, const char* name, const char* value) {
  const auto [local, prefix] = take_apart(name);
  Tree::AttributeSpans spans;
  if (!prefix.empty()) {
    const Tree::Binding binding = tree_.find_binding(entry, prefix);
    spans.prefix = tree_.add_to_pool(prefix);
    spans.ns = binding.uri;
    std::uint32_t& scope = tree_.entries[entry].prefix_scope;
    scope = std::min(scope, binding.depth);
  }
  spans.name = tree_.add_to_pool(local);
  spans.value = tree_.add_to_pool(value);
  tree_.attributes.push_back(spans);
}

void ExpatBuilder::add_child(std::uint32_t entry) {
  Open& parent = open_.back();
  if (parent.last_child == 0) {
    tree_.entries[parent.entry].first_child = entry;
  } else {
    tree_.entries[parent.last_child].next_sibling = entry;
  }
  parent.last_child = entry;
}

void ExpatBuilder::on_end() {
  if (failure_) return;
  // The end of what the mark keeps: bytes that close the synthetic root are no stanza.
  if (open_.size() == marked_open_) return fail(Error::not_well_formed);
  const Open closed = open_.back();
  open_.pop_back();
  Tree::Entry& entry = tree_.entries[closed.entry];
  entry.inner_end = offset();
  entry.end = entry.inner_end + static_cast<std::uint32_t>(XML_GetCurrentByteCount(parser_));
  entry.text = gather_text(closed.first_run);
  in_scope_ -= entry.last_declaration - entry.first_declaration;
  Tree::Entry& parent = tree_.entries[entry.parent];
  parent.prefix_scope = std::min(parent.prefix_scope, entry.prefix_scope);
  parent.default_scope = std::min(parent.default_scope, entry.default_scope);
}

void ExpatBuilder::on_text(std::string_view text) {
  if (failure_) return;
  const Span run = tree_.add_to_pool(text);
  if (runs_.size() > open_.back().first_run) {
    Span& previous = runs_.back();
    if (previous.begin + previous.bytes == run.begin) {
      previous.bytes += run.bytes;
      return;
    }
  }
  runs_.push_back(run);
}

// The text of the element that closes: its runs are the last ones, its children's being gone. In
// pieces, because of what came between, they are joined; each byte is so copied at most once.
Span ExpatBuilder::gather_text(std::size_t first_run) {
  if (runs_.size() == first_run) return {};
  Span text = runs_[first_run];
  if (runs_.size() > first_run + 1) {
    text = {static_cast<std::uint32_t>(tree_.pool.size()), 0};
    for (std::size_t i = first_run; i < runs_.size(); ++i) {
      tree_.pool.append(tree_.pool, runs_[i].begin, runs_[i].bytes);
      text.bytes += runs_[i].bytes;
    }
  }
  runs_.resize(first_run);
  return text;
}

// RFC 6120 sections 11.6 and 11.8. Standalone has no meaning without a DTD (section 11.5).
void ExpatBuilder::on_xml_declaration(const char* version, const char* encoding) {
  if (version == nullptr || std::string_view(version) != "1.0") return fail(Error::bad_format);
  if (encoding != nullptr && !equals_ignoring_case(encoding, "UTF-8")) {
    fail(Error::unsupported_encoding);
  }
}

void ExpatBuilder::fail(Error error) {
  if (failure_) return;
  failure_ = error;
  XML_StopParser(parser_, XML_FALSE);
}

Error ExpatBuilder::error_of_expat() const {
  switch (XML_GetErrorCode(parser_)) {
    case XML_ERROR_NO_MEMORY: MUSTER_UNREACHABLE("no memory is left");
    case XML_ERROR_UNDEFINED_ENTITY: return Error::restricted_xml;
    case XML_ERROR_MISPLACED_XML_PI:
      return rules_.xmpp ? Error::restricted_xml : Error::not_well_formed;
    default: return is_utf8(tree_.source) ? Error::not_well_formed : Error::unsupported_encoding;
  }
}

std::uint32_t ExpatBuilder::offset() const {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(XML_GetCurrentByteIndex(parser_)) -
                                    fed_);
}

}  // namespace muster::xml
