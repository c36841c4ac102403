#include "codec/sip/uri.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace muster::sip {
namespace {

struct SchemeName {
  std::string_view text;
  Scheme scheme;
};
constexpr std::array<SchemeName, 5> kSchemes = {{{"sip", Scheme::sip},
                                                 {"sips", Scheme::sips},
                                                 {"tel", Scheme::tel},
                                                 {"pres", Scheme::pres},
                                                 {"im", Scheme::im}}};

Scheme find_scheme(std::string_view text) {
  for (const SchemeName& known : kSchemes) {
    if (equals_ignoring_case(text, known.text)) return known.scheme;
  }
  return Scheme::other;
}

constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// One character of an escaped text: itself, or what %HH stands for.
struct Unit {
  char byte = 0;
  bool escaped = false;
};

Unit take_unit(std::string_view text, std::size_t& at) {
  if (text[at] == '%' && at + 2 < text.size()) {
    const int high = hex_digit(text[at + 1]);
    const int low = hex_digit(text[at + 2]);
    if (high >= 0 && low >= 0) {
      at += 3;
      return {static_cast<char>(high * 16 + low), true};
    }
  }
  return {text[at++], false};
}

// *( characters of `classes` / escaped )
bool is_escaped_text(std::string_view text, unsigned classes) {
  for (std::size_t at = 0; at < text.size();) {
    if (is_in(text[at], classes)) {
      ++at;
    } else if (text[at] != '%' || !take_unit(text, at).escaped) {
      return false;
    }
  }
  return true;
}

// The reserved set of RFC 2396 section 2.2: an escape of one of these is not the character.
constexpr bool is_reserved(char c) {
  return std::string_view(";/?:@&=+$,").find(c) != std::string_view::npos;
}

// Section 19.1.4: characters other than the reserved are equal to their escapes.
bool same_text(std::string_view a, std::string_view b, bool case_sensitive) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const Unit x = take_unit(a, i);
    const Unit y = take_unit(b, j);
    const bool same =
        case_sensitive ? x.byte == y.byte : ascii_lower(x.byte) == ascii_lower(y.byte);
    if (!same || (x.escaped != y.escaped && is_reserved(x.byte))) return false;
  }
  return i == a.size() && j == b.size();
}

bool reads_params(std::string_view text) {
  std::size_t count = 0;
  for (const UriParam& param : UriParams(text, ';')) {
    if (param.name.empty() || !is_escaped_text(param.name, kUriParamChar)) return false;
    if (param.has_value && param.value.empty()) return false;
    if (!is_escaped_text(param.value, kUriParamChar) || ++count > kUriParamsMax) return false;
  }
  if (count < 2) return true;
  // "any given parameter-name MUST NOT appear more than once" (section 19.1.1)
  for (auto it = UriParams(text, ';').begin(); it != UriParams::End{}; ++it) {
    auto later = it;
    for (++later; later != UriParams::End{}; ++later) {
      if (same_text(it->name, later->name, false)) return false;
    }
  }
  return true;
}

bool reads_headers(std::string_view text) {
  std::size_t count = 0;
  for (const UriParam& header : UriParams(text, '&')) {
    if (header.name.empty() || !header.has_value || ++count > kUriParamsMax) return false;
    if (!is_escaped_text(header.name, kUriHeaderChar)) return false;
    if (!is_escaped_text(header.value, kUriHeaderChar)) return false;
  }
  return true;
}

// [ userinfo ] hostport uri-parameters [ headers ]
bool read_sip_parts(std::string_view text, Uri& uri) {
  const std::size_t at_sign = text.find('@');
  if (at_sign != std::string_view::npos) {
    const std::string_view userinfo = text.substr(0, at_sign);
    const std::size_t colon = std::min(userinfo.find(':'), userinfo.size());
    uri.user = userinfo.substr(0, colon);
    uri.has_password = colon < userinfo.size();
    if (uri.has_password) uri.password = userinfo.substr(colon + 1);
    if (uri.user.empty() || !is_escaped_text(uri.user, kUserChar)) return false;
    if (!is_escaped_text(uri.password, kPasswordChar)) return false;
    text.remove_prefix(at_sign + 1);
  }
  Cursor cursor(text);
  uri.host = take_host(cursor);
  if (uri.host.empty()) return false;
  if (cursor.eat(':')) {
    const std::string_view rest = cursor.rest();
    std::size_t end = 0;
    while (end < rest.size() && is_digit(rest[end]))
      ++end;
    const std::string_view digits = rest.substr(0, end);
    uri.port = parse_port(digits);
    if (!uri.port) return false;
    cursor.advance(digits.size());
  }
  if (cursor.eat(';')) {
    uri.params_text = cursor.rest().substr(0, cursor.rest().find('?'));
    if (uri.params_text.empty() || !reads_params(uri.params_text)) return false;
    cursor.advance(uri.params_text.size());
  }
  if (cursor.eat('?')) {
    uri.has_headers = true;
    uri.headers_text = cursor.rest();
    if (uri.headers_text.empty() || !reads_headers(uri.headers_text)) return false;
    cursor.advance(uri.headers_text.size());
  }
  return cursor.at_end();
}

// hier-part / opaque-part, with the brackets of an IPv6reference.
bool is_opaque(std::string_view text) {
  if (text.empty()) return false;
  for (std::size_t at = 0; at < text.size();) {
    if (is_in(text[at], kUricChar) || text[at] == '[' || text[at] == ']') {
      ++at;
    } else if (text[at] != '%' || !take_unit(text, at).escaped) {
      return false;
    }
  }
  return true;
}

