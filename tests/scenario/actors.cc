#include "scenario/actors.h"

#include <algorithm>
#include <stdexcept>

#include "base/ascii.h"
#include "codec/sip/message.h"
#include "codec/xml/framer.h"

namespace muster::testing {
namespace {

std::string encode_base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text.push_back(k <= bytes.size() - i ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=');
  }
  return text;
}

std::string part_of(const std::string& text, std::string_view left, std::string_view right) {
  const std::size_t at = text.find(left);
  if (at == std::string::npos) return {};
  const std::size_t from = at + left.size();
  return text.substr(from, text.find(right, from) - from);
}

}  // namespace

// --- XMPP ----------------------------------------------------------------------------------------

void ScriptedMessenger::connect() {
  connection_ = service_.connect(LinkUse::xmpp);
  unread_.clear();
}

void ScriptedMessenger::authenticate() {
  const std::string user = jid_.substr(0, jid_.find('@'));
  const std::string domain = jid_.substr(user.size() + 1, jid_.find('/') - user.size() - 1);
  const std::string header = "<stream:stream to='" + domain +
                             "' version='1.0' xmlns='jabber:client'"
                             " xmlns:stream='http://etherx.jabber.org/streams'>";
  if (!connection_ || is_closed()) connect();
  say(header);
  say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
      encode_base64(std::string(1, '\0') + user + std::string(1, '\0') + "pw") + "</auth>");
  say(header);
}

