// From libexpat's callbacks to a Tree: what StanzaParser and DocumentParser share. It owns the
// expat parser and the tree.
//
// After feed() has failed, reset() must come before the next feed().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/xml/error.h"
#include "codec/xml/limits.h"
#include "codec/xml/tree.h"

struct XML_ParserStruct;

namespace muster::xml {

class ExpatBuilder {
 public:
  struct Rules {
    // Comments and processing instructions are refused, not skipped; so is a prefix on an element
    // of the content namespace (RFC 6120 sections 11.1 and 4.8.5).
    bool xmpp = false;
    std::string_view content_namespace;
    // Of libexpat's hash tables, which peers must not know, or they choose names that collide. What
    // is parsed does not depend on it. 0: libexpat asks the operating system, at each reset.
    std::uint64_t hash_salt = 0;
  };

  explicit ExpatBuilder(const Rules& rules);
  ~ExpatBuilder();
  ExpatBuilder(const ExpatBuilder&) = delete;
  ExpatBuilder& operator=(const ExpatBuilder&) = delete;

  // A new document begins.
  void reset();

  // Parses more of the document; the tree then has what `bytes` brought, and what the mark keeps.
  // At the document's end, `last`.
  Result<void, Error> feed(std::string_view bytes, const Limits& limits, bool last);

  // Keeps the elements that are open now: what is fed later is built inside the innermost.
  void mark();

  const Tree& tree() const { return tree_; }
  // The element that began first of those fed last, if any did.
  std::optional<std::uint32_t> first_element() const;

 private:
  struct Open {
    std::uint32_t entry = 0;
    std::uint32_t last_child = 0;
    std::size_t first_run = 0;
  };
  struct Callbacks;

  void on_declaration(const char* prefix, const char* uri);
  void on_start(const char* name, const char** attributes);
  void on_end();
  void on_text(std::string_view text);
  void on_xml_declaration(const char* version, const char* encoding);
  void fail(Error error);

  bool within_limits(std::size_t attributes);
  void add_attribute(std::uint32_t entry, const char* name, const char* value);
  void add_child(std::uint32_t entry);
  Span gather_text(std::size_t first_run);
  Error error_of_expat() const;
  std::uint32_t offset() const;

  Rules rules_;
  Limits limits_;
  XML_ParserStruct* parser_;
  Tree tree_;
  std::vector<Open> open_;  // the elements that are open, the document itself first
  std::vector<Span> runs_;  // pieces of text of the open elements, the outermost's first
  std::size_t marked_entries_ = 0;
  std::size_t marked_open_ = 0;
  std::size_t in_scope_ = 0;             // declarations of open elements, behind the mark
  std::uint32_t first_declaration_ = 0;  // of the start tag whose declarations come in
  std::uint64_t fed_ = 0;                // bytes since reset(), before those being fed
  std::optional<Error> failure_;
};

}  // namespace muster::xml
