#include "codec/sip/name_addr.h"

#include "codec/sip/media.h"

namespace muster::sip {
namespace {

// display-name = *(token LWS) / quoted-string, if the "<" of a name-addr follows; else the cursor
// stays. Between the last token and the "<" no white space is needed (RFC 4475 section 3.1.1.6).
bool take_display(Cursor& cursor, std::string_view& display) {
  const Cursor start = cursor;
  std::string_view taken = cursor.take_quoted();
  if (taken.empty()) {
    std::size_t end = 0;
    while (!cursor.take_token().empty()) {
      end = cursor.offset() - start.offset();
      if (!cursor.skip_lws()) break;
    }
    taken = start.rest().substr(0, end);
  }
  cursor.skip_lws();
  if (cursor.peek() != '<') {
    cursor = start;
    return false;
  }
  display = taken;
  return true;
}

// What is in front of the parameters; the text of the URI is not read yet.
struct Front {
  std::string_view display;
  std::string_view uri;
  bool bracketed = false;
};

bool take_front(Cursor& cursor, Front& front) {
  front.bracketed = take_display(cursor, front.display);
  if (front.bracketed) {
    cursor.advance(1);
    front.uri = cursor.rest().substr(0, cursor.rest().find('>'));
    cursor.advance(front.uri.size());
    if (!cursor.eat('>')) return false;
  } else {
    front.uri = cursor.rest().substr(0, cursor.rest().find_first_of("; \t\r"));
    // Those characters are for a URI in brackets only (RFC 3261 section 20).
    if (front.uri.find_first_of(",?") != std::string_view::npos) return false;
    cursor.advance(front.uri.size());
  }
  cursor.skip_lws();
  return true;
}

// What `"..."` holds, if nothing in it is escaped.
std::string_view inside_quotes(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return {};
  const std::string_view inside = value.substr(1, value.size() - 2);
  return inside.find_first_of("\\\r") == std::string_view::npos ? inside : std::string_view();
}

}  // namespace

bool parse_name_addr(std::string_view value, NameAddr& result) {
  Cursor cursor(value);
  Front front;
  if (!take_front(cursor, front) || !parse_uri(front.uri, result.uri)) return false;
  const auto params = Params::take(cursor);
  if (!params || !cursor.at_end()) return false;
  result.display = front.display;
  result.bracketed = front.bracketed;
  result.params = *params;
  return true;
}

bool has_tag(std::string_view value) {
  Cursor cursor(value);
  Front front;
  if (!take_front(cursor, front) || front.uri.empty()) return true;
  bool found = false;
  const auto params =
      Params::take(cursor, [&found](const Param& param) { found = found || param.is("tag"); });
  return found || !params || !cursor.at_end();
}

std::optional<NameAddr> parse_name_addr(std::string_view value) {
  std::optional<NameAddr> result(std::in_place);
  if (!parse_name_addr(value, *result)) result.reset();
  return result;
}

std::string NameAddr::display_name() const {
  std::string name;
  if (display.starts_with('"')) {
    append_unquoted(name, display);
  } else {
    append_unfolded(name, display);
  }
  return name;
}

std::optional<std::uint32_t> NameAddr::expires() const {
  return parse_number<std::uint32_t>(params.value("expires"));
}

std::optional<std::uint16_t> NameAddr::q() const {
  return parse_qvalue(params.value("q"));
}

std::optional<std::uint32_t> NameAddr::reg_id() const {
  const auto id = parse_number<std::uint32_t>(params.value("reg-id"));
  return id && *id != 0 && *id < 0x8000'0000 ? id : std::nullopt;
}

std::string_view NameAddr::instance() const {
  const std::string_view urn = inside_quotes(params.value("+sip.instance"));
  if (urn.size() < 2 || urn.front() != '<' || urn.back() != '>') return {};
  return urn.substr(1, urn.size() - 2);
}

std::string_view NameAddr::pub_gruu() const {
  return inside_quotes(params.value("pub-gruu"));
}
std::string_view NameAddr::temp_gruu() const {
  return inside_quotes(params.value("temp-gruu"));
}

}  // namespace muster::sip
