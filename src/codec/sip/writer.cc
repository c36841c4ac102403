#include "codec/sip/writer.h"

#include <array>
#include <charconv>

#include "base/check.h"
#include "codec/address/ip.h"
#include "codec/sip/lexer.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/via.h"

namespace muster::sip {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;  // NOLINT: to_chars sets what is read
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), result.ptr);
}

// As it stands in received=: IPv6 without brackets (RFC 5118 section 4.5).
void append_ip(std::string& out, const IpAddress& ip) {
  if (!ip.is_v4()) {
    out.append(to_text(ip));
    return;
  }
  std::array<char, 16> text;  // NOLINT: to_chars sets what is read
  char* end = text.data();
  for (std::size_t i = 12; i < 16; ++i) {
    if (i != 12) *end++ = '.';
    end = std::to_chars(end, text.data() + text.size(), ip.bytes[i]).ptr;
  }
  out.append(text.data(), end);
}

void check_value(std::string_view value) {
  MUSTER_CHECK(!breaks_a_row(value));
}

// A URI between angle brackets must not end them.
void check_bracketed(std::string_view uri) {
  check_value(uri);
  for (const char c : uri)
    MUSTER_CHECK(c != '<' && c != '>' && c != ' ');
}

void append_value(std::string& out, std::string_view value) {
  check_value(value);
  out.append(value);
}

void begin_row(std::string& out, HeaderName name) {
  out.append(text_of(name)).append(": ");
}

// What a request brought; no CR or LF is left in it.
void copy_row(std::string& out, HeaderName name, std::string_view value) {
  begin_row(out, name);
  append_unfolded(out, value);
  out.append(kLineEnd);
}

void copy_first_row(std::string& out, const Message& from, HeaderName name) {
  if (const auto value = from.header(name)) copy_row(out, name, *value);
}

void copy_all_rows(std::string& out, const Message& from, HeaderName name) {
  for (const std::string_view value : from.rows(name))
    copy_row(out, name, value);
}

// The top Via with rport filled in where it is asked for (RFC 3581 section 4), and received where
// the sender does not know its address (RFC 3261 section 18.2.1). A received that is there was not
// put there by us. False, and `out` as it was, if the value cannot be read.
bool append_answered_via(std::string& out, std::string_view value, const Endpoint& source) {
  std::size_t front = 0;
  const auto sent_by = parse_sent_by(value, &front);
  if (!sent_by) return false;
  const std::size_t before = out.size();
  append_unfolded(out, value.substr(0, front));
  bool wants_received = false;
  Cursor cursor(value);
  cursor.advance(front);
  Param param;
  bool malformed = false;
  while (!malformed && take_param(cursor, param, malformed)) {
    if (param.is("received")) {
      wants_received = true;
    } else if (param.is("rport")) {
      wants_received = true;
      out.append(";rport=");
      append_number(out, source.port);
    } else {
      out.append(1, ';').append(param.name);
      if (param.has_value) append_unfolded(out.append(1, '='), param.value);
    }
  }
  if (malformed || !cursor.at_end()) {
    out.resize(before);
    return false;
  }
  if (wants_received || sent_by->host.ip() != source.ip) {
    append_ip(out.append(";received="), source.ip);
  }
  return true;
}

void copy_vias(std::string& out, const Message& request, const std::optional<Endpoint>& source) {
  bool first = true;
  for (const std::string_view row : request.rows(HeaderName::via)) {
    const auto top = first && source ? ListCursor(row).next() : std::nullopt;
    first = false;
    if (!top) {
      copy_row(out, HeaderName::via, row);
      continue;
    }
    begin_row(out, HeaderName::via);
    if (!append_answered_via(out, *top, *source)) append_unfolded(out, *top);
    const auto end = static_cast<std::size_t>(top->data() + top->size() - row.data());
    append_unfolded(out, row.substr(end));
    out.append(kLineEnd);
  }
}

// To, with our tag if it has none (section 8.2.6.2).
void copy_to(std::string& out, const Message& request, std::string_view tag) {
  const auto value = request.header(HeaderName::to);
  if (!value) return;
  begin_row(out, HeaderName::to);
  append_unfolded(out, *value);
  if (!tag.empty() && !has_tag(*value)) {
    MUSTER_CHECK(is_token(tag));
    out.append(";tag=").append(tag);
  }
  out.append(kLineEnd);
}

void append_own_via(std::string& out, const RequestHead& head) {
  begin_row(out, HeaderName::via);
  out.append("SIP/2.0/");
  append_value(out, head.transport);
  out.push_back(' ');
  append_value(out, head.sent_by);
  if (head.asks_rport) out.append(";rport");
  out.append(";branch=");
  MUSTER_CHECK(is_token(head.branch));
  out.append(head.branch).append(kLineEnd);
}

}  // namespace

