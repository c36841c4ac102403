// Answers to SIP requests: what they say, and where they go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/sip/message.h"
#include "codec/sip/status.h"
#include "model/endpoint.h"

namespace muster {

// An answer without what it repeats of the request: that comes again with each repetition of the
// request, so only the rest is worth keeping for 32 seconds.
class SipAnswer {
 public:
  struct Parts {
    sip::Status status = sip::Status::ok;
    std::string_view reason = {};  // empty: the usual phrase
    std::string_view to_tag = {};
    bool forms_dialog = false;
    std::string_view rows = {};  // each complete with its CRLF
    std::string_view content_type = {};
    std::string_view body = {};
  };

  SipAnswer() = default;
  explicit SipAnswer(const Parts& parts);

  sip::Status status() const { return status_; }
  std::string_view to_tag() const {
    return std::string_view(text_).substr(reason_bytes_, to_tag_bytes_);
  }

  // The whole answer to `request`, which came from `source`.
  std::string to(const sip::Message& request, const Endpoint& source) const;

 private:
  std::string text_;  // reason, To tag, and all behind the repeated rows
  sip::Status status_ = sip::Status::ok;
  std::uint16_t reason_bytes_ = 0;
  std::uint16_t to_tag_bytes_ = 0;
  bool forms_dialog_ = false;
};

// Where the answer to a datagram from `source` goes, by the top Via of the request (RFC 3261
// section 18.2.2, RFC 3581 section 4): maddr, if it is a unicast address; the very source, if rport
// asks for that; else the source's address and the port of sent-by.
Endpoint answer_target(std::string_view via, const Endpoint& source);

// Where to open a link for an answer whose own link is gone (section 18.2.2).
Endpoint answer_target_anew(std::string_view via, const Endpoint& source, Transport transport);

// The port of a sent-by or a URI that has none (RFC 3261 sections 18.1.1 and 19.1.2).
constexpr std::uint16_t default_port(Transport transport) {
  return transport == Transport::tls ? 5061 : 5060;
}

}  // namespace muster
