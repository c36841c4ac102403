#include "scenario/match.h"

#include <vector>

#include "base/ascii.h"
#include "codec/xml/stanza_parser.h"

namespace muster::testing {
namespace {

constexpr std::string_view kWhatever = "...";

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

// Takes `...` off what a pattern says inside an element.
bool take_whatever(std::string& text) {
  const std::size_t at = text.find(kWhatever);
  if (at == std::string::npos) return false;
  text.erase(at, kWhatever.size());
  return true;
}

std::string path_of(const std::string& parent, const xml::Element& element) {
  return parent + "<" + std::string(element.name()) + ">";
}

class Comparison {
 public:
  std::optional<std::string> difference(const xml::Element& got, const xml::Element& pattern,
                                        const std::string& parent) {
    if (got.name() != pattern.name() || got.ns() != pattern.ns()) {
      return parent + ": <" + std::string(got.name()) + "> of " + std::string(got.ns()) +
             " instead of <" + std::string(pattern.name()) + "> of " + std::string(pattern.ns());
    }
    const std::string path = path_of(parent, pattern);
    if (auto found = attributes_differ(got, pattern, path)) return found;
    return contents_differ(got, pattern, path);
  }

 private:
  static std::optional<std::string> attributes_differ(const xml::Element& got,
                                                      const xml::Element& pattern,
                                                      const std::string& path) {
    for (const xml::Attribute wanted : pattern.attributes()) {
      const auto value = got.attribute(wanted.name, wanted.ns);
      if (!value) return path + " has no " + std::string(wanted.name);
      if (!matches(*value, wanted.value)) {
        return path + " has " + std::string(wanted.name) + "='" + std::string(*value) + "'";
      }
    }
    for (const xml::Attribute has : got.attributes()) {
      if (has.name == "id" && path.find('<', 1) == std::string::npos) continue;
      if (!pattern.attribute(has.name, has.ns)) {
        return path + " has " + std::string(has.name) + "='" + std::string(has.value) + "' too";
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> contents_differ(const xml::Element& got, const xml::Element& pattern,
                                             const std::string& path) {
    std::string text(pattern.text());
    const bool open = take_whatever(text);
    const std::string_view wanted = trimmed(text);
    if (!(open && wanted.empty()) && !matches(trimmed(got.text()), wanted)) {
      return path + " says '" + std::string(got.text()) + "'";
    }
    auto has = got.children().begin();
    for (const xml::Element child : pattern.children()) {
      std::optional<std::string> found = path + " has no <" + std::string(child.name()) + ">";
      for (; has != got.children().end() && found; ++has) {
        found = difference(*has, child, path);
        if (found && !open) return found;
      }
      if (found) return found;
    }
    if (!open && has != got.children().end()) {
      return path + " has <" + std::string((*has).name()) + "> too";
    }
    return std::nullopt;
  }
};

}  // namespace

bool matches(std::string_view text, std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= text.size(); ++at) {
    if (matches(text.substr(at), rest)) return true;
  }
  return false;
}

std::optional<std::string> xml_difference(std::string_view xml, std::string_view pattern) {
  xml::StanzaParser parser_of_xml;
  xml::StanzaParser parser_of_pattern;
  const auto got = parser_of_xml.parse(xml);
  if (!got) return "not well-formed: " + std::string(xml);
  const auto wanted = parser_of_pattern.parse(trimmed(pattern));
  if (!wanted) return "the scenario's own XML is not one element: " + std::string(pattern);
  return Comparison().difference(*got, *wanted, {});
}

}  // namespace muster::testing