// Parameters that a URI without them does not match (section 19.1.4).
bool must_be_in_both(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kNames = {"transport", "user", "ttl", "method",
                                                             "maddr"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view known) { return same_text(name, known, false); });
}

bool params_match(const Uri& a, const Uri& b) {
  for (const UriParam& param : a.params()) {
    const UriParams others = b.params();
    auto it = others.begin();
    while (it != others.end() && !same_text(param.name, it->name, false))
      ++it;
    if (it == others.end()) {
      if (must_be_in_both(param.name)) return false;
    } else if (param.has_value != it->has_value || !same_text(param.value, it->value, false)) {
      return false;
    }
  }
  return true;
}

std::size_t count_headers(const Uri& uri, const UriParam& wanted) {
  std::size_t count = 0;
  for (const UriParam& header : uri.headers()) {
    if (same_text(header.name, wanted.name, false) &&
        same_text(header.value, wanted.value, false)) {
      ++count;
    }
  }
  return count;
}

bool headers_match(const Uri& a, const Uri& b) {
  std::size_t balance = 0;
  for (const UriParam& header : a.headers()) {
    if (count_headers(a, header) != count_headers(b, header)) return false;
    ++balance;
  }
  for ([[maybe_unused]] const UriParam& header : b.headers()) {
    if (balance-- == 0) return false;
  }
  return balance == 0;
}

constexpr unsigned classes_of(UriPart part) {
  switch (part) {
    case UriPart::user: return kUserChar;
    case UriPart::password: return kPasswordChar;
    case UriPart::parameter: return kUriParamChar;
    case UriPart::header: return kUriHeaderChar;
  }
  return 0;
}

}  // namespace

UriParams::Iterator& UriParams::Iterator::operator++() {
  if (rest_.empty()) {
    done_ = true;
    return *this;
  }
  const std::size_t end = std::min(rest_.find(separator_), rest_.size());
  const std::string_view one = rest_.substr(0, end);
  const std::size_t equals = std::min(one.find('='), one.size());
  param_.name = one.substr(0, equals);
  param_.has_value = equals < one.size();
  param_.value = param_.has_value ? one.substr(equals + 1) : std::string_view();
  // A separator at the very end has an empty parameter behind it: no name, so malformed.
  if (end + 1 == rest_.size()) param_.name = {};
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  return *this;
}

std::optional<UriParam> Uri::param(std::string_view name) const {
  for (const UriParam& param : params()) {
    if (same_text(param.name, name, false)) return param;
  }
  return std::nullopt;
}

std::string_view Uri::param_value(std::string_view name) const {
  const auto found = param(name);
  return found ? found->value : std::string_view();
}

bool parse_uri(std::string_view text, Uri& uri) {
  if (text.empty() || !is_alpha(text.front())) return false;
  Cursor cursor(text);
  uri.text = text;
  uri.scheme_text = cursor.take(kSchemeChar);
  if (!cursor.eat(':')) return false;
  uri.scheme = find_scheme(uri.scheme_text);
  if (uri.scheme != Scheme::tel && uri.scheme != Scheme::other) {
    return read_sip_parts(cursor.rest(), uri);
  }
  uri.opaque = cursor.rest();
  return is_opaque(uri.opaque);
}

std::optional<Uri> parse_uri(std::string_view text) {
  std::optional<Uri> uri(std::in_place);
  if (!parse_uri(text, *uri)) uri.reset();
  return uri;
}

bool same_uri(const Uri& a, const Uri& b) {
  if (a.scheme != b.scheme || !equals_ignoring_case(a.scheme_text, b.scheme_text)) return false;
  if (a.scheme == Scheme::tel || a.scheme == Scheme::other) return a.opaque == b.opaque;
  return same_text(a.user, b.user, true) && a.has_password == b.has_password &&
         same_text(a.password, b.password, true) && same_host(a.host, b.host) && a.port == b.port &&
         params_match(a, b) && params_match(b, a) && headers_match(a, b);
}

void append_unescaped_uri(std::string& out, std::string_view escaped) {
  for (std::size_t at = 0; at < escaped.size();)
    out.push_back(take_unit(escaped, at).byte);
}

std::string unescape_uri(std::string_view escaped) {
  std::string out;
  out.reserve(escaped.size());
  append_unescaped_uri(out, escaped);
  return out;
}

void append_escaped_uri(std::string& out, std::string_view text, UriPart part) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_in(c, classes_of(part))) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
}

std::string escape_uri(std::string_view text, UriPart part) {
  std::string out;
  out.reserve(text.size());
  append_escaped_uri(out, text, part);
  return out;
}

std::string make_sip_uri(std::string_view user, std::string_view host,
                         std::optional<std::uint16_t> port, Scheme scheme) {
  const auto parsed = parse_host(host);
  MUSTER_CHECK(parsed.has_value());
  MUSTER_CHECK(scheme == Scheme::sip || scheme == Scheme::sips);
  std::string out(scheme == Scheme::sip ? "sip:" : "sips:");
  if (!user.empty()) {
    append_escaped_uri(out, user, UriPart::user);
    out.push_back('@');
  }
  if (parsed->kind == HostKind::ipv6) {
    out.append(1, '[').append(parsed->text).append(1, ']');
  } else {
    out.append(parsed->text);
  }
  if (port) out.append(1, ':').append(std::to_string(*port));
  return out;
}

}  // namespace muster::sip
