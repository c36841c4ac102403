#include "codec/xml/element.h"

#include <algorithm>
#include <vector>

#include "codec/xml/tree.h"
#include "codec/xml/writer.h"

namespace muster::xml {
namespace {

// The prefixes that the element at `index` or anything in it uses without declaring them, each
// once.
std::vector<std::string_view> free_prefixes(const Tree& tree, std::uint32_t index) {
  const Tree::Entry& outermost = tree.entries[index];
  std::vector<std::string_view> free;
  const auto look_at = [&](std::uint32_t at, std::string_view prefix) {
    if (prefix.empty() || tree.find_binding(at, prefix).depth >= outermost.depth) return;
    if (std::find(free.begin(), free.end(), prefix) == free.end()) free.push_back(prefix);
  };
  // What is in an element comes behind it, and begins before it ends.
  for (std::uint32_t at = index; at < tree.entries.size(); ++at) {
    const Tree::Entry& entry = tree.entries[at];
    if (entry.begin >= outermost.end) break;
    look_at(at, tree.prefix(entry));
    for (std::uint32_t i = entry.first_attribute; i != entry.last_attribute; ++i) {
      look_at(at, tree.pooled(tree.attributes[i].prefix));
    }
  }
  return free;
}

// The declarations that an element needs from outside, where the default namespace is
// `surrounding`.
void append_missing_declarations(std::string& out, const Tree& tree, std::uint32_t index,
                                 std::string_view surrounding) {
  const Tree::Entry& entry = tree.entries[index];
  if (entry.default_scope < entry.depth) {
    const std::string_view ns = tree.default_namespace(entry.parent);
    if (ns != surrounding) append_declaration(out, {}, ns);
  }
  if (entry.prefix_scope >= entry.depth) return;
  for (const std::string_view prefix : free_prefixes(tree, index)) {
    append_declaration(out, prefix, tree.pooled(tree.find_binding(entry.parent, prefix).uri));
  }
}

void append_element(std::string& out, const Tree& tree, std::uint32_t index,
                    std::string_view surrounding) {
  const Tree::Entry& entry = tree.entries[index];
  const std::uint32_t name_end = entry.qualified_name.begin + entry.qualified_name.bytes;
  out += tree.sourced(entry.begin, name_end);
  append_missing_declarations(out, tree, index, surrounding);
  out += tree.sourced(name_end, entry.end);
}

// Takes back what was appended behind `before` if it is more than an element may grow to.
bool keep_if_small(std::string& out, std::size_t before) {
  if (out.size() - before <= Element::kRewrittenBytesMax) return true;
  out.resize(before);
  return false;
}

}  // namespace

std::string_view Element::name() const {
  const Tree::Entry& entry = tree_->entries[index_];
  const std::uint32_t begin = entry.qualified_name.begin;
  return tree_->sourced(begin + entry.prefix_bytes, begin + entry.qualified_name.bytes);
}

std::string_view Element::ns() const {
  return tree_->pooled(tree_->entries[index_].ns);
}

bool Element::is(std::string_view name, std::string_view ns) const {
  return this->name() == name && this->ns() == ns;
}

std::optional<std::string_view> Element::attribute(std::string_view name) const {
  return attribute(name, {});
}

std::optional<std::string_view> Element::attribute(std::string_view name,
                                                   std::string_view ns) const {
  for (const Attribute candidate : attributes()) {
    if (candidate.name == name && candidate.ns == ns) return candidate.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Element::namespace_of(std::string_view prefix) const {
  const std::string_view uri = tree_->pooled(tree_->find_binding(index_, prefix).uri);
  // Only the default namespace may be declared as none (Namespaces in XML 1.0 section 2.2).
  if (uri.empty() && !prefix.empty()) return std::nullopt;
  return uri;
}

AttributeRange Element::attributes() const {
  const Tree::Entry& entry = tree_->entries[index_];
  return {tree_, entry.first_attribute, entry.last_attribute};
}

ChildRange Element::children() const {
  return {tree_, tree_->entries[index_].first_child};
}

std::optional<Element> Element::child(std::string_view name, std::string_view ns) const {
  for (const Element candidate : children()) {
    if (candidate.is(name, ns)) return candidate;
  }
  return std::nullopt;
}

std::string_view Element::text() const {
  return tree_->pooled(tree_->entries[index_].text);
}

std::string_view Element::child_text(std::string_view name, std::string_view ns) const {
  const std::optional<Element> found = child(name, ns);
  return found ? found->text() : std::string_view();
}

std::string_view Element::outer() const {
  const Tree::Entry& entry = tree_->entries[index_];
  return tree_->sourced(entry.begin, entry.end);
}

std::string_view Element::inner() const {
  const Tree::Entry& entry = tree_->entries[index_];
  return tree_->sourced(entry.inner_begin, entry.inner_end);
}

bool Element::self_contained() const {
  const Tree::Entry& entry = tree_->entries[index_];
  bool inherits_default = false;
  for (std::uint32_t at = entry.first_child; at != 0; at = tree_->entries[at].next_sibling) {
    const Tree::Entry& child = tree_->entries[at];
    if (child.prefix_scope <= entry.depth) return false;
    if (child.default_scope <= entry.depth) inherits_default = true;
  }
  return !inherits_default || tree_->default_namespace(index_) == tree_->content_namespace;
}

bool Element::write_inner(std::string& out, std::string_view surrounding) const {
  const std::size_t before = out.size();
  const Tree::Entry& entry = tree_->entries[index_];
  std::uint32_t written = entry.inner_begin;
  for (std::uint32_t at = entry.first_child; at != 0; at = tree_->entries[at].next_sibling) {
    const Tree::Entry& child = tree_->entries[at];
    out += tree_->sourced(written, child.begin);
    append_element(out, *tree_, at, surrounding);
    if (!keep_if_small(out, before)) return false;
    written = child.end;
  }
  out += tree_->sourced(written, entry.inner_end);
  return keep_if_small(out, before);
}

bool Element::write_outer(std::string& out, std::string_view surrounding) const {
  const std::size_t before = out.size();
  append_element(out, *tree_, index_, surrounding);
  return keep_if_small(out, before);
}

bool Element::write_inner(std::string& out) const {
  return write_inner(out, tree_->content_namespace);
}

ChildRange::Iterator& ChildRange::Iterator::operator++() {
  index_ = tree_->entries[index_].next_sibling;
  return *this;
}

Attribute AttributeRange::Iterator::operator*() const {
  const Tree::AttributeSpans& spans = tree_->attributes[index_];
  return {tree_->pooled(spans.ns), tree_->pooled(spans.name), tree_->pooled(spans.value)};
}

}  // namespace muster::xml
