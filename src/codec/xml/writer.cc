#include "codec/xml/writer.h"

#include <array>
#include <cstddef>

#include "base/check.h"

namespace muster::xml {
namespace {

// What stands for each byte; null where it stands for itself.
using Escapes = std::array<const char*, 256>;

constexpr Escapes kTextEscapes = [] {
  Escapes escapes{};
  escapes['&'] = "&amp;";
  escapes['<'] = "&lt;";
  escapes['>'] = "&gt;";
  escapes['\r'] = "&#13;";
  return escapes;
}();

constexpr Escapes kAttributeEscapes = [] {
  Escapes escapes = kTextEscapes;
  escapes['\''] = "&apos;";
  escapes['"'] = "&quot;";
  escapes['\t'] = "&#9;";
  escapes['\n'] = "&#10;";
  return escapes;
}();

// Stretches that need no escape are appended whole.
void append(std::string& out, std::string_view text, const Escapes& escapes) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char* const escape = escapes[static_cast<unsigned char>(text[i])];
    if (escape == nullptr) continue;
    out.append(text, begin, i - begin);
    out += escape;
    begin = i + 1;
  }
  out.append(text, begin);
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  append(out, text, kTextEscapes);
}

void append_attribute_escaped(std::string& out, std::string_view value) {
  append(out, value, kAttributeEscapes);
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "='";
  append_attribute_escaped(out, value);
  out += '\'';
}

void append_declaration(std::string& out, std::string_view prefix, std::string_view uri) {
  out += prefix.empty() ? " xmlns" : " xmlns:";
  out += prefix;
  out += "='";
  append_attribute_escaped(out, uri);
  out += '\'';
}

void append_text_element(std::string& out, std::string_view name, std::string_view text) {
  out += '<';
  out += name;
  out += '>';
  append_escaped(out, text);
  out += "</";
  out += name;
  out += '>';
}

Writer& Writer::open(std::string_view name) {
  end_start_tag();
  out_ += '<';
  out_ += name;
  open_.push_back(name);
  in_start_tag_ = true;
  return *this;
}

Writer& Writer::attribute(std::string_view name, std::string_view value) {
  MUSTER_CHECK(in_start_tag_);
  append_attribute(out_, name, value);
  return *this;
}

Writer& Writer::text(std::string_view text) {
  end_start_tag();
  append_escaped(out_, text);
  return *this;
}

Writer& Writer::verbatim(std::string_view markup) {
  end_start_tag();
  out_ += markup;
  return *this;
}

Writer& Writer::close() {
  MUSTER_CHECK(!open_.empty());
  if (in_start_tag_) {
    out_ += "/>";
    in_start_tag_ = false;
  } else {
    out_ += "</";
    out_ += open_.back();
    out_ += '>';
  }
  open_.pop_back();
  return *this;
}

void Writer::end_start_tag() {
  if (in_start_tag_) out_ += '>';
  in_start_tag_ = false;
}

}  // namespace muster::xml
