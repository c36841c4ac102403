#include "codec/xmpp/web_socket_framing.h"

#include <algorithm>
#include <optional>

#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"
#include "codec/xmpp/redirection.h"

namespace muster {
namespace {

constexpr std::string_view kNsStreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
constexpr std::string_view kStreamEnd = "</stream:stream>";
constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'";
// Before a header not-well-formed, behind it bad-format.
constexpr std::string_view kNoElement = "?";
// What no stream may have (RFC 6120 section 11.1): restricted-xml.
constexpr std::string_view kRestricted = "<!--";
// Before a header invalid-namespace; behind it a stanza that nobody knows.
constexpr std::string_view kNoHeader = "<x/>";

constexpr xml::Limits kUnlimited{.bytes_max = xml::kParseBytesMax};

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// As it stands in the tag that `element` begins with.
std::string_view name_of(std::string_view element) {
  const auto* end = std::find_if(element.begin() + 1, element.end(),
                                 [](char c) { return c == '>' || c == '/' || is_space(c); });
  return element.substr(1, static_cast<std::size_t>(end - element.begin()) - 1);
}

// Section 3.3.3 advises against an XML declaration, and allows it. What stands behind the element
// may be space.
std::string_view without_surroundings(std::string_view message) {
  constexpr std::string_view kDeclaration = "<?xml";
  if (message.starts_with(kDeclaration) && message.size() > kDeclaration.size() &&
      is_space(message[kDeclaration.size()])) {
    const std::size_t end = message.find("?>");
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 2);
    while (!message.empty() && is_space(message.front()))
      message.remove_prefix(1);
  }
  while (!message.empty() && is_space(message.back()))
    message.remove_suffix(1);
  return message;
}

// As a stream does between two stanzas.
xml::Frame framed(std::string_view text) {
  xml::Framer framer;
  framer.next("<s>", kUnlimited);
  return framer.next(text, kUnlimited);
}

void append_attributes(std::string& out, const xml::Element& from) {
  for (const std::string_view name : {"from", "to", "id", "version"}) {
    if (const auto value = from.attribute(name)) xml::append_attribute(out, name, *value);
  }
  if (const auto value = from.attribute("lang", xml::kNsXml)) {
    xml::append_attribute(out, "xml:lang", *value);
  }
}

// The attributes of a start tag, in their order, until one is `name`.
bool has_attribute(std::string_view element, std::string_view name) {
  std::size_t at = 1 + name_of(element).size();
  while (at < element.size() && element[at] != '>') {
    if (!is_space(element[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = element.find_first_not_of(" \t\r\n", at);
    const std::size_t end = element.find_first_of("= \t\r\n>", begin);
    if (end == std::string_view::npos) return false;
    if (element.substr(begin, end - begin) == name) return true;
    if (element[end] == '>') return false;
    const std::size_t quote = element.find_first_of("'\"", end);
    if (quote == std::string_view::npos) return false;
    at = element.find(element[quote], quote + 1);
    if (at == std::string_view::npos) return false;
    ++at;
  }
  return false;
}

// The wss: URI of see-other-host; nothing if the element is none with such a one.
std::optional<std::string> other_uri(std::string_view error, xml::StanzaParser& parser) {
  if (name_of(error) != "stream:error") return std::nullopt;
  const auto element = parser.parse(error, kUnlimited);
  if (!element) return std::nullopt;
  const auto where = element->child("see-other-host", kNsStreamErrors);
  const auto to = where ? read_redirection(where->text()) : std::nullopt;
  if (!to || to->websocket_uri.empty()) return std::nullopt;
  return to->websocket_uri;
}

}  // namespace

// --- coming in -----------------------------------------------------------------------------------

void append_stream_bytes(std::string& stream, std::string_view message, xml::StanzaParser& parser) {
  const std::string_view text = without_surroundings(message);
  const xml::Frame frame = framed(text);
  const bool is_element = frame.kind == xml::Frame::Kind::stanza && frame.bytes == text.size();
  if (!text.starts_with('<') || !is_element) {
    const bool is_restricted =
        frame.kind == xml::Frame::Kind::error && frame.error == xml::Error::restricted_xml;
    stream.append(is_restricted ? kRestricted : kNoElement);
    return;
  }
  const std::string_view name = name_of(text);
  // A namespace other than section 3.3.2 has it (RFC 6120 section 4.9.3.10).
  if (name == "stream:stream") {
    stream.append(kNoHeader);
    return;
  }
  const std::string_view local = name.substr(name.find(':') + 1);
  if (local == "open" || local == "close") {
    const auto element = parser.parse(text, kUnlimited);
    if (element && element->is("open", kNsFraming)) {
      stream.append(kHeader);
      append_attributes(stream, *element);
      stream.append(1, '>');
      return;
    }
    if (element && element->is("close", kNsFraming)) {
      stream.append(kStreamEnd);
      return;
    }
  }
  stream.append(text);
}

// --- going out -----------------------------------------------------------------------------------

bool WebSocketFraming::say(std::string_view bytes, bool secure, xml::StanzaParser& parser,
                           WebSocketMessages& messages) {
  // What is unfinished is added to where it waits, as in a stream that comes in.
  const bool waits = !unfinished_.empty();
  if (waits) unfinished_.append(bytes);
  std::string_view window = waits ? std::string_view(unfinished_) : bytes;
  while (!window.empty()) {
    const xml::Frame frame = framer_.next(window, kUnlimited);
    if (frame.kind == xml::Frame::Kind::incomplete) break;
    if (frame.kind == xml::Frame::Kind::error) return false;
    const std::size_t before = messages.text.size();
    if (!say_frame(frame, window.substr(0, frame.bytes), secure, parser, messages.text)) {
      return false;
    }
    if (messages.text.size() > before) messages.ends.push_back(messages.text.size());
    window.remove_prefix(frame.bytes);
  }
  if (!waits) {
    unfinished_ = window;
  } else if (window.empty()) {
    std::string().swap(unfinished_);  // most links never need it again
  } else {
    unfinished_.erase(0, unfinished_.size() - window.size());
  }
  return true;
}

bool WebSocketFraming::say_frame(const xml::Frame& frame, std::string_view bytes, bool secure,
                                 xml::StanzaParser& parser, std::string& text) {
  if (closed_ || frame.kind == xml::Frame::Kind::whitespace) return true;
  if (frame.kind == xml::Frame::Kind::stream_end) {
    close({}, text);
    return true;
  }
  if (frame.kind == xml::Frame::Kind::stream_header) {
    const auto header = parser.parse_stream_header(bytes, kUnlimited);
    if (!header) return false;
    text.append("<open xmlns='").append(kNsFraming).append(1, '\'');
    append_attributes(text, header->element);
    text.append("/>");
    return true;
  }
  if (auto uri = other_uri(bytes, parser)) {
    // Section 3.6.1 has a client refuse what is less secure than what it has.
    if (!secure) uri->erase(uri->find('s', 1), 1);
    std::string attribute;
    xml::append_attribute(attribute, "see-other-uri", *uri);
    close(attribute, text);
    return true;
  }
  const std::string_view name = name_of(bytes);
  text.append(bytes.substr(0, 1 + name.size()));
  if (name.starts_with("stream:")) {
    xml::append_declaration(text, "stream", xml::kNsStream);
  } else if (!has_attribute(bytes, "xmlns")) {
    xml::append_declaration(text, {}, xml::kNsClient);
  }
  text.append(bytes.substr(1 + name.size()));
  if (name == "success") {
    authenticated_ = true;
    framer_.reset();  // section 3.7: another stream begins
  }
  return true;
}

void WebSocketFraming::close(std::string_view attributes, std::string& text) {
  closed_ = true;
  text.append("<close xmlns='").append(kNsFraming).append(1, '\'').append(attributes).append("/>");
}

}  // namespace muster
