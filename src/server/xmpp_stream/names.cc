#include "server/xmpp_stream/names.h"

#include "codec/address/jid.h"
#include "codec/xml/writer.h"

namespace muster {

std::string ping_id(std::uint64_t number) {
  return "ping-" + std::to_string(number);
}

std::string ping_xml(const Address& to, std::uint64_t number) {
  std::string xml = "<iq type='get'";
  xml::append_attribute(xml, "from", to.domain());
  xml::append_attribute(xml, "to", to.text());
  xml::append_attribute(xml, "id", ping_id(number));
  xml.append("><ping xmlns='urn:xmpp:ping'/></iq>");
  return xml;
}

bool is_request_to(std::string_view domain, const xml::Element& stanza) {
  if (stanza.name() != "iq") return false;
  const auto type = stanza.attribute("type");
  if (type != "get" && type != "set") return false;
  const auto to = stanza.attribute("to");
  if (!to || *to == domain) return true;
  std::string scratch;
  const auto canonical = canonical_domainpart(*to, scratch);
  return canonical && *canonical == domain;
}

std::optional<xml::Element> request_in(std::string_view ns, const xml::Element& iq) {
  const auto children = iq.children();
  if (children.empty() || (*children.begin()).ns() != ns) return std::nullopt;
  return *children.begin();
}

ReplyAddresses reply_to(const xml::Element& iq) {
  return {iq.attribute("to").value_or(std::string_view()), {}, iq.attribute("id")};
}

}  // namespace muster