HeaderWriter& HeaderWriter::row(HeaderName name, std::string_view value) {
  begin_row(out_, name);
  append_value(out_, value);
  out_.append(kLineEnd);
  return *this;
}

HeaderWriter& HeaderWriter::row(HeaderName name, std::uint64_t number) {
  begin_row(out_, name);
  append_number(out_, number);
  out_.append(kLineEnd);
  return *this;
}

HeaderWriter& HeaderWriter::row(std::string_view name, std::string_view value) {
  MUSTER_CHECK(is_token(name));
  out_.append(name).append(": ");
  append_value(out_, value);
  out_.append(kLineEnd);
  return *this;
}

HeaderWriter& HeaderWriter::copied_row(HeaderName name, std::string_view value) {
  copy_row(out_, name, value);
  return *this;
}

HeaderWriter& HeaderWriter::name_addr(HeaderName name, std::string_view display,
                                      std::string_view uri, std::string_view params) {
  begin_row(out_, name);
  append_name_addr(out_, display, uri);
  MUSTER_CHECK(params.empty() || params.front() == ';');
  append_unfolded(out_, params);
  out_.append(kLineEnd);
  return *this;
}

HeaderWriter& HeaderWriter::list(HeaderName name, std::span<const std::string_view> tokens) {
  begin_row(out_, name);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i != 0) out_.append(", ");
    append_value(out_, tokens[i]);
  }
  out_.append(kLineEnd);
  return *this;
}

HeaderWriter& HeaderWriter::warning(int code, std::string_view agent, std::string_view text) {
  MUSTER_CHECK(code >= 100 && code <= 999);
  begin_row(out_, HeaderName::warning);
  append_number(out_, static_cast<std::uint64_t>(code));
  out_.push_back(' ');
  append_value(out_, agent);
  out_.push_back(' ');
  append_quoted(out_, text);
  out_.append(kLineEnd);
  return *this;
}

void HeaderWriter::finish() {
  out_.append("Content-Length: 0\r\n\r\n");
}

void HeaderWriter::finish(std::string_view content_type, std::string_view body) {
  row(HeaderName::content_type, content_type);
  row(HeaderName::content_length, body.size());
  out_.append(kLineEnd).append(body);
}

HeaderWriter begin_response(std::string& out, const Message& request, const ResponseHead& head) {
  const int status = number_of(head.status);
  MUSTER_CHECK(status >= 100 && status <= 699);
  std::array<char, 12> start = {'S', 'I', 'P', '/', '2', '.', '0', ' ', '0', '0', '0', ' '};
  std::to_chars(&start[8], &start[11], status);
  out.append(start.data(), start.size());
  append_value(out, head.reason.empty() ? reason_phrase(head.status) : head.reason);
  out.append(kLineEnd);
  copy_vias(out, request, head.source);
  copy_first_row(out, request, HeaderName::from);
  copy_to(out, request, head.to_tag);
  copy_first_row(out, request, HeaderName::call_id);
  copy_first_row(out, request, HeaderName::cseq);
  if (head.copies_record_route) copy_all_rows(out, request, HeaderName::record_route);
  if (head.status == Status::trying) copy_first_row(out, request, HeaderName::timestamp);
  return HeaderWriter(out);
}

HeaderWriter begin_request(std::string& out, const RequestHead& head) {
  std::string_view target = head.target;
  std::span<const std::string_view> route = head.route;
  // A strict router is the target itself, and we come last (section 12.2.1.1).
  std::optional<NameAddr> strict;
  if (!route.empty()) {
    const auto first = parse_name_addr(route.front());
    if (first && !first->uri.has_param("lr")) strict = first;
  }
  if (strict) {
    target = strict->uri.text.substr(0, strict->uri.text.find('?'));
    route = route.subspan(1);
  }
  MUSTER_CHECK(head.method != Method::other);
  check_bracketed(target);
  out.append(text_of(head.method)).append(1, ' ').append(target).append(" SIP/2.0\r\n");
  append_own_via(out, head);
  HeaderWriter writer(out);
  writer.row(HeaderName::max_forwards, head.max_forwards);
  for (const std::string_view hop : route)
    writer.copied_row(HeaderName::route, hop);
  if (strict) writer.name_addr(HeaderName::route, {}, head.target);
  writer.copied_row(HeaderName::from, head.from).copied_row(HeaderName::to, head.to);
  writer.copied_row(HeaderName::call_id, head.call_id);
  begin_row(out, HeaderName::cseq);
  append_number(out, head.cseq);
  out.append(1, ' ').append(text_of(head.method)).append(kLineEnd);
  return writer;
}

void append_name_addr(std::string& out, std::string_view display, std::string_view uri) {
  if (!display.empty()) {
    append_quoted(out, display);
    out.push_back(' ');
  }
  check_bracketed(uri);
  out.append(1, '<').append(uri).append(1, '>');
}

}  // namespace muster::sip
