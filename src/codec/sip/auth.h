// Digest credentials and challenges (RFC 3261 section 22, RFC 7616, RFC 8760): their syntax. What
// they are worth is for upper floors; hashes are computed outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/sip/lexer.h"

namespace muster::sip {

enum class DigestAlgorithm : std::uint8_t {
  md5,
  md5_sess,
  sha256,
  sha256_sess,
  sha512_256,
  sha512_256_sess,
  other,
};
DigestAlgorithm find_algorithm(std::string_view text);
std::string_view text_of(DigestAlgorithm algorithm);

// "Scheme name=value, name=value": what credentials and challenges have in common.
struct AuthParam {
  std::string_view name;
  std::string_view value;  // a token, or a quoted-string with its quotes
};
class AuthParams {
 public:
  // Reads the scheme; nothing if there is none. Then next() until it gives nothing.
  static std::optional<AuthParams> parse(std::string_view value);
  std::string_view scheme() const { return scheme_; }
  std::optional<AuthParam> next();
  // After next() gave nothing: whether the value was read to its end.
  bool complete() const { return cursor_.at_end(); }

 private:
  AuthParams(std::string_view scheme, Cursor cursor) : scheme_(scheme), cursor_(cursor) {}
  std::string_view scheme_;
  Cursor cursor_;
  bool first_ = true;
};

enum class CredentialsFault : std::uint8_t {
  not_digest,  // another scheme: as if there were none (RFC 4475 section 3.3.7)
  malformed,   // to be answered 400 (RFC 7616 section 3.4)
};

// Authorization, Proxy-Authorization. Quoted strings are unescaped, so these are copies.
struct Credentials {
  std::string username;
  std::string realm;
  std::string nonce;
  std::string uri;
  std::string response;  // lower-case hexadecimal digits; empty before a challenge (RFC 8760 2.7)
  std::string cnonce;
  std::string opaque;
  bool has_opaque = false;
  DigestAlgorithm algorithm = DigestAlgorithm::md5;  // the default of RFC 3261 section 22.4
  std::string algorithm_text;                        // empty if it was not given
  std::string qop;                                   // lower case; empty if it was not given
  std::string nc;  // the eight digits as they came: they are hashed as such
  std::uint32_t nonce_count = 0;
  bool userhash = false;
};
// Malformed too if username, realm, nonce, uri or response is missing, if a parameter comes twice,
// and if there is qop without cnonce and nc or nc is not eight hexadecimal digits.
Result<Credentials, CredentialsFault> parse_credentials(std::string_view value);

// WWW-Authenticate, Proxy-Authenticate.
struct Challenge {
  std::string realm = {};
  std::string nonce = {};
  std::string opaque = {};  // left out if empty
  DigestAlgorithm algorithm = DigestAlgorithm::sha256;
  bool stale = false;
  std::string qop = "auth";  // RFC 8760 section 2.6: a UAS always sends one
};
// Appends the value of the header. Quotes what RFC 7616 section 3.3 wants quoted and nothing else.
void append_challenge(std::string& out, const Challenge& challenge);
// For user agents. Nothing if it is not Digest, malformed, or lacks realm or nonce.
std::optional<Challenge> parse_challenge(std::string_view value);

// Appends the value of an Authorization header (RFC 7616 section 3.4); parts that are empty, and
// the algorithm if `algorithm_text` is, are left out.
void append_credentials(std::string& out, const Credentials& credentials);

}  // namespace muster::sip
