// Any text as a URI, and its two halves as a pair. A URI equals itself; equality is symmetrical;
// what is escaped is read back; a URI stands in brackets exactly if it stands alone.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/uri.h"

namespace muster::sip {
namespace {

void check_escapes(std::string_view text) {
  for (const UriPart part :
       {UriPart::user, UriPart::password, UriPart::parameter, UriPart::header}) {
    const std::string escaped = escape_uri(text, part);
    MUSTER_CHECK(unescape_uri(escaped) == text);
    if (part == UriPart::user && !text.empty()) {
      MUSTER_CHECK(parse_uri("sip:" + escaped + "@b").has_value());
    }
  }
}

void check_one(std::string_view text) {
  const auto uri = parse_uri(text);
  const bool no_brackets = text.find_first_of("<>") == std::string_view::npos;
  const std::string bracketed = "<" + std::string(text) + ">";
  if (no_brackets) MUSTER_CHECK(parse_name_addr(bracketed).has_value() == uri.has_value());
  if (!uri) return;
  MUSTER_CHECK(same_uri(*uri, *uri));
  MUSTER_CHECK(uri->text == text);
  for (const UriParam& param : uri->params())
    MUSTER_CHECK(uri->has_param(param.name));
  if (!uri->is_sip()) return;
  // Its parts make it again.
  const std::string user = unescape_uri(uri->user);
  const std::string again = make_sip_uri(user, uri->host.text, uri->port, uri->scheme);
  const auto made = parse_uri(again);
  MUSTER_CHECK(made.has_value());
  MUSTER_CHECK(same_host(made->host, uri->host) && made->port == uri->port);
  MUSTER_CHECK(unescape_uri(made->user) == user);
}

void check_pair(std::string_view first, std::string_view second) {
  const auto a = parse_uri(first);
  const auto b = parse_uri(second);
  if (a && b) MUSTER_CHECK(same_uri(*a, *b) == same_uri(*b, *a));
}

}  // namespace
}  // namespace muster::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  muster::sip::check_one(text);
  muster::sip::check_escapes(text);
  const std::size_t cut = std::min(text.find('\n'), text.size());
  const std::string first = text.substr(0, cut);
  const std::string second = cut < text.size() ? text.substr(cut + 1) : text;
  muster::sip::check_one(first);
  muster::sip::check_pair(first, second);
  return 0;
}