void ScriptedMessenger::log_in() {
  authenticate();
  say("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
      jid_.substr(jid_.find('/') + 1) + "</resource></bind></iq>");
  listen();
  if (heard.empty() || heard.back().find("<jid>" + jid_ + "</jid>") == std::string::npos) {
    throw std::runtime_error(jid_ + " is not bound: " + (heard.empty() ? "" : heard.back()));
  }
  say("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
  listen();
  heard.clear();
}

void ScriptedMessenger::enable_management() {
  say("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  listen();
  management_id_ = heard.empty() ? "" : part_of(heard.back(), " id='", "'");
  if (management_id_.empty()) throw std::runtime_error(jid_ + " has no stream management");
  heard.pop_back();
}

// What comes before is as at every login; what was resumed with is the scenario's to hear.
void ScriptedMessenger::resume(std::string_view handled) {
  authenticate();
  listen();
  heard.clear();
  say("<resume xmlns='urn:xmpp:sm:3' previd='" + management_id_ + "' h='" + std::string(handled) +
      "'/>");
}

void ScriptedMessenger::say(std::string_view xml) {
  service_.say(*connection_, xml);
}

void ScriptedMessenger::vanish() {
  service_.vanish(*connection_);
  connection_.reset();
}

void ScriptedMessenger::listen() {
  if (!connection_) return;
  unread_ += service_.heard(*connection_);
  static constexpr xml::Limits kLimits{.bytes_max = 1'000'000};
  while (!unread_.empty()) {
    // Each element by a framer of its own: stream headers come in the middle of a stream, too.
    xml::Framer framer;
    const bool header = unread_.starts_with("<?xml") || unread_.starts_with("<stream:stream");
    if (!header) (void)framer.next("<stream:stream>", kLimits);
    const xml::Frame frame = framer.next(unread_, kLimits);
    if (frame.kind == xml::Frame::Kind::incomplete) return;
    if (frame.kind == xml::Frame::Kind::error) throw std::runtime_error("no XML: " + unread_);
    std::string element = unread_.substr(0, frame.bytes);
    unread_.erase(0, frame.bytes);
    if (frame.kind == xml::Frame::Kind::stream_header) element = "<stream:stream>";
    if (frame.kind == xml::Frame::Kind::whitespace || answer_ping(element)) continue;
    heard.push_back(std::move(element));
  }
}

bool ScriptedMessenger::answer_ping(std::string_view stanza) {
  if (stanza.find("<ping xmlns='urn:xmpp:ping'/>") == std::string_view::npos) return false;
  if (silent_) return true;
  say("<iq type='result' id='" + part_of(std::string(stanza), "id='", "'") + "'/>");
  return true;
}

// --- SIP -----------------------------------------------------------------------------------------

std::vector<std::string> ScriptedPhone::Message::rows(std::string_view name) const {
  std::vector<std::string> values;
  const auto message = sip::parse_message(text);
  for (const auto& header : message->headers()) {
    if (equals_ignoring_case(header.raw_name, name)) values.emplace_back(header.value);
  }
  return values;
}

ScriptedPhone::ScriptedPhone(Service& service, std::string address, Over over, std::uint16_t port)
    : service_(service),
      address_(std::move(address)),
      over_(over),
      at_{IpAddress::v4(127, 0, 0, 1), port} {}

void ScriptedPhone::request(std::string_view method, std::string_view to, const std::string& dialog,
                            const std::vector<std::pair<std::string, std::string>>& rows,
                            std::string_view body) {
  const std::string at = "127.0.0.1:" + std::to_string(at_.port);
  const std::string number = std::to_string(++cseq_);
  const std::string user = address_.substr(0, address_.find('@'));
  const std::string transport = over_ == Over::udp ? "UDP " : "TCP ";
  const std::string uri = "sip:" + std::string(to);
  const auto known = to_tags_.find(dialog);
  std::vector<std::pair<std::string, std::string>> all = {
      {"Via", "SIP/2.0/" + transport + at + ";branch=z9hG4bK" + user + number},
      {"Max-Forwards", "70"},
      {"From", "<sip:" + address_ + ">;tag=" + dialog},
      {"To", "<" + uri + ">" + (known == to_tags_.end() ? "" : ";tag=" + known->second)},
      {"Call-ID", dialog},
      {"CSeq", number + " " + std::string(method)},
      {"Contact", "<sip:" + user + "@" + at + ">"}};
  for (const auto& [name, value] : rows) {
    const auto usual = std::find_if(all.begin(), all.end(), [&](const auto& row) {
      return equals_ignoring_case(row.first, name);
    });
    const std::string said = value == "$etag" ? etag_ : value;
    if (usual == all.end()) {
      all.emplace_back(name, said);
    } else {
      usual->second = said;
    }
  }
  last_request_ = std::string(method) + " " + uri + " SIP/2.0\r\n";
  for (const auto& [name, value] : all)
    last_request_ += name + ": " + value + "\r\n";
  last_request_ += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  last_request_ += body;
  say(last_request_);
}

void ScriptedPhone::say(std::string_view bytes) {
  if (over_ == Over::udp) return service_.send_datagram(at_, bytes);
  if (!connection_) connection_ = service_.connect(LinkUse::sip);
  service_.say(*connection_, bytes);
}

void ScriptedPhone::vanish() {
  if (connection_) service_.vanish(*connection_);
  connection_.reset();
  status_ = 0;
}

std::vector<std::string> ScriptedPhone::received() {
  if (over_ == Over::udp) return service_.datagrams(at_);
  std::vector<std::string> all;
  if (connection_) unread_ += service_.heard(*connection_);
  while (!unread_.empty()) {
    const std::size_t body = unread_.find("\r\n\r\n") + 4;
    const std::size_t size = body + std::stoul(part_of(unread_, "Content-Length: ", "\r\n"));
    all.push_back(unread_.substr(0, size));
    unread_.erase(0, size);
  }
  return all;
}

// An answer of ours may bring the next request.
void ScriptedPhone::listen() {
  for (auto all = received(); !all.empty(); all = received()) {
    for (const std::string& text : all)
      take(text);
  }
}

void ScriptedPhone::take(const std::string& text) {
  Message message{text, {}, text.substr(text.find("\r\n\r\n") + 4)};
  const std::string cseq = message.rows("CSeq").at(0);
  const std::string method = cseq.substr(cseq.find(' ') + 1);
  if (!text.starts_with("SIP/2.0 ")) {
    message.first_line = method;
    heard.push_back(message);
    return answer(message);
  }
  message.first_line = text.substr(8, 3) + " " + method;
  const std::string tag = part_of(message.rows("To").at(0) + ";", ";tag=", ";");
  if (text[8] == '2' && method == "SUBSCRIBE") to_tags_[message.rows("Call-ID").at(0)] = tag;
  for (const std::string& etag : message.rows("SIP-ETag"))
    etag_ = etag;
  heard.push_back(std::move(message));
}

void ScriptedPhone::answer(const Message& request) {
  if (status_ == 0) return;
  std::string text = "SIP/2.0 " + std::to_string(status_) + " As Told\r\n";
  for (const std::string_view name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    std::string value = request.rows(name).at(0);
    if (name == "To" && value.find(";tag=") == std::string::npos) value += ";tag=phone";
    text.append(name).append(": ").append(value).append("\r\n");
  }
  say(text + "Content-Length: 0\r\n\r\n");
}

}  // namespace muster::testing
