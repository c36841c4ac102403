#include "shell/verifier/password.h"

#include <string>

#include "codec/address/precis.h"
#include "shell/verifier/scram.h"

namespace muster {

std::optional<Secret> prepared_password(std::string_view password) {
  std::string scratch;
  const auto prepared = enforce_opaque_string(password, scratch);
  std::optional<Secret> secret;
  if (prepared) secret.emplace(std::string(*prepared));
  cleanse(scratch);
  return secret;
}

template <std::size_t kBytes>
DigestBytes<kBytes> ha1_of(const Address& account, std::string_view password) {
  return hash_of<kBytes>({account.local(), ":", account.domain(), ":", password});
}
template DigestBytes<16> ha1_of(const Address&, std::string_view);
template DigestBytes<32> ha1_of(const Address&, std::string_view);

Credentials derive_credentials(const Address& account, std::string_view password, Ha1Kept kept) {
  Credentials credentials;
  credentials.scram_sha256 =
      scram_keys<32>(password, random_bytes(kScramSaltBytes), kScramIterations);
  credentials.scram_sha1 =
      scram_keys<20>(password, random_bytes(kScramSaltBytes), kScramIterations);
  if (kept.sha256) credentials.ha1_sha256 = ha1_of<32>(account, password);
  if (kept.md5) credentials.ha1_md5 = ha1_of<16>(account, password);
  return credentials;
}

bool is_password(const ScramKeys<32>& keys, std::string_view password) {
  const ScramKeys<32> derived = scram_keys<32>(password, keys.salt, keys.iterations);
  return same_secret(bytes_of(derived.stored_key), bytes_of(keys.stored_key));
}

}  // namespace muster
