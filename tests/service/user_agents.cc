#include "service/user_agents.h"

#include <stdexcept>

#include "codec/pidf/id.h"
#include "codec/sip/message.h"

namespace muster::testing {
namespace {

constexpr std::string_view kDomain = "@example.com";

std::string without_domain(std::string text) {
  for (auto at = text.find(kDomain); at != std::string::npos; at = text.find(kDomain))
    text.erase(at, kDomain.size());
  return text;
}

std::string between(std::string_view text, std::string_view left, std::string_view right) {
  const auto begin = text.find(left);
  if (begin == std::string_view::npos) return {};
  const auto from = begin + left.size();
  return std::string(text.substr(from, text.find(right, from) - from));
}

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

// The elements that stand in a row in `xml`. The server writes no `>` within attributes.
Lines split(std::string_view xml) {
  Lines all;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (depth == 0) begin = at;
    const bool closes = xml[at + 1] == '/';
    const bool whole = xml[end - 1] == '/';
    if (!whole) depth += closes ? -1 : 1;
    if (depth == 0) all.emplace_back(xml.substr(begin, end + 1 - begin));
    if (depth < 0) return all;  // the end of the stream
  }
  return all;
}

// "home open, work closed" of a PIDF document.
std::string tuples_of(std::string_view document) {
  std::string all;
  for (auto at = document.find("<tuple "); at != std::string_view::npos;
       at = document.find("<tuple ", at + 1)) {
    const std::string_view tuple = document.substr(at, document.find("</tuple>", at) - at);
    if (!all.empty()) all += ", ";
    const std::string id = between(tuple, "id='", "'");
    all += id.starts_with("ID-") ? muster::pidf::from_id(id.substr(3)) : id;
    all += " " + between(tuple, "<basic>", "</basic>");
    if (const std::string note = between(tuple, "<note>", "</note>"); !note.empty())
      all += " '" + note + "'";
  }
  return all;
}

}  // namespace

// --- XMPP ----------------------------------------------------------------------------------------

Messenger::Messenger(Service& service, std::string_view full, bool silent)
    : service_(service), connection_(service.connect(LinkUse::xmpp)) {
  const std::string user(full.substr(0, full.find('/')));
  const std::string resource(full.substr(user.size() + 1));
  const std::string header =
      "<stream:stream to='example.com' version='1.0' xmlns='jabber:client'"
      " xmlns:stream='http://etherx.jabber.org/streams'>";
  say(header);
  say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
      encode_base64(std::string(1, '\0') + user + std::string(1, '\0') + "pw") + "</auth>");
  say(header);
  say("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
      resource + "</resource></bind></iq>");
  const std::string got = service_.heard(connection_);
  if (got.find("<jid>") == std::string::npos) throw std::runtime_error("not bound: " + got);
  if (silent) return;
  say("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
  service_.heard(connection_);
  say("<presence/>");
}

Lines Messenger::heard() {
  Lines lines;
  for (const std::string& stanza : split(service_.heard(connection_))) {
    const bool push = stanza.find("<iq ") == 0 && stanza.find("type='set'") != std::string::npos;
    lines.push_back(
        without_domain(push ? "push <item" + between(stanza, "<item", "</query>") : stanza));
  }
  return lines;
}

// --- SIP -----------------------------------------------------------------------------------------

Phone Phone::on_tcp(Service& service, std::string_view user, std::uint8_t shard) {
  Phone phone(service, user, 6100);
  phone.connection_ = service.connect(LinkUse::sip, shard);
  return phone;
}

void Phone::transmit(const std::string& text) {
  if (connection_) {
    service_.say(*connection_, text);
  } else {
    service_.send_datagram(at_, text);
  }
}

// The messages since this was last called; those of a link are cut at their Content-Length.
Lines Phone::received() {
  if (!connection_) return service_.datagrams(at_);
  Lines all;
  std::string bytes = service_.heard(*connection_);
  while (!bytes.empty()) {
    const std::size_t body = bytes.find("\r\n\r\n") + 4;
    const std::string length = between(bytes, "Content-Length: ", "\r\n");
    const std::size_t size = body + std::stoul(length);
    all.push_back(bytes.substr(0, size));
    bytes.erase(0, size);
  }
  return all;
}

