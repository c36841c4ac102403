#include "codec/sip/auth.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/check.h"

namespace muster::sip {
namespace {

constexpr std::array<std::string_view, 7> kAlgorithms = {
    "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess", ""};

std::string text_of_value(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  std::string text;
  append_unquoted(text, value);
  return text;
}

void make_lower(std::string& text) {
  std::transform(text.begin(), text.end(), text.begin(), ascii_lower);
}

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// The parameters of credentials that muster knows, in the order of their bits in `seen`.
struct Known {
  std::string_view name;
  std::string Credentials::*field;
};
constexpr std::array<Known, 10> kKnown = {{{"username", &Credentials::username},
                                           {"realm", &Credentials::realm},
                                           {"nonce", &Credentials::nonce},
                                           {"uri", &Credentials::uri},
                                           {"response", &Credentials::response},
                                           {"cnonce", &Credentials::cnonce},
                                           {"opaque", &Credentials::opaque},
                                           {"algorithm", &Credentials::algorithm_text},
                                           {"qop", &Credentials::qop},
                                           {"nc", &Credentials::nc}}};
constexpr unsigned kMandatory = 0b11111;  // the first five
constexpr unsigned kCnonceBit = 1u << 5;
constexpr unsigned kOpaqueBit = 1u << 6;
constexpr unsigned kAlgorithmBit = 1u << 7;
constexpr unsigned kQopBit = 1u << 8;
constexpr unsigned kNcBit = 1u << 9;

// False if it came before.
bool store(Credentials& credentials, unsigned& seen, const AuthParam& param) {
  if (equals_ignoring_case(param.name, "userhash")) {
    credentials.userhash = equals_ignoring_case(text_of_value(param.value), "true");
    return true;
  }
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    if (!equals_ignoring_case(param.name, kKnown[i].name)) continue;
    if ((seen & (1u << i)) != 0) return false;
    seen |= 1u << i;
    credentials.*kKnown[i].field = text_of_value(param.value);
  }
  return true;
}

// What the parameters say together (RFC 7616 section 3.4).
bool finish(Credentials& credentials, unsigned seen) {
  if ((seen & kMandatory) != kMandatory) return false;
  make_lower(credentials.response);
  make_lower(credentials.qop);
  if (!is_lower_hex(credentials.response)) return false;
  credentials.has_opaque = (seen & kOpaqueBit) != 0;
  if ((seen & kAlgorithmBit) != 0) {
    credentials.algorithm = find_algorithm(credentials.algorithm_text);
  }
  if ((seen & kQopBit) != 0 && ((seen & kCnonceBit) == 0 || (seen & kNcBit) == 0)) return false;
  if ((seen & kNcBit) == 0) return true;
  const auto count =
      credentials.nc.size() == 8 ? parse_number<std::uint32_t>(credentials.nc, 16) : std::nullopt;
  if (!count) return false;
  credentials.nonce_count = *count;
  return true;
}

// Writes `name="text"` or `name=token`, after a comma unless it is the first.
class ParamWriter {
 public:
  ParamWriter(std::string& out, std::string_view scheme) : out_(out) {
    out_.append(scheme).push_back(' ');
  }
  void quoted(std::string_view name, std::string_view text) {
    begin(name);
    append_quoted(out_, text);
  }
  void token(std::string_view name, std::string_view text) {
    MUSTER_CHECK(is_token(text));
    begin(name);
    out_.append(text);
  }

 private:
  void begin(std::string_view name) {
    if (!first_) out_.append(", ");
    first_ = false;
    out_.append(name).push_back('=');
  }
  std::string& out_;
  bool first_ = true;
};

}  // namespace

DigestAlgorithm find_algorithm(std::string_view text) {
  for (std::size_t i = 0; i + 1 < kAlgorithms.size(); ++i) {
    if (equals_ignoring_case(text, kAlgorithms[i])) return static_cast<DigestAlgorithm>(i);
  }
  return DigestAlgorithm::other;
}

