// The header values that are not addresses, media types or credentials, each parsed from a row or
// an element of a Message on demand; views. Nothing means malformed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "codec/sip/host.h"
#include "codec/sip/message.h"
#include "codec/sip/params.h"

namespace muster::sip {

enum class NumberFault : std::uint8_t { malformed, overlarge };

// 1*DIGIT up to 2**32-1 with any number of leading zeros: Expires, Min-Expires, Content-Length,
// Flow-Timer. What a number out of range means is for the header to say (RFC 4475 section 3.1.2.4).
Result<std::uint32_t, NumberFault> parse_u32(std::string_view text);

// Expires, Min-Expires and the like: nothing if absent, malformed or overlarge, so that the default
// holds (RFC 3261 section 10.2.1.1, RFC 4475 section 3.1.2.4).
std::optional<std::uint32_t> seconds_of(const Message& message, HeaderName name);

// 0 to 255 (RFC 3261 section 20.22); nothing if absent or overlarge, as RFC 4475 section 3.1.2.4
// allows, or malformed, which check.h answers.
std::optional<std::uint8_t> max_forwards_of(const Message& message);

// RFC 3261 section 20.16.
struct CSeq {
  std::uint32_t number = 0;
  Method method = Method::other;
  std::string_view method_text;
};
std::optional<CSeq> parse_cseq(std::string_view value);

// word [ "@" word ] (RFC 3261 section 20.8). Case-sensitive.
bool is_call_id(std::string_view value);

// RFC 6665 section 8.2.1. Package and id are compared byte by byte.
struct Event {
  std::string_view package;  // with its templates: "presence", "presence.winfo"
  std::string_view id;       // empty if there is none
  Params params;

  bool matches(const Event& other) const { return package == other.package && id == other.id; }
};
std::optional<Event> parse_event(std::string_view value);

// RFC 6665 section 8.2.3. An expires or retry-after that is no number is as if absent.
struct SubscriptionState {
  enum class State : std::uint8_t { active, pending, terminated, other };
  State state = State::other;
  std::string_view state_text;
  std::string_view reason;  // empty if there is none
  std::optional<std::uint32_t> expires;
  std::optional<std::uint32_t> retry_after;
  Params params;
};
std::optional<SubscriptionState> parse_subscription_state(std::string_view value);

// SIP-ETag, SIP-If-Match (RFC 3903 section 12): one token. Compared byte by byte.
std::optional<std::string_view> parse_entity_tag(std::string_view value);

// RFC 3261 section 20.33.
struct RetryAfter {
  std::uint32_t seconds = 0;
  std::string_view comment;  // what stands between the parentheses, as it came
  std::optional<std::uint32_t> duration;
};
std::optional<RetryAfter> parse_retry_after(std::string_view value);

// RFC 3261 section 20.38, to the microsecond; further digits are cut off.
struct Timestamp {
  Duration time;
  std::optional<Duration> delay;
};
std::optional<Timestamp> parse_timestamp(std::string_view value);

// RFC 3261 section 20.43: one element of the list.
struct Warning {
  std::uint16_t code = 0;  // three digits
  std::string_view agent;  // host[:port] or a pseudonym
  std::string_view text;   // a quoted-string with its quotes
};
std::optional<Warning> parse_warning(std::string_view value);

// "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 3261 section 20.17): GMT only, case-sensitive, years 1970 to
// 9999, the weekday as it is.
std::optional<UnixTime> parse_date(std::string_view value);
std::string format_date(UnixTime time);

// Whether a list of tokens (Require, Supported, Allow, Allow-Events) has `token`. Tokens are
// case-insensitive (RFC 3261 section 7.3.1) except methods and event types, for which
// `case_sensitive` is to be set (section 7.1, RFC 6665 section 8.2.1).
bool lists(const Message& message, HeaderName name, std::string_view token,
           bool case_sensitive = false);

}  // namespace muster::sip