void Phone::send(std::string_view method, std::string_view to, std::string_view call,
                 std::string_view rows, std::string_view body) {
  const std::string number = std::to_string(++cseq_);
  const std::string call_id = std::string(call) + "-" + user_;
  const auto dialog = to_tags_.find(call_id);
  const std::string tag = dialog == to_tags_.end() ? "" : ";tag=" + dialog->second;
  const std::string at = "127.0.0.1:" + std::to_string(at_.port);
  const std::string uri = "sip:" + std::string(to) + std::string(kDomain);
  std::string text = std::string(method) + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" +
                     std::string(connection_ ? "TCP " : "UDP ") + at + ";branch=z9hG4bK" + user_ +
                     number + "\r\nMax-Forwards: 70\r\nFrom: <sip:" + user_ + std::string(kDomain) +
                     ">;tag=" + std::string(call) + "\r\nTo: <" + uri + ">" + tag +
                     "\r\nCall-ID: " + call_id + "\r\nCSeq: " + number + " " + std::string(method) +
                     "\r\nContact: <sip:" + user_ + "@" + at + ">\r\n" + std::string(rows) +
                     "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                     std::string(body);
  transmit(text);
}

void Phone::subscribe(std::string_view to, std::uint32_t seconds, std::string_view call) {
  send("SUBSCRIBE", to, call,
       "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: " + std::to_string(seconds) +
           "\r\n",
       {});
}

void Phone::publish(std::string_view pidf, std::uint32_t seconds, std::string_view if_match) {
  std::string rows = "Event: presence\r\nExpires: " + std::to_string(seconds) + "\r\n";
  if (!if_match.empty()) rows += "SIP-If-Match: " + std::string(if_match) + "\r\n";
  if (!pidf.empty()) rows += "Content-Type: application/pidf+xml\r\n";
  send("PUBLISH", user_, "publish" + std::to_string(cseq_), rows, pidf);
}

void Phone::enroll(std::uint32_t seconds) {
  send("REGISTER", user_, "register", "Expires: " + std::to_string(seconds) + "\r\n", {});
}

void Phone::message(std::string_view to, std::string_view text) {
  send("MESSAGE", to, "message" + std::to_string(cseq_), "Content-Type: text/plain\r\n", text);
}

Lines Phone::heard() {
  Lines lines;
  if (!answers) return lines;
  // An answer of ours may bring the next request.
  for (Lines got = received(); !got.empty(); got = received()) {
    for (const std::string& text : got)
      lines.push_back(without_domain(hear(text)));
  }
  return lines;
}

std::string Phone::hear(std::string_view text) {
  const auto message = sip::parse_message(text);
  if (!message) throw std::runtime_error("no SIP message: " + std::string(text));
  const auto row = [&](std::string_view name) {
    return std::string(message->header(name).value_or(""));
  };
  const std::string cseq = row("CSeq");
  const std::string method = cseq.substr(cseq.find(' ') + 1);
  const std::string body(text.substr(text.find("\r\n\r\n") + 4));
  if (text.starts_with("SIP/2.0 ")) {
    if (method == "SUBSCRIBE") to_tags_[row("Call-ID")] = between(row("To") + ";", ";tag=", ";");
    if (method == "PUBLISH") etag_ = row("SIP-ETag");
    return std::string(text.substr(8, 3)) + " " + method;
  }
  std::string answer = "SIP/2.0 200 OK\r\n";
  for (const std::string_view name : {"Via", "From", "To", "Call-ID", "CSeq"})
    answer += std::string(name) + ": " + row(name) +
              (name == "To" && row("To").find(";tag=") == std::string::npos ? ";tag=phone" : "") +
              "\r\n";
  transmit(answer + "Content-Length: 0\r\n\r\n");
  if (method != "NOTIFY")
    return method + " from " + between(row("From"), "<sip:", ">") + ": " + body;
  std::string state = row("Subscription-State");
  if (const auto expires = state.find(";expires"); expires != std::string::npos)
    state.erase(expires, state.find(';', expires + 1) - expires);
  return "NOTIFY " + state + (body.empty() ? "" : ": " + tuples_of(body));
}

std::string pidf_of(std::string_view user, std::string_view id, std::string_view basic) {
  return "<?xml version='1.0' encoding='UTF-8'?><presence xmlns='urn:ietf:params:xml:ns:pidf'"
         " entity='pres:" +
         std::string(user) + std::string(kDomain) + "'><tuple id='" + std::string(id) +
         "'><status><basic>" + std::string(basic) + "</basic></status></tuple></presence>";
}

}  // namespace muster::testing
