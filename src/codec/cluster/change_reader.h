// Reads the operations of a partial document as changes.
#pragma once

#include <string_view>
#include <vector>

#include "codec/cluster/element_reader.h"
#include "codec/cluster/selector.h"
#include "codec/xml/element.h"
#include "model/cluster/change.h"

namespace muster::cluster {

class ChangeReader {
 public:
  // Failures are the `elements`'s.
  ChangeReader(const Limits& limits, ElementReader& elements)
      : limits_(limits), elements_(elements) {}

  std::vector<Change> read(const xml::Element& root);

 private:
  void add(const xml::Element& operation, const Selector& selector);
  void add_to_document(const xml::Element& child, bool prepend);
  void replace(const xml::Element& operation, const Selector& selector);
  // False if the target is none of those.
  bool replace_text(std::string_view text, const Selector& selector);
  bool replace_element(const xml::Element& by, const Selector& selector);
  void remove(const Selector& selector);

  void push(Change change);
  void set_number(SetNumber::Of of, std::string_view text);
  // What replaces another must have its key.
  void check_key(bool same);

  const Limits& limits_;
  ElementReader& elements_;
  std::vector<Change> changes_;
};

}  // namespace muster::cluster
