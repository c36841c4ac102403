// The arena behind Element (element.h): flat vectors of 32-bit offsets into the bytes that were
// parsed and into one pool of text, filled by ExpatBuilder and kept from one parse to the next, so
// that parsing allocates nothing once they have grown.
//
// Entry 0 stands for the document around everything; it has no declarations. What is at or before
// the mark stays through clear(): the synthetic root of a stanza parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "codec/xml/element.h"
#include "codec/xml/namespaces.h"

namespace muster::xml {

// A piece of the source or of the pool.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t bytes = 0;
};

// A namespace declaration; both in the pool, the prefix empty for the default namespace.
struct Declaration {
  Span prefix;
  Span uri;
};

class Tree {
 public:
  // The depth of what needs no declaration: deeper than all.
  static constexpr std::uint32_t kNoScope = std::numeric_limits<std::uint32_t>::max();
  // Where the pool holds the namespace of xml:lang.
  static constexpr Span kXmlNamespace{0, static_cast<std::uint32_t>(kNsXml.size())};

  struct Entry {
    std::uint32_t begin = 0;         // of the start tag, in the source, as are these:
    std::uint32_t inner_begin = 0;   // behind the start tag
    std::uint32_t inner_end = 0;     // of the end tag, or like inner_begin
    std::uint32_t end = 0;           // behind it all; 0 while it is open
    Span qualified_name;             // in the source, with the prefix
    std::uint32_t prefix_bytes = 0;  // of it, with the colon
    Span ns;                         // in the pool
    Span text;                       // in the pool
    std::uint32_t parent = 0;
    std::uint32_t first_child = 0;
    std::uint32_t next_sibling = 0;
    std::uint32_t first_attribute = 0;
    std::uint32_t last_attribute = 0;  // one past it
    std::uint32_t first_declaration = 0;
    std::uint32_t last_declaration = 0;  // one past it
    std::uint32_t depth = 0;
    // The least depth at which a prefix, or a default namespace, is declared (0: nowhere) that
    // the element or anything in it uses.
    std::uint32_t prefix_scope = kNoScope;
    std::uint32_t default_scope = kNoScope;
  };

  struct AttributeSpans {
    Span prefix, ns, name, value;  // in the pool; the first two empty without a prefix
  };

  // What declares a prefix, and at which depth; {} and 0 if nothing does.
  struct Binding {
    Span uri;
    std::uint32_t depth = 0;
  };

  Tree() { reset(); }

  // Forgets all, or all behind the mark, for a parse of `source`.
  void reset();
  void clear(std::string_view parsed);
  void mark();

  Binding find_binding(std::uint32_t entry, std::string_view prefix) const;

  // Where nothing declares a default namespace, there is none.
  std::string_view default_namespace(std::uint32_t entry) const {
    return pooled(find_binding(entry, {}).uri);
  }

  std::string_view pooled(Span span) const {
    return std::string_view(pool).substr(span.begin, span.bytes);
  }
  std::string_view sourced(std::uint32_t begin, std::uint32_t end) const {
    return source.substr(begin, end - begin);
  }
  // Without the colon.
  std::string_view prefix(const Entry& entry) const {
    const std::uint32_t bytes = entry.prefix_bytes == 0 ? 0 : entry.prefix_bytes - 1;
    return source.substr(entry.qualified_name.begin, bytes);
  }
  Span add_to_pool(std::string_view text);

  std::string_view source;
  std::string_view content_namespace;
  std::vector<Entry> entries;
  std::vector<AttributeSpans> attributes;
  std::vector<Declaration> declarations;
  std::string pool;

 private:
  struct Sizes {
    std::size_t entries = 0, attributes = 0, declarations = 0, pool = 0;
  };
  Sizes mark_;
};

}  // namespace muster::xml
