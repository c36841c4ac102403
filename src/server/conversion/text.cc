#include "server/conversion/text.h"

#include "codec/pidf/values.h"
#include "codec/xml/characters.h"

namespace muster {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
constexpr std::string_view kReplacement = "\ufffd";

// Whether the byte is one of a character's, but not its first.
constexpr bool is_inside(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  const bool marked = bytes_max >= kEllipsis.size();
  std::size_t end = marked ? bytes_max - kEllipsis.size() : bytes_max;
  while (end > 0 && is_inside(text[end]))
    --end;
  std::string out(text.substr(0, end));
  if (marked) out.append(kEllipsis);
  return out;
}

std::string xml_text_of(std::string_view bytes) {
  if (xml::is_xml_text(bytes)) return std::string(bytes);
  std::string out;
  out.reserve(bytes.size() + 16);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t begin = at;
    if (!xml::next_character(bytes, at)) ++at;
    const std::string_view character = bytes.substr(begin, at - begin);
    out.append(xml::is_xml_text(character) ? character : kReplacement);
  }
  return out;
}

std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return std::string(pidf::trim(out));
}

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

std::string with_lf(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!text.substr(i).starts_with("\r\n")) out += text[i];
  }
  return out;
}

}  // namespace muster
