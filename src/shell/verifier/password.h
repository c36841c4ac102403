// From a password to what is kept of it, and back to the question whether it is the one.
//
// A password is prepared as OpaqueString (RFC 8265 section 4.2). SCRAM's own texts ask for SASLprep
// (RFC 4013), which besides applies NFKC where this applies NFC: the two agree on every password
// without compatibility characters (ligatures, full-width forms); a client that folds those proves
// another password than we keep. Digest takes the bytes that the phone has; RFC 7616 section 4
// leaves them unprepared, and for ASCII it is all the same.
#pragma once

#include <optional>
#include <string_view>

#include "model/address.h"
#include "shell/crypto.h"
#include "shell/store/credentials.h"

namespace muster {

// Which HA1 a new password leaves. Each is as good as the password to whoever steals it, for SIP
// digest, and quick to try guesses on.
struct Ha1Kept {
  bool sha256 = true;
  bool md5 = true;
};

// Nothing if it is empty, not UTF-8, or has characters that no password may have.
std::optional<Secret> prepared_password(std::string_view password);

// H(user:realm:password): the user is the localpart, the realm the domain (RFC 8760 section 2.4).
template <std::size_t kBytes>
DigestBytes<kBytes> ha1_of(const Address& account, std::string_view password);

// The password is prepared. Takes some 10 ms: not for a shard's thread.
Credentials derive_credentials(const Address& account, std::string_view password, Ha1Kept kept);

// The same. Takes some 5 ms.
bool is_password(const ScramKeys<32>& keys, std::string_view password);

}  // namespace muster
