#include "codec/sip/check.h"

#include <algorithm>

#include "codec/sip/media.h"

namespace muster::sip {
namespace {

// A finding; its text is empty if all is well.
struct Finding {
  std::string_view reason = {};
  Status status = Status::bad_request;
  explicit operator bool() const { return !reason.empty(); }
};

Finding check_framing(const Message& message) {
  switch (message.defect()) {
    case Defect::none: return {};
    case Defect::request_line: return {"Malformed Request-Line"};
    case Defect::header_row: return {"Malformed Header Field"};
    case Defect::too_many_headers: return {"Too Many Header Fields", Status::message_too_large};
    case Defect::no_empty_line: return {"Incomplete Header Section"};
    case Defect::content_length: return {"Malformed Content-Length"};
    case Defect::body_too_short: return {"Body Shorter Than Content-Length"};
  }
  return {};
}

// The version comes first: of another one we do not know the grammar.
Finding check_version(const Message& message) {
  if (equals_ignoring_case(message.version(), "SIP/2.0")) return {};
  if (message.defect() == Defect::request_line) return {"Malformed Request-Line"};
  return {"Version Not Supported", Status::version_not_supported};
}

Finding check_vias(const Message& message, Essentials& essentials) {
  if (!message.has(HeaderName::via)) return {"Missing Via"};
  bool first = true;
  for (const std::string_view row : message.rows(HeaderName::via)) {
    if (row.empty()) return {"Malformed Via"};
  }
  for (const std::string_view value : message.values(HeaderName::via)) {
    const auto via = parse_via(value);
    if (!via) return {"Malformed Via"};
    // The cookie promises an identifier (RFC 4475 section 3.2.1).
    if (via->branch == kBranchCookie) return {"Empty Branch"};
    if (first) essentials.top_via = *via;
    first = false;
  }
  return {};
}

Finding check_target(const Message& request, Essentials& essentials) {
  Uri& target = essentials.target;
  if (!parse_uri(request.request_uri(), target)) return {"Malformed Request-URI"};
  if (target.scheme == Scheme::other) {
    return {"Unsupported URI Scheme", Status::unsupported_uri_scheme};
  }
  // Table 1 of section 19.1.1.
  if (target.has_headers) return {"Headers in Request-URI"};
  return {};
}

Finding check_party(const Message& message, HeaderName name, NameAddr& party) {
  const bool is_from = name == HeaderName::from;
  const auto value = message.header(name);
  if (!value) return {is_from ? "Missing From" : "Missing To"};
  if (message.count(name) != 1) return {is_from ? "Several From" : "Several To"};
  const bool reads = parse_name_addr(*value, party);
  // tag-param = "tag" EQUAL token: it is copied and compared as it came.
  const auto tag = reads ? party.params.find("tag") : std::nullopt;
  if (!reads || (tag && !is_token(tag->value))) {
    return {is_from ? "Malformed From" : "Malformed To"};
  }
  return {};
}

Finding check_call_id(const Message& message, Essentials& essentials) {
  const auto value = message.header(HeaderName::call_id);
  if (!value) return {"Missing Call-ID"};
  if (message.count(HeaderName::call_id) != 1) return {"Several Call-ID"};
  if (!is_call_id(*value)) return {"Malformed Call-ID"};
  essentials.call_id = *value;
  return {};
}

Finding check_cseq(const Message& message, Essentials& essentials) {
  const auto value = message.header(HeaderName::cseq);
  if (!value) return {"Missing CSeq"};
  if (message.count(HeaderName::cseq) != 1) return {"Several CSeq"};
  const auto cseq = parse_cseq(*value);
  if (!cseq) return {"Malformed CSeq"};
  essentials.cseq = *cseq;
  if (message.is_response() || cseq->method_text == message.method_text()) return {};
  // Of a method that nobody knows, 501 is the answer with a future (RFC 4475 section 3.1.2.18).
  if (message.method() == Method::other) return {"Not Implemented", Status::not_implemented};
  return {"CSeq Method Does Not Match"};
}

Finding check_identity(const Message& message, Essentials& essentials) {
  if (const Finding found = check_vias(message, essentials)) return found;
  if (const Finding found = check_party(message, HeaderName::from, essentials.from)) return found;
  if (const Finding found = check_party(message, HeaderName::to, essentials.to)) return found;
  if (const Finding found = check_call_id(message, essentials)) return found;
  return check_cseq(message, essentials);
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Headers that may be missing, but not come twice or be nonsense.
Finding check_single(const Message& request) {
  struct Rule {
    HeaderName name;
    std::string_view several;
    std::string_view malformed;
    bool (*reads)(std::string_view value);
  };
  static constexpr Rule kRules[] = {
      {HeaderName::max_forwards, "Several Max-Forwards", "Malformed Max-Forwards", is_number},
      // Nonsense in Expires counts as absent (section 10.2.1.1).
      {HeaderName::expires, "Several Expires", "", [](std::string_view) { return true; }},
      {HeaderName::content_type, "Several Content-Type", "Malformed Content-Type",
       [](std::string_view value) { return parse_media_type(value).has_value(); }},
      {HeaderName::event, "Several Event", "Malformed Event",
       [](std::string_view value) { return parse_event(value).has_value(); }},
      {HeaderName::subscription_state, "Several Subscription-State", "Malformed Subscription-State",
       [](std::string_view value) { return parse_subscription_state(value).has_value(); }},
      {HeaderName::sip_if_match, "Several SIP-If-Match", "Malformed SIP-If-Match", is_token},
  };
  for (const Rule& rule : kRules) {
    const auto value = request.header(rule.name);
    if (!value) continue;
    if (request.count(rule.name) != 1) return {rule.several};
    if (!rule.reads(*value)) return {rule.malformed};
  }
  return {};
}

// Whether each element is an address, in brackets if it must be.
bool reads_addresses(const Message& request, HeaderName name, bool bracketed) {
  for (const std::string_view row : request.rows(name)) {
    if (row.empty()) return false;
  }
  for (const std::string_view value : request.values(name)) {
    const auto parsed = parse_name_addr(value);
    if (!parsed || (bracketed && !parsed->bracketed)) return false;
  }
  return true;
}

Finding check_addresses(const Message& request) {
  const auto contact = request.header(HeaderName::contact);
  const bool star = contact && is_star(*contact) && request.count(HeaderName::contact) == 1;
  if (contact && !star && !reads_addresses(request, HeaderName::contact, false)) {
    return {"Malformed Contact"};
  }
  if (!reads_addresses(request, HeaderName::route, true)) return {"Malformed Route"};
  if (!reads_addresses(request, HeaderName::record_route, true)) return {"Malformed Record-Route"};
  return {};
}

Finding find_fault(const Message& request, Essentials& essentials) {
  if (const Finding found = check_version(request)) return found;
  if (const Finding found = check_framing(request)) return found;
  if (const Finding found = check_identity(request, essentials)) return found;
  if (const Finding found = check_target(request, essentials)) return found;
  if (const Finding found = check_single(request)) return found;
  return check_addresses(request);
}

// A response goes where the top Via says; an ACK gets none (section 17).
bool is_answerable(const Message& request) {
  const auto via = request.first_value(HeaderName::via);
  return via && parse_sent_by(*via) && request.method() != Method::ack;
}

}  // namespace

std::optional<Rejection> check_request(const Message& request, Essentials& essentials) {
  MUSTER_CHECK(request.is_request());
  essentials = {};
  const Finding found = find_fault(request, essentials);
  if (!found) return std::nullopt;
  return Rejection{found.status, found.reason, is_answerable(request)};
}

std::optional<Rejection> check_request(const Message& request) {
  Essentials essentials;
  return check_request(request, essentials);
}

std::optional<std::string_view> check_response(const Message& response, Essentials& essentials) {
  MUSTER_CHECK(response.is_response());
  essentials = {};
  Finding found = check_version(response);
  if (!found) found = check_framing(response);
  if (!found) found = check_identity(response, essentials);
  if (!found) return std::nullopt;
  return found.reason;
}

std::optional<std::string_view> check_response(const Message& response) {
  Essentials essentials;
  return check_response(response, essentials);
}

}  // namespace muster::sip
