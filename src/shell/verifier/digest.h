// SIP digest, the server's side (RFC 7616 and 8760, RFC 3261 section 22): nonces and proofs. The
// syntax is codec/sip/auth.h.
//
// Nonces are stateless: a moment, a number, and an HMAC of both and the realm under a key of the
// service, so that any shard of any of its servers may have made it. One is good for
// kNonceLifetime; what is too old, and proves knowledge of the password all the same, gets a new
// one with stale=true. Without state the nonce-count cannot be checked: who overhears a request can
// repeat it, with the same method and Request-URI, for that long (RFC 7616 section 5.12); over TLS
// nobody can. What such a request could do in SIP the dialog's or transaction's own identifiers
// bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/sip/auth.h"
#include "model/address.h"
#include "server/ports.h"
#include "shell/crypto.h"
#include "shell/store/credentials.h"

namespace muster {

// Long enough for a phone's first requests, short enough for what is overheard. A refresh an hour
// later is asked anew, which costs it one exchange.
inline constexpr Duration kNonceLifetime = Duration::minutes(5);
// Clocks of servers that share a key may differ by so much.
inline constexpr Duration kNonceClockSkewMax = Duration::seconds(30);

class Nonces {
 public:
  explicit Nonces(std::string key) : key_(std::move(key)) {}

  // `number` tells apart what is made in one moment.
  std::string make(UnixTime now, std::uint32_t number, std::string_view realm) const;

  enum class Age : std::uint8_t { foreign, fresh, stale };
  Age judge(std::string_view nonce, std::string_view realm, UnixTime now) const;

 private:
  std::string mac_of(std::string_view stamp, std::string_view realm) const;

  Secret key_;
};

// RFC 7616 section 3.4.1, for qop=auth; hexadecimal.
template <std::size_t kBytes>
std::string digest_response(const DigestBytes<kBytes>& ha1, std::string_view method,
                            const sip::Credentials& said);

// What is offered, and accepted.
struct DigestAlgorithms {
  bool sha256 = true;
  bool md5 = true;

  bool has(sip::DigestAlgorithm algorithm) const;
};

// Which of several credentials in a request is for us: of our realm, with a nonce of ours and an
// algorithm that we ask for. Nothing: it is to be challenged.
struct DigestClaim {
  sip::Credentials said;
  Address account;
  bool stale = false;
};
struct DigestReading {
  bool malformed = false;  // 400
  std::optional<DigestClaim> claim;
};
DigestReading read_authorizations(const AskDigest& ask, DigestAlgorithms offered,
                                  const Nonces& nonces, UnixTime now);

// True if the claim was made by who knows the password. Of an account that is unknown, or has no
// such HA1, a keyed hash of its name takes the place, so that it takes as long.
bool proves(const DigestClaim& claim, std::string_view method,
            const std::optional<Credentials>& credentials, std::string_view decoy_key);

// Values of WWW-Authenticate, best first.
std::vector<std::string> digest_challenges(std::string_view realm, std::string_view nonce,
                                           bool stale, DigestAlgorithms offered);

}  // namespace muster