std::string_view text_of(DigestAlgorithm algorithm) {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

std::optional<AuthParams> AuthParams::parse(std::string_view value) {
  Cursor cursor(value);
  const std::string_view scheme = cursor.take_token();
  if (scheme.empty() || !cursor.skip_lws()) return std::nullopt;
  return AuthParams(scheme, cursor);
}

std::optional<AuthParam> AuthParams::next() {
  const Cursor before = cursor_;
  AuthParam param;
  if (first_ || cursor_.eat_separator(',')) {
    param.name = cursor_.take_token();
    if (!param.name.empty() && cursor_.eat_separator('=')) {
      param.value = cursor_.peek() == '"' ? cursor_.take_quoted() : cursor_.take_token();
    }
  }
  first_ = false;
  if (!param.value.empty()) return param;
  cursor_ = before;
  return std::nullopt;
}

Result<Credentials, CredentialsFault> parse_credentials(std::string_view value) {
  auto params = AuthParams::parse(value);
  if (!params) return Failure{CredentialsFault::malformed};
  if (!equals_ignoring_case(params->scheme(), "Digest")) {
    return Failure{CredentialsFault::not_digest};
  }
  Credentials credentials;
  unsigned seen = 0;
  while (const auto param = params->next()) {
    if (!store(credentials, seen, *param)) return Failure{CredentialsFault::malformed};
  }
  if (!params->complete() || !finish(credentials, seen)) {
    return Failure{CredentialsFault::malformed};
  }
  return credentials;
}

void append_challenge(std::string& out, const Challenge& challenge) {
  MUSTER_CHECK(challenge.algorithm != DigestAlgorithm::other);
  ParamWriter writer(out, "Digest");
  writer.quoted("realm", challenge.realm);
  writer.quoted("nonce", challenge.nonce);
  if (!challenge.opaque.empty()) writer.quoted("opaque", challenge.opaque);
  writer.token("algorithm", text_of(challenge.algorithm));
  if (challenge.stale) writer.token("stale", "true");
  writer.quoted("qop", challenge.qop);
}

std::optional<Challenge> parse_challenge(std::string_view value) {
  auto params = AuthParams::parse(value);
  if (!params || !equals_ignoring_case(params->scheme(), "Digest")) return std::nullopt;
  Challenge challenge;
  challenge.algorithm = DigestAlgorithm::md5;
  challenge.qop.clear();
  bool has_realm = false;
  while (const auto param = params->next()) {
    std::string text = text_of_value(param->value);
    const auto is = [&param](std::string_view name) {
      return equals_ignoring_case(param->name, name);
    };
    if (is("realm")) {
      challenge.realm = std::move(text);
      has_realm = true;
    } else if (is("nonce")) {
      challenge.nonce = std::move(text);
    } else if (is("opaque")) {
      challenge.opaque = std::move(text);
    } else if (is("algorithm")) {
      challenge.algorithm = find_algorithm(text);
    } else if (is("stale")) {
      challenge.stale = equals_ignoring_case(text, "true");
    } else if (is("qop")) {
      challenge.qop = std::move(text);
    }
  }
  if (!params->complete() || !has_realm || challenge.nonce.empty()) return std::nullopt;
  return challenge;
}

void append_credentials(std::string& out, const Credentials& credentials) {
  ParamWriter writer(out, "Digest");
  writer.quoted("username", credentials.username);
  writer.quoted("realm", credentials.realm);
  writer.quoted("nonce", credentials.nonce);
  writer.quoted("uri", credentials.uri);
  writer.quoted("response", credentials.response);
  if (!credentials.algorithm_text.empty()) writer.token("algorithm", credentials.algorithm_text);
  // With qop it must be there, if empty.
  const bool has_cnonce = !credentials.cnonce.empty() || !credentials.qop.empty();
  if (has_cnonce) writer.quoted("cnonce", credentials.cnonce);
  if (credentials.has_opaque) writer.quoted("opaque", credentials.opaque);
  if (!credentials.qop.empty()) writer.token("qop", credentials.qop);
  if (!credentials.nc.empty()) writer.token("nc", credentials.nc);
}

}  // namespace muster::sip
