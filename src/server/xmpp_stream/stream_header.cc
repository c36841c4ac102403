#include "server/xmpp_stream/stream_header.h"

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"
#include "codec/address/jid.h"
#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"

namespace muster {
namespace {

// Section 4.7.5: two integers, compared as such, whose leading zeros count for nothing. Without a
// version the peer speaks 0.9. Nothing if it is malformed or too great for a number.
struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 9;
};
std::optional<Version> parse_version(std::optional<std::string_view> text) {
  if (!text) return Version{};
  const std::size_t point = text->find('.');
  if (point == std::string_view::npos) return std::nullopt;
  const auto major = parse_number<std::uint32_t>(text->substr(0, point));
  const auto minor = parse_number<std::uint32_t>(text->substr(point + 1));
  if (!major || !minor) return std::nullopt;
  return Version{*major, *minor};
}

// Section 4.7.4: enough of RFC 5646's syntax to keep other things out.
bool is_language_tag(std::string_view text) {
  return !text.empty() && text.size() <= kLanguageBytesMax && is_alpha(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
}

// Sections 4.7.2 and 4.9.3.6; 4.9.3.7 for what is no domain at all.
std::optional<StreamError> take_to(std::optional<std::string_view> to, const Settings& settings,
                                   StreamOpening& opening) {
  // Peers of RFC 3920 may leave it out: that is clear enough where there is one domain.
  if (!to && settings.domains.size() == 1) return std::nullopt;
  std::string scratch;
  const auto domain = canonical_domainpart(to.value_or(std::string_view()), scratch);
  if (!domain) return StreamError::improper_addressing;
  if (!settings.serves(*domain)) return StreamError::host_unknown;
  opening.domain = *domain;
  return std::nullopt;
}

}  // namespace

StreamOpening unread_opening(const Settings& settings) {
  StreamOpening opening;
  opening.domain = settings.domains.front();
  return opening;
}

StreamOpening judge_header(const xml::Element& header, const Settings& settings) {
  StreamOpening opening = unread_opening(settings);
  const std::string_view language =
      header.attribute("lang", xml::kNsXml).value_or(std::string_view());
  if (is_language_tag(language)) opening.language = language;

  const auto version = parse_version(header.attribute("version"));
  // Rules 2 and 4 of section 4.7.5: the lower version of both, and none to who gave none.
  if (!header.attribute("version")) {
    opening.version.clear();
  } else if (version && version->major == 0) {
    opening.version = "0." + std::to_string(version->minor);
  }
  // A newer peer decides itself whether it can do with our version (rule 3).
  if (!version || version->major == 0) opening.wrong = StreamError::unsupported_version;

  const auto to_error = take_to(header.attribute("to"), settings, opening);
  if (!opening.wrong) opening.wrong = to_error;

  if (const auto from = header.attribute("from")) {
    const auto address = parse_jid(*from);
    if (address) {
      opening.from = address->to_bare();
    } else if (!opening.wrong) {
      opening.wrong = StreamError::improper_addressing;
    }
  }
  return opening;
}

std::string stream_header_xml(const StreamOpening& opening, std::string_view id) {
  std::string xml =
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
      " xmlns:stream='http://etherx.jabber.org/streams'";
  xml::append_attribute(xml, "from", opening.domain);
  if (!opening.from.empty()) xml::append_attribute(xml, "to", opening.from.text());
  xml::append_attribute(xml, "id", id);
  if (!opening.version.empty()) xml::append_attribute(xml, "version", opening.version);
  xml.append(" xml:lang='en'>");
  return xml;
}

}  // namespace muster
