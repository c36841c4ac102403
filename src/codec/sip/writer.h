// SIP messages written, appended to a string that the caller keeps and reuses.
//
// No value can break out of its row. What our own code makes (row, list, URIs, tags) must hold no
// CR, LF or NUL, or the process stops (MUSTER_CHECK); what a peer brought (copied_row, the dialog's
// values of a RequestHead, params) has each fold, and any CR or LF, replaced by SP; what people
// typed (display names, warning texts) is quoted and escaped.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/sip/header_name.h"
#include "codec/sip/message.h"
#include "codec/sip/methods.h"
#include "codec/sip/status.h"
#include "model/endpoint.h"

namespace muster::sip {

// The rows of a message behind its start line. finish() is the last call; it writes Content-Length.
class HeaderWriter {
 public:
  explicit HeaderWriter(std::string& out) : out_(out) {}

  // For text of our own; what may come from a peer goes through copied_row.
  HeaderWriter& row(HeaderName name, std::string_view value);
  HeaderWriter& row(HeaderName name, std::uint64_t number);
  HeaderWriter& row(std::string_view name, std::string_view value);
  HeaderWriter& copied_row(HeaderName name, std::string_view value);

  // "Display" <uri>;params. `display` may be empty; `uri` is one that parse_uri reads or our own;
  // `params` begins with ";" or is empty, and may be a peer's.
  HeaderWriter& name_addr(HeaderName name, std::string_view display, std::string_view uri,
                          std::string_view params = {});
  // name: a, b, c. An empty list is written as an empty row.
  HeaderWriter& list(HeaderName name, std::span<const std::string_view> tokens);
  HeaderWriter& warning(int code, std::string_view agent, std::string_view text);

  // The empty line, without and with a body.
  void finish();
  void finish(std::string_view content_type, std::string_view body);

 private:
  std::string& out_;
};

// Begins a response (RFC 3261 section 8.2.6).
struct ResponseHead {
  Status status = Status::ok;
  std::string_view reason = {};  // empty: reason_phrase(status)
  // Added to To if it has no tag there (8.2.6.2); may be empty for a 100.
  std::string_view to_tag = {};
  // Whence the request came. Put into the top Via: received where section 18.2.1 or RFC 3581
  // section 4 wants it, rport where the request asks for it.
  std::optional<Endpoint> source = {};
  // A dialog is formed: Record-Route is copied (12.1.1).
  bool copies_record_route = false;
};
// Writes the status line and copies all Via, From, To, Call-ID, CSeq, Record-Route, and for a 100
// also Timestamp (8.2.6.1), as far as `request` has them: it may be one that check_request rejects.
HeaderWriter begin_response(std::string& out, const Message& request, const ResponseHead& head);

// Begins a request that we send. From, To, Call-ID and route may be what the peer gave them; the
// rest is ours, or was parsed (the target).
struct RequestHead {
  Method method = Method::notify;
  std::string_view target = {};  // the Request-URI, or in a dialog the remote target

  std::string_view transport = {};  // of our Via: "UDP", "TCP", "TLS"
  std::string_view sent_by = {};    // of our Via: host[:port], an IPv6 address in brackets
  std::string_view branch = {};     // with its cookie
  bool asks_rport = true;           // RFC 3581 section 3

  std::string_view from = {};  // a whole value with its tag
  std::string_view to = {};    // a whole value, in a dialog with its tag
  std::string_view call_id = {};
  std::uint32_t cseq = 1;
  std::uint32_t max_forwards = 70;  // 8.1.1.6

  // name-addrs in the order of travel. If the first is a strict router (no lr), its URI becomes the
  // Request-URI and `target` the last Route (12.2.1.1).
  std::span<const std::string_view> route = {};
};
HeaderWriter begin_request(std::string& out, const RequestHead& head);

// Appends `"Display" <uri>`; without a display name, `<uri>`.
void append_name_addr(std::string& out, std::string_view display, std::string_view uri);

}  // namespace muster::sip
