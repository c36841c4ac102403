#include "codec/xml/tree.h"

namespace muster::xml {

void Tree::reset() {
  mark_ = {};
  clear({});
  entries.emplace_back();
  add_to_pool(kNsXml);
  mark();
}

void Tree::clear(std::string_view parsed) {
  source = parsed;
  entries.resize(mark_.entries);
  attributes.resize(mark_.attributes);
  declarations.resize(mark_.declarations);
  pool.resize(mark_.pool);
}

void Tree::mark() {
  mark_ = {entries.size(), attributes.size(), declarations.size(), pool.size()};
}

Tree::Binding Tree::find_binding(std::uint32_t entry, std::string_view prefix) const {
  // Bound without being declared (Namespaces in XML 1.0 section 3).
  if (prefix == "xml") return {kXmlNamespace, kNoScope};
  for (std::uint32_t at = entry; at != 0; at = entries[at].parent) {
    for (std::uint32_t i = entries[at].first_declaration; i != entries[at].last_declaration; ++i) {
      if (pooled(declarations[i].prefix) == prefix) return {declarations[i].uri, entries[at].depth};
    }
  }
  return {};
}

Span Tree::add_to_pool(std::string_view text) {
  const Span span{static_cast<std::uint32_t>(pool.size()), static_cast<std::uint32_t>(text.size())};
  pool.append(text);
  return span;
}

}  // namespace muster::xml
