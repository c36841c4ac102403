// Status codes (RFC 3261 section 21 and the extensions that presence uses) and their reason
// phrases.
#pragma once

#include <cstdint>
#include <string_view>

namespace muster::sip {

// Those that muster has a word for; a received response may carry any number from 100 to 699.
enum class Status : std::uint16_t {
  trying = 100,
  ringing = 180,
  ok = 200,
  accepted = 202,
  no_notification = 204,  // RFC 5839
  multiple_choices = 300,
  moved_permanently = 301,
  moved_temporarily = 302,
  use_proxy = 305,
  bad_request = 400,
  unauthorized = 401,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  proxy_authentication_required = 407,
  request_timeout = 408,
  gone = 410,
  conditional_request_failed = 412,  // RFC 3903
  request_entity_too_large = 413,
  request_uri_too_long = 414,
  unsupported_media_type = 415,
  unsupported_uri_scheme = 416,
  bad_extension = 420,
  extension_required = 421,
  interval_too_brief = 423,
  flow_failed = 430,               // RFC 5626
  first_hop_lacks_outbound = 439,  // RFC 5626
  max_breadth_exceeded = 440,      // RFC 5393
  temporarily_unavailable = 480,
  call_does_not_exist = 481,
  loop_detected = 482,
  too_many_hops = 483,
  address_incomplete = 484,
  ambiguous = 485,
  busy_here = 486,
  request_terminated = 487,
  not_acceptable_here = 488,
  bad_event = 489,  // RFC 6665
  request_pending = 491,
  undecipherable = 493,
  server_internal_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  service_unavailable = 503,
  server_timeout = 504,
  version_not_supported = 505,
  message_too_large = 513,
  busy_everywhere = 600,
  decline = 603,
  does_not_exist_anywhere = 604,
  not_acceptable_anywhere = 606,
};

constexpr int number_of(Status status) {
  return static_cast<int>(status);
}
constexpr Status status_of(int number) {
  return static_cast<Status>(number);
}

constexpr bool is_provisional(Status status) {
  return number_of(status) < 200;
}
constexpr bool is_final(Status status) {
  return number_of(status) >= 200;
}
constexpr bool is_success(Status status) {
  return number_of(status) / 100 == 2;
}

// The default phrase; for a number without one, that of its class's x00 (RFC 3261 section 8.1.3.2).
std::string_view reason_phrase(Status status);

}  // namespace muster::sip
