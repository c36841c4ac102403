// URIs as SIP uses them (RFC 3261 section 19.1): sip and sips in full; pres and im (RFC 3859, RFC
// 3860) as user@host; tel and any other scheme as opaque text whose characters are checked.
//
// A Uri is views into the text that was parsed. Components are kept as they came: %HH escapes are
// undone on demand and only once (RFC 4475 section 3.1.1.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/sip/host.h"

namespace muster::sip {

// Parameters of one URI, and headers of one URI; a URI with more is none.
inline constexpr std::size_t kUriParamsMax = 64;

enum class Scheme : std::uint8_t { sip, sips, tel, pres, im, other };

// The components differ in which characters they hold unescaped (section 19.1.2).
enum class UriPart : std::uint8_t { user, password, parameter, header };

struct UriParam {
  std::string_view name;   // escaped, as it came
  std::string_view value;  // escaped, as it came; empty if there is none
  bool has_value = false;
};

// ";a=b;c", iterated as {a, b}, {c}; or "x=1&y=2" of the headers.
class UriParams {
 public:
  struct End {};
  class Iterator {
   public:
    Iterator(std::string_view text, char separator) : rest_(text), separator_(separator) {
      ++*this;
    }
    const UriParam& operator*() const { return param_; }
    const UriParam* operator->() const { return &param_; }
    Iterator& operator++();
    friend bool operator==(const Iterator& it, End) { return it.done_; }

   private:
    std::string_view rest_;
    UriParam param_;
    char separator_;
    bool done_ = false;
  };

  UriParams(std::string_view text, char separator) : text_(text), separator_(separator) {}
  Iterator begin() const { return {text_, separator_}; }
  End end() const { return {}; }

 private:
  std::string_view text_;
  char separator_;
};

struct Uri {
  std::string_view text;  // the whole
  Scheme scheme = Scheme::other;
  std::string_view scheme_text;
  // Of sip, sips, pres and im; of others all of this is empty.
  std::string_view user;  // escaped, as it came
  std::string_view password;
  bool has_password = false;
  Host host;
  std::optional<std::uint16_t> port;
  std::string_view params_text;   // without the first ";"
  std::string_view headers_text;  // without the "?"
  bool has_headers = false;
  // Of tel and other schemes: what follows the colon.
  std::string_view opaque;

  bool is_sip() const { return scheme == Scheme::sip || scheme == Scheme::sips; }
  bool has_user() const { return !user.empty(); }

  UriParams params() const { return {params_text, ';'}; }
  UriParams headers() const { return {headers_text, '&'}; }
  // By its unescaped name, without regard to case: transport, lr, maddr, ttl, user, method, gr (RFC
  // 5627), ob (RFC 5626). The value is as it came.
  std::optional<UriParam> param(std::string_view name) const;
  bool has_param(std::string_view name) const { return param(name).has_value(); }
  // The value of a parameter, empty without one.
  std::string_view param_value(std::string_view name) const;
};

// The whole of `text` as one URI, without white space or brackets around it.
std::optional<Uri> parse_uri(std::string_view text);
// The same into `uri`, which is new: false if malformed.
bool parse_uri(std::string_view text, Uri& uri);

// Section 19.1.4 for sip and sips; for other schemes, equal texts with the scheme (and the host of
// pres and im) taken without regard to case. Not transitive.
bool same_uri(const Uri& a, const Uri& b);

// `escaped` with each %HH replaced by its byte, once; may hold any byte, NUL too (RFC 4475 section
// 3.1.1.4).
std::string unescape_uri(std::string_view escaped);
void append_unescaped_uri(std::string& out, std::string_view escaped);

// `text` with each byte that `part` cannot hold as %HH.
std::string escape_uri(std::string_view text, UriPart part);
void append_escaped_uri(std::string& out, std::string_view text, UriPart part);

// "sip:user@host:port" from plain parts: `user` is escaped, may be empty; `host` is a name, an IPv4
// address, or an IPv6 address without brackets.
std::string make_sip_uri(std::string_view user, std::string_view host,
                         std::optional<std::uint16_t> port = std::nullopt,
                         Scheme scheme = Scheme::sip);

}  // namespace muster::sip
