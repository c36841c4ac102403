#include "watching.h"

#include <algorithm>
#include <charconv>

#include "failing.h"

namespace gates {
namespace {

constexpr int kSilenceMilliseconds = Sessions::kSilenceSecondsMax * 1000;

std::size_t number_in(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string uri(std::size_t user) {
  return "sip:lone" + std::to_string(user) + "@localhost";
}

struct Request {
  std::string method;
  std::size_t from;
  std::size_t to;
  std::string call_id;
  std::size_t cseq;
  std::uint16_t port;
  std::string more_headers;
  std::string body;
};

std::string to_text(const Request& request) {
  const std::string host = "127.0.0.1:" + std::to_string(request.port);
  const std::string cseq = std::to_string(request.cseq);
  std::string text = request.method + " " + uri(request.to) + " SIP/2.0\r\n";
  text += "Via: SIP/2.0/UDP " + host + ";branch=z9hG4bK" + request.call_id + "-" + cseq + "\r\n";
  text += "Max-Forwards: 70\r\n";
  text += "From: <" + uri(request.from) + ">;tag=g" + request.call_id + "\r\n";
  text += "To: <" + uri(request.to) + ">\r\n";
  text += "Call-ID: " + request.call_id + "\r\n";
  text += "CSeq: " + cseq + " " + request.method + "\r\n";
  text += "Contact: <sip:lone" + std::to_string(request.from) + "@" + host + ">\r\n";
  text += "Event: presence\r\nExpires: 600\r\n" + request.more_headers;
  text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
  return text;
}

}  // namespace

Watching::Watching(const Setting& setting, std::size_t dialogs)
    : server_(setting.musterd, setting.data),
      sessions_(server_.xmpp(), Sessions::Link::plain),
      phones_(server_.sip(), [this](const Heard& heard) { hear(heard); }),
      presentities_(setting.scale.presentities),
      dialogs_(dialogs),
      dialogs_each_(dialogs / presentities_.size()),
      watchers_(setting.scale.sessions - presentities_.size()) {
  sessions_.log_in("lone", 0, presentities_.size());
}

void Watching::subscribe_all() {
  for (std::size_t i = 0; i < dialogs_.size(); ++i) {
    while (i - std::min(accepted_, notified_) >= kSubscribesInFlight)
      read();
    phones_.send(i, subscribe(i));
  }
  while (accepted_ < dialogs_.size() || notified_ < dialogs_.size())
    read();
}

void Watching::change(std::size_t changes, By by) {
  const std::size_t before = notified_;
  ready_.clear();
  for (std::size_t i = 0; i < presentities_.size(); ++i)
    ready_.push_back(i);
  for (std::size_t made = 0; made < changes || ready_.size() < presentities_.size();) {
    while (made < changes && !ready_.empty()) {
      const std::size_t number = ready_.back();
      ready_.pop_back();
      Presentity& presentity = presentities_[number];
      ++presentity.changes;
      ++made;
      presentity.outstanding = dialogs_each_ + (by == By::publish ? 1 : 0);
      if (by == By::publish) {
        phones_.send(number, publish(number));
      } else {
        sessions_.say(number, presentity.changes % 2 == 0
                                  ? "<presence/>"
                                  : "<presence><show>away</show></presence>");
      }
    }
    if (ready_.size() < presentities_.size()) read();
  }
  if (notified_ - before != changes * dialogs_each_) fail("more NOTIFYs came than were due");
}

void Watching::read() {
  phones_.flush();
  sessions_.read(0);
  if (phones_.read(kSilenceMilliseconds) == 0) {
    fail("nothing is heard any more: " + std::to_string(accepted_) + " dialogs, " +
         std::to_string(notified_) + " NOTIFYs");
  }
}

void Watching::hear(const Heard& heard) {
  if (!heard.notify && heard.status != "200") fail("an answer " + std::string(heard.status));
  if (heard.call_id.starts_with("p")) {
    return hear_published(number_in(heard.call_id.substr(1)), heard);
  }
  const std::size_t number = number_in(heard.call_id);
  if (number >= dialogs_.size()) fail("a dialog that is none of ours");
  Dialog& dialog = dialogs_[number];
  const std::size_t cseq = number_in(heard.cseq);
  if (heard.notify ? cseq <= dialog.cseq : dialog.accepted) {
    ++repeated_;
  } else if (heard.notify) {
    dialog.cseq = cseq;
    ++notified_;
    finish_one(presentity_of(number));
  } else {
    dialog.accepted = true;
    ++accepted_;
  }
}

void Watching::hear_published(std::size_t number, const Heard& heard) {
  if (number_in(heard.cseq) < presentities_[number].changes) return void(++repeated_);
  presentities_[number].etag = heard.etag;
  finish_one(number);
}

void Watching::finish_one(std::size_t presentity) {
  std::size_t& outstanding = presentities_[presentity].outstanding;
  if (outstanding > 0 && --outstanding == 0) ready_.push_back(presentity);
}

std::string Watching::subscribe(std::size_t dialog) const {
  return to_text({.method = "SUBSCRIBE",
                  .from = presentities_.size() + dialog % watchers_,
                  .to = presentity_of(dialog),
                  .call_id = std::to_string(dialog),
                  .cseq = 1,
                  .port = phones_.port(dialog),
                  .more_headers = "Accept: application/pidf+xml\r\n",
                  .body = {}});
}

std::string Watching::publish(std::size_t number) const {
  const Presentity& presentity = presentities_[number];
  std::string headers = "Content-Type: application/pidf+xml\r\n";
  if (!presentity.etag.empty()) headers += "SIP-If-Match: " + presentity.etag + "\r\n";
  return to_text({.method = "PUBLISH",
                  .from = number,
                  .to = number,
                  .call_id = "p" + std::to_string(number),
                  .cseq = presentity.changes,
                  .port = phones_.port(number),
                  .more_headers = std::move(headers),
                  .body = "<?xml version='1.0'?><presence xmlns='urn:ietf:params:xml:ns:pidf' "
                          "entity='" +
                          uri(number) +
                          "'><tuple id='t'><status><basic>open</basic></status><note>" +
                          std::to_string(presentity.changes) + "</note></tuple></presence>"});
}

}  // namespace gates
