#include "codec/sip/via.h"

namespace muster::sip {
namespace {

// sent-protocol LWS sent-by; the cursor stays behind it.
bool take_sent_by(Cursor& cursor, SentBy& sent_by) {
  sent_by.protocol = cursor.take_token();
  if (sent_by.protocol.empty() || !cursor.eat_separator('/')) return false;
  sent_by.version = cursor.take_token();
  if (sent_by.version.empty() || !cursor.eat_separator('/')) return false;
  sent_by.transport = cursor.take_token();
  if (sent_by.transport.empty() || !cursor.skip_lws()) return false;
  sent_by.host = take_host(cursor);
  if (sent_by.host.empty()) return false;
  if (!cursor.eat_separator(':')) return true;
  const std::string_view rest = cursor.rest();
  std::size_t digits = 0;
  while (digits < rest.size() && is_digit(rest[digits]))
    ++digits;
  sent_by.port = parse_port(rest.substr(0, digits));
  cursor.advance(digits);
  return sent_by.port.has_value();
}

std::string_view without_brackets(std::string_view address) {
  if (address.size() < 2 || address.front() != '[' || address.back() != ']') return address;
  return address.substr(1, address.size() - 2);
}

void note(const Param& param, Via& via) {
  if (param.is("branch")) {
    via.branch = param.value;
  } else if (param.is("rport")) {
    via.has_rport = true;
    via.rport = parse_port(param.value);
  } else if (param.is("received")) {
    via.received = without_brackets(param.value);
  } else if (param.is("maddr")) {
    via.maddr = without_brackets(param.value);
  } else if (param.is("ttl")) {
    via.ttl = parse_number<std::uint8_t>(param.value);
  }
}

bool read_via(std::string_view value, Via& via) {
  Cursor cursor(value);
  if (!take_sent_by(cursor, via.sent_by)) return false;
  const auto params = Params::take(cursor, [&via](const Param& param) { note(param, via); });
  if (!params || !cursor.at_end()) return false;
  via.params = *params;
  return true;
}

}  // namespace

std::optional<SentBy> parse_sent_by(std::string_view value, std::size_t* end) {
  std::optional<SentBy> sent_by(std::in_place);
  Cursor cursor(value);
  if (!take_sent_by(cursor, *sent_by)) sent_by.reset();
  if (end != nullptr) *end = cursor.offset();
  return sent_by;
}

std::optional<Via> parse_via(std::string_view value) {
  std::optional<Via> via(std::in_place);
  if (!read_via(value, *via)) via.reset();
  return via;
}

}  // namespace muster::sip
