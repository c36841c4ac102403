#include "server/conversion/page_message.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "codec/address/sip_address.h"
#include "codec/pidf/extension.h"
#include "codec/pidf/values.h"
#include "codec/sip/media.h"
#include "codec/sip/values.h"
#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"
#include "server/conversion/text.h"

namespace muster {
namespace {

// Of several children by that name, each in its language (RFC 6121 sections 5.2.3, 5.2.4), the one
// in `language`, else the first.
struct Chosen {
  std::string_view text;
  std::string language;
};
Chosen choose(const xml::Element& stanza, std::string_view name, std::string_view language) {
  const std::string around = pidf::read_language(stanza, {});
  std::optional<Chosen> first;
  for (const xml::Element child : stanza.children()) {
    if (!child.is(name, xml::kNsClient)) continue;
    Chosen chosen{child.text(), pidf::read_language(child, around)};
    if (chosen.language == language) return chosen;
    if (!first) first = std::move(chosen);
  }
  return first.value_or(Chosen());
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::size_t estimated_bytes(const MessageToSip& message, const PageMessageText& text) {
  std::string addresses;
  append_sip_uri(addresses, message.from);
  append_sip_uri(addresses, message.to.to_bare());
  return kMessageFrameBytes + addresses.size() + text.call_id.size() + text.content_type.size() +
         text.language.size() + text.subject.size() + text.body.size();
}

// RFC 3428 section 7, RFC 3261 section 20.15; the charset by RFC 2046 section 4.1.2.
bool is_plain_text(std::string_view content_type) {
  if (content_type.empty()) return true;
  const auto type = sip::parse_media_type(content_type);
  if (!type || !type->is("text", "plain")) return false;
  const auto charset = type->params.find("charset");
  if (!charset) return true;
  std::string buffer;
  const std::string_view name = charset->text(buffer);
  return equals_ignoring_case(name, "utf-8") || equals_ignoring_case(name, "us-ascii");
}

}  // namespace

Result<PageMessageText, StanzaError> page_message_of(const MessageToSip& message,
                                                     Parsers& parsers) {
  const auto stanza = parsers.stanza(message.xml);
  if (!stanza) return Failure{StanzaError::bad_request};
  const Chosen body = choose(*stanza, "body", pidf::read_language(*stanza, {}));
  const Chosen subject = choose(*stanza, "subject", body.language);
  PageMessageText text;
  text.content_type = is_ascii(body.text) ? "text/plain" : "text/plain;charset=UTF-8";
  text.language = body.language;
  text.subject = cut(one_line(subject.text), kSubjectBytesMax);
  const std::string_view thread = pidf::trim(stanza->child_text("thread", xml::kNsClient));
  if (sip::is_call_id(thread)) text.call_id = thread;
  text.body = with_crlf(body.text);
  text.date = message.delayed_since;
  if (estimated_bytes(message, text) > kMessageBytesMax) {
    return Failure{StanzaError::policy_violation};
  }
  return text;
}

Result<std::string, sip::Status> stanza_of(const MessageToXmpp& message, std::string_view id,
                                           const Limits& limits) {
  const PageMessageText& text = message.text;
  if (!is_plain_text(text.content_type)) return Failure{sip::Status::unsupported_media_type};
  std::string xml = "<message";
  xml::append_attribute(xml, "from", message.from.text());
  xml::append_attribute(xml, "to", message.to.text());
  xml::append_attribute(xml, "id", id);
  const std::string_view language = pidf::first_language(text.language);
  if (!language.empty()) xml::append_attribute(xml, "xml:lang", language);
  xml.append(1, '>');
  if (!text.subject.empty()) {
    xml::append_text_element(xml, "subject", xml_text_of(text.subject));
  }
  xml::append_text_element(xml, "body", xml_text_of(with_lf(text.body)));
  if (!text.call_id.empty()) xml::append_text_element(xml, "thread", xml_text_of(text.call_id));
  xml.append("</message>");
  if (xml.size() > limits.stanza_bytes_max) return Failure{sip::Status::request_entity_too_large};
  return xml;
}

}  // namespace muster
