// An element of parsed XML: a handle of two words into the tree that a parser owns. It is valid,
// with every view it gave out, until that parser parses again, and no longer than the bytes that
// were parsed, which the tree does not copy.
//
// Names are taken apart (Namespaces in XML 1.0): name() is the local part, ns() the namespace name,
// empty for none. Namespace declarations are not attributes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace muster::xml {

class Tree;

struct Attribute {
  std::string_view ns;  // empty for an attribute without a prefix
  std::string_view name;
  std::string_view value;  // references resolved, whitespace normalised (XML 1.0 section 3.3.3)
};

class AttributeRange;
class ChildRange;

class Element {
 public:
  Element(const Tree& tree, std::uint32_t index) : tree_(&tree), index_(index) {}

  std::string_view name() const;
  std::string_view ns() const;
  bool is(std::string_view name, std::string_view ns) const;

  // The value of the attribute without a namespace, or of the one in `ns`.
  std::optional<std::string_view> attribute(std::string_view name) const;
  std::optional<std::string_view> attribute(std::string_view name, std::string_view ns) const;
  AttributeRange attributes() const;

  // The namespace that a qualified name in its text or in an attribute value means by `prefix`,
  // empty for a name without one. Nothing if none is declared for the prefix.
  std::optional<std::string_view> namespace_of(std::string_view prefix) const;

  // Child elements, in document order, and the first by that name.
  ChildRange children() const;
  std::optional<Element> child(std::string_view name, std::string_view ns) const;

  // All character data directly inside, joined; references and CDATA sections resolved.
  std::string_view text() const;
  // The same of the first child by that name; empty if there is none.
  std::string_view child_text(std::string_view name, std::string_view ns) const;

  // The very bytes it came as, from its '<' to its last '>'; and those between its start tag and
  // its end tag.
  std::string_view outer() const;
  std::string_view inner() const;

  // True if inner() means the same wherever the default namespace is the content namespace of the
  // parser: it uses no prefix declared outside it, and no default namespace declared outside it
  // other than the content namespace. Then it may be copied verbatim into another stanza.
  bool self_contained() const;

  // Appends inner(), or outer(), for a place where the default namespace is `surrounding` and no
  // prefix is bound: verbatim but for the declarations that it needs from outside, which are
  // written into the start tags concerned. False, and nothing appended, if that would take more
  // than kRewrittenBytesMax: one long declaration shared by many elements grows with each.
  [[nodiscard]] bool write_inner(std::string& out, std::string_view surrounding) const;
  [[nodiscard]] bool write_outer(std::string& out, std::string_view surrounding) const;
  // For a place like the one it came from: `surrounding` is the parser's content namespace.
  [[nodiscard]] bool write_inner(std::string& out) const;

  static constexpr std::size_t kRewrittenBytesMax = std::size_t{512} * 1024;

  friend bool operator==(const Element& a, const Element& b) = default;

 private:
  const Tree* tree_;
  std::uint32_t index_;
};

// for (Element child : element.children())
class ChildRange {
 public:
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Element;
    using iterator_category = std::input_iterator_tag;
    using pointer = void;
    using reference = Element;

    Iterator(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
    Element operator*() const { return {*tree_, index_}; }
    Iterator& operator++();
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

   private:
    const Tree* tree_;
    std::uint32_t index_;
  };

  ChildRange(const Tree* tree, std::uint32_t first) : tree_(tree), first_(first) {}
  Iterator begin() const { return {tree_, first_}; }
  Iterator end() const { return {tree_, 0}; }
  bool empty() const { return first_ == 0; }

 private:
  const Tree* tree_;
  std::uint32_t first_;  // 0, the tree's own root, is no element's child
};

// for (Attribute attribute : element.attributes())
class AttributeRange {
 public:
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Attribute;
    using iterator_category = std::input_iterator_tag;
    using pointer = void;
    using reference = Attribute;

    Iterator(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
    Attribute operator*() const;
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

   private:
    const Tree* tree_;
    std::uint32_t index_;
  };

  AttributeRange(const Tree* tree, std::uint32_t first, std::uint32_t last)
      : tree_(tree), first_(first), last_(last) {}
  Iterator begin() const { return {tree_, first_}; }
  Iterator end() const { return {tree_, last_}; }
  bool empty() const { return first_ == last_; }

 private:
  const Tree* tree_;
  std::uint32_t first_;
  std::uint32_t last_;
};

}  // namespace muster::xml
