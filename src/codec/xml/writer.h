// Writing XML: escaped text appended to a string, and a small Writer for documents where open and
// close read better than concatenation. Characters that XML cannot carry are the caller's to keep
// out (characters.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::xml {

// Character data: & < > are escaped, > for the sake of "]]>"; and carriage return, which would
// come out as a line feed (XML 1.0 section 2.11).
void append_escaped(std::string& out, std::string_view text);

// For a value between quotes of either kind: besides, both quotes; and tab and line feed as
// references, which would come out as spaces (XML 1.0 section 3.3.3).
void append_attribute_escaped(std::string& out, std::string_view value);

// ` name='value'`, escaped.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

// ` xmlns:prefix='uri'`, escaped; ` xmlns='uri'` without a prefix.
void append_declaration(std::string& out, std::string_view prefix, std::string_view uri);

// `<name>text</name>`, escaped.
void append_text_element(std::string& out, std::string_view name, std::string_view text);

// Writes elements into a string that the caller owns. Names are written as given; their views must
// live until the element is closed.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& open(std::string_view name);
  // Directly after open() or another attribute.
  Writer& attribute(std::string_view name, std::string_view value);
  Writer& text(std::string_view text);
  // Markup that is XML already.
  Writer& verbatim(std::string_view markup);
  // The innermost open element; one without content becomes an empty-element tag.
  Writer& close();

 private:
  void end_start_tag();

  std::string& out_;
  std::vector<std::string_view> open_;
  bool in_start_tag_ = false;
};

}  // namespace muster::xml
