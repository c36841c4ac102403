// Header field names: those that muster has a word for, with their compact forms (RFC 3261 section
// 7.3.3) and whether their grammar is a comma-separated list (section 7.3.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster::sip {

enum class HeaderName : std::uint8_t {
  accept,
  accept_encoding,
  accept_language,
  alert_info,
  allow,
  allow_events,  // u
  authentication_info,
  authorization,
  call_id,  // i
  call_info,
  contact,  // m
  content_disposition,
  content_encoding,  // e
  content_id,
  content_language,
  content_length,  // l
  content_transfer_encoding,
  content_type,  // c
  cseq,
  date,
  error_info,
  event,  // o
  expires,
  flow_timer,
  from,  // f
  in_reply_to,
  max_forwards,
  mime_version,
  min_expires,
  organization,
  p_asserted_identity,
  path,
  priority,
  proxy_authenticate,
  proxy_authorization,
  proxy_require,
  record_route,
  reply_to,
  require,
  retry_after,
  route,
  server,
  service_route,
  sip_etag,
  sip_if_match,
  subject,  // s
  subscription_state,
  supported,  // k
  suppress_if_match,
  timestamp,
  to,  // t
  unsupported,
  user_agent,
  via,  // v
  warning,
  www_authenticate,
  other,  // Message::Header::raw_name has its name
};

inline constexpr std::size_t kHeaderNames = static_cast<std::size_t>(HeaderName::other) + 1;

// Names are case-insensitive (RFC 3261 section 7.3.1); a compact form is the name it stands for.
HeaderName find_header_name(std::string_view text);

// "Call-ID"; empty for `other`.
std::string_view text_of(HeaderName name);

// "Call-ID: ", as a row begins; not for `other`.
std::string_view prefix_of(HeaderName name);

// Whether its rows may be combined into one, and one row split at its commas. Not so for the four
// headers with credentials and challenges, whose commas are their own (RFC 3261 section 7.3.1).
bool is_list(HeaderName name);

}  // namespace muster::sip
