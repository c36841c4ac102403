#include "codec/sip/values.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <limits>

#include "base/check.h"

namespace muster::sip {
namespace {

std::string_view take_digits(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  std::size_t digits = 0;
  while (digits < rest.size() && is_digit(rest[digits]))
    ++digits;
  cursor.advance(digits);
  return rest.substr(0, digits);
}

// *(DIGIT) [ "." *(DIGIT) ] to the microsecond; nothing if there is no digit or they are too many.
std::optional<Duration> take_decimal_seconds(Cursor& cursor) {
  const std::string_view whole = take_digits(cursor);
  std::string_view fraction;
  if (cursor.eat('.')) fraction = take_digits(cursor);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const auto seconds = whole.empty() ? std::uint32_t{0} : parse_number<std::uint32_t>(whole);
  if (!seconds) return std::nullopt;
  std::int64_t micros = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    micros = micros * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  return Duration::seconds(*seconds) + Duration::microseconds(micros);
}

// comment = "(" *(ctext / quoted-pair / comment) ")": what is between the outer parentheses.
std::optional<std::string_view> take_comment(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  std::size_t depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '(') {
      ++depth;
    } else if (rest[i] == ')' && --depth == 0) {
      cursor.advance(i + 1);
      return rest.substr(1, i - 1);
    }
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <std::size_t N>
std::optional<unsigned> index_of(const std::array<std::string_view, N>& names,
                                 std::string_view name) {
  for (unsigned i = 0; i < N; ++i) {
    if (names[i] == name) return i;
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint32_t, NumberFault> parse_u32(std::string_view text) {
  if (const auto number = parse_number<std::uint32_t>(text)) return *number;
  for (const char c : text) {
    if (!is_digit(c)) return Failure{NumberFault::malformed};
  }
  return Failure{text.empty() ? NumberFault::malformed : NumberFault::overlarge};
}

std::optional<std::uint32_t> seconds_of(const Message& message, HeaderName name) {
  const auto text = message.header(name);
  return text ? parse_number<std::uint32_t>(*text) : std::nullopt;
}

std::optional<std::uint8_t> max_forwards_of(const Message& message) {
  const auto text = message.header(HeaderName::max_forwards);
  return text ? parse_number<std::uint8_t>(*text) : std::nullopt;
}

std::optional<CSeq> parse_cseq(std::string_view value) {
  Cursor cursor(value);
  const auto number = parse_number<std::uint32_t>(take_digits(cursor));
  if (!number || !cursor.skip_lws()) return std::nullopt;
  CSeq cseq;
  cseq.number = *number;
  cseq.method_text = cursor.take_token();
  if (cseq.method_text.empty() || !cursor.at_end()) return std::nullopt;
  cseq.method = find_method(cseq.method_text);
  return cseq;
}

bool is_call_id(std::string_view value) {
  const std::size_t at_sign = value.find('@');
  if (at_sign == std::string_view::npos) return is_all(value, kWord);
  return is_all(value.substr(0, at_sign), kWord) && is_all(value.substr(at_sign + 1), kWord);
}

std::optional<Event> parse_event(std::string_view value) {
  Cursor cursor(value);
  Event event;
  event.package = cursor.take_token();
  const auto params = Params::take(cursor);
  if (event.package.empty() || !params || !cursor.at_end()) return std::nullopt;
  event.params = *params;
  event.id = event.params.value("id");
  // "id" EQUAL token: it is written into each NOTIFY as it came.
  if (event.params.has("id") && !is_token(event.id)) return std::nullopt;
  return event;
}

std::optional<SubscriptionState> parse_subscription_state(std::string_view value) {
  using State = SubscriptionState::State;
  Cursor cursor(value);
  SubscriptionState result;
  result.state_text = cursor.take_token();
  const auto params = Params::take(cursor);
  if (result.state_text.empty() || !params || !cursor.at_end()) return std::nullopt;
  if (equals_ignoring_case(result.state_text, "active")) result.state = State::active;
  if (equals_ignoring_case(result.state_text, "pending")) result.state = State::pending;
  if (equals_ignoring_case(result.state_text, "terminated")) result.state = State::terminated;
  result.params = *params;
  result.reason = result.params.value("reason");
  result.expires = parse_number<std::uint32_t>(result.params.value("expires"));
  result.retry_after = parse_number<std::uint32_t>(result.params.value("retry-after"));
  return result;
}

std::optional<std::string_view> parse_entity_tag(std::string_view value) {
  if (!is_token(value)) return std::nullopt;
  return value;
}

std::optional<RetryAfter> parse_retry_after(std::string_view value) {
  Cursor cursor(value);
  RetryAfter result;
  const auto seconds = parse_u32(take_digits(cursor));
  if (!seconds && seconds.error() == NumberFault::malformed) return std::nullopt;
  // The RFC sets no bound (RFC 4475 section 3.1.2.5).
  result.seconds = seconds ? *seconds : std::numeric_limits<std::uint32_t>::max();
  cursor.skip_lws();
  if (cursor.peek() == '(') {
    const auto comment = take_comment(cursor);
    if (!comment) return std::nullopt;
    result.comment = *comment;
    cursor.skip_lws();
  }
  const auto params = Params::take(cursor);
  if (!params || !cursor.at_end()) return std::nullopt;
  result.duration = parse_number<std::uint32_t>(params->value("duration"));
  return result;
}

std::optional<Timestamp> parse_timestamp(std::string_view value) {
  Cursor cursor(value);
  if (!is_digit(cursor.peek())) return std::nullopt;
  const auto time = take_decimal_seconds(cursor);
  if (!time) return std::nullopt;
  Timestamp result{*time, std::nullopt};
  if (cursor.skip_lws()) {
    result.delay = take_decimal_seconds(cursor);
    if (!result.delay) return std::nullopt;
  }
  return cursor.at_end() ? std::optional(result) : std::nullopt;
}

std::optional<Warning> parse_warning(std::string_view value) {
  Cursor cursor(value);
  Warning warning;
  const std::string_view code = take_digits(cursor);
  if (code.size() != 3 || !cursor.skip_lws()) return std::nullopt;
  warning.code = *parse_number<std::uint16_t>(code);
  const std::string_view rest = cursor.rest();
  warning.agent = rest.substr(0, rest.find_first_of(" \t\r"));
  cursor.advance(warning.agent.size());
  if (!is_all(warning.agent, kParamValue) || !cursor.skip_lws()) return std::nullopt;
  warning.text = cursor.take_quoted();
  if (warning.text.empty() || !cursor.at_end()) return std::nullopt;
  return warning;
}

std::optional<UnixTime> parse_date(std::string_view value) {
  namespace ch = std::chrono;
  // "Sat, 13 Nov 2010 23:29:00 GMT": all places are fixed.
  if (value.size() != 29 || value.substr(3, 2) != ", " || value[7] != ' ' || value[11] != ' ' ||
      value[16] != ' ' || value[19] != ':' || value[22] != ':' || value.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto month = index_of(kMonths, value.substr(8, 3));
  const auto day = parse_number<unsigned>(value.substr(5, 2));
  const auto year = parse_number<unsigned>(value.substr(12, 4));
  const auto hour = parse_number<unsigned>(value.substr(17, 2));
  const auto minute = parse_number<unsigned>(value.substr(20, 2));
  const auto second = parse_number<unsigned>(value.substr(23, 2));
  if (!index_of(kDays, value.substr(0, 3)) || !month || !day || !year || !hour || !minute ||
      !second || *year < 1970 || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  const ch::year_month_day date(ch::year(static_cast<int>(*year)), ch::month(*month + 1),
                                ch::day(*day));
  if (!date.ok()) return std::nullopt;
  const auto days = ch::sys_days(date).time_since_epoch().count();
  return UnixTime::at(Duration::hours(std::int64_t{days} * 24 + *hour) +
                      Duration::minutes(*minute) + Duration::seconds(*second));
}

std::string format_date(UnixTime time) {
  namespace ch = std::chrono;
  const auto seconds = ch::sys_seconds(ch::seconds(time.since_epoch().in_seconds()));
  const auto day = ch::floor<ch::days>(seconds);
  const ch::year_month_day date(day);
  const ch::hh_mm_ss clock(seconds - day);
  const int year = static_cast<int>(date.year());
  MUSTER_CHECK(year >= 1970 && year <= 9999);
  char text[40];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[ch::weekday(day).c_encoding()].data(), static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1].data(), year,
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

bool lists(const Message& message, HeaderName name, std::string_view token, bool case_sensitive) {
  for (const std::string_view element : message.values(name)) {
    if (case_sensitive ? element == token : equals_ignoring_case(element, token)) return true;
  }
  return false;
}

}  // namespace muster::sip
