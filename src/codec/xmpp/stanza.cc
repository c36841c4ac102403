#include "codec/xmpp/stanza.h"

#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"

namespace muster {
namespace {

// An attribute of an extended namespace (section 8.4), under a prefix made for it.
void append_extended_attribute(std::string& out, const xml::Attribute& attribute, int number) {
  const std::string prefix = "a" + std::to_string(number);
  xml::append_declaration(out, prefix, attribute.ns);
  xml::append_attribute(out, prefix + ":" + std::string(attribute.name), attribute.value);
}

void append_attributes(std::string& out, const xml::Element& stanza, std::string_view language) {
  bool has_language = language.empty();
  int extended = 0;
  for (const xml::Attribute attribute : stanza.attributes()) {
    if (attribute.ns.empty()) {
      if (attribute.name == "from" || attribute.name == "to") continue;
      xml::append_attribute(out, attribute.name, attribute.value);
    } else if (attribute.ns == xml::kNsXml) {
      if (attribute.name == "lang") has_language = true;
      xml::append_attribute(out, "xml:" + std::string(attribute.name), attribute.value);
    } else {
      append_extended_attribute(out, attribute, extended++);
    }
  }
  if (!has_language) xml::append_attribute(out, "xml:lang", language);
}

void append_addresses(std::string& out, const ReplyAddresses& addresses) {
  if (!addresses.from.empty()) xml::append_attribute(out, "from", addresses.from);
  if (!addresses.to.empty()) xml::append_attribute(out, "to", addresses.to);
  if (addresses.id) xml::append_attribute(out, "id", *addresses.id);
}

}  // namespace

bool append_stanza_rest(std::string& out, const xml::Element& stanza, std::string_view language) {
  const std::size_t before = out.size();
  append_attributes(out, stanza, language);
  out.append(1, '>');
  const std::size_t content = out.size();
  if (!stanza.write_inner(out)) {
    out.resize(before);
    return false;
  }
  if (out.size() == content) {
    out.back() = '/';
    out.append(1, '>');
  } else {
    out.append("</").append(stanza.name()).append(1, '>');
  }
  return true;
}

std::optional<std::string> readdressed(const xml::Element& stanza, std::string_view from,
                                       std::string_view to, std::string_view language) {
  std::string out;
  out.reserve(stanza.outer().size() + from.size() + to.size() + language.size() + 32);
  out.append(1, '<').append(stanza.name());
  xml::append_attribute(out, "from", from);
  xml::append_attribute(out, "to", to);
  if (!append_stanza_rest(out, stanza, language)) return std::nullopt;
  return out;
}

std::string iq_result_xml(const ReplyAddresses& addresses, std::string_view payload) {
  std::string out = "<iq type='result'";
  append_addresses(out, addresses);
  if (payload.empty()) {
    out.append("/>");
  } else {
    out.append(1, '>').append(payload).append("</iq>");
  }
  return out;
}

std::string error_stanza_xml(std::string_view kind, const ReplyAddresses& addresses,
                             StanzaError why, std::string_view text) {
  std::string out = "<";
  out.append(kind).append(" type='error'");
  append_addresses(out, addresses);
  out.append(1, '>').append(stanza_error_xml(why, text));
  out.append("</").append(kind).append(1, '>');
  return out;
}

}  // namespace muster
