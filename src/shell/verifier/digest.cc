#include "shell/verifier/digest.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "codec/address/jid.h"
#include "codec/sip/uri.h"

namespace muster {
namespace {

// A nonce is base64 of: microseconds since 1970 and a number, big-endian, and this much of a MAC.
constexpr std::size_t kStampBytes = 12;
constexpr std::size_t kMacBytes = 15;

void append_big_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out.push_back(static_cast<char>((number >> (8 * i)) & 0xff));
}

// The localpart and domain that a username stands for: "alice", or "alice@example.com" where the
// realm is that domain.
std::optional<Address> account_of(std::string_view username, std::string_view realm) {
  const std::size_t at = username.rfind('@');
  if (at != std::string_view::npos) {
    if (!equals_ignoring_case(username.substr(at + 1), realm)) return std::nullopt;
    username = username.substr(0, at);
  }
  std::string local_scratch;
  std::string domain_scratch;
  const auto local = canonical_localpart(username, local_scratch);
  const auto domain = canonical_domainpart(realm, domain_scratch);
  if (!local || !domain) return std::nullopt;
  return Address::of_canonical(*local, *domain);
}

// RFC 7616 section 3.4.6 has the server check that both mean the same.
bool same_target(std::string_view signed_uri, std::string_view request_uri) {
  if (signed_uri == request_uri) return true;
  const auto a = sip::parse_uri(signed_uri);
  const auto b = sip::parse_uri(request_uri);
  return a && b && sip::same_uri(*a, *b);
}

template <std::size_t kBytes>
bool proves_by(const std::optional<DigestBytes<kBytes>>& ha1, const DigestClaim& claim,
               std::string_view method, std::string_view decoy_key) {
  DigestBytes<kBytes> decoy{};
  const DigestBytes<32> keyed = hmac_of<32>(decoy_key, {claim.account.text()});
  std::copy_n(keyed.begin(), kBytes, decoy.begin());
  const std::string wanted = digest_response(ha1.value_or(decoy), method, claim.said);
  return same_secret(wanted, claim.said.response) && ha1.has_value();
}

}  // namespace

std::string Nonces::mac_of(std::string_view stamp, std::string_view realm) const {
  return std::string(bytes_of(hmac_of<32>(key_.view(), {stamp, realm})).substr(0, kMacBytes));
}

std::string Nonces::make(UnixTime now, std::uint32_t number, std::string_view realm) const {
  std::string nonce;
  append_big_endian(nonce, static_cast<std::uint64_t>(now.since_epoch().in_microseconds()), 8);
  append_big_endian(nonce, number, 4);
  nonce.append(mac_of(nonce, realm));
  return base64_of(nonce);
}

Nonces::Age Nonces::judge(std::string_view nonce, std::string_view realm, UnixTime now) const {
  const auto bytes = from_base64(nonce);
  if (!bytes || bytes->size() != kStampBytes + kMacBytes) return Age::foreign;
  const std::string_view stamp = std::string_view(*bytes).substr(0, kStampBytes);
  if (!same_secret(mac_of(stamp, realm), std::string_view(*bytes).substr(kStampBytes))) {
    return Age::foreign;
  }
  std::uint64_t microseconds = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    microseconds = (microseconds << 8) | static_cast<std::uint8_t>(stamp[i]);
  }
  const Duration age =
      now.since_epoch() - Duration::microseconds(static_cast<std::int64_t>(microseconds));
  return age <= kNonceLifetime && age >= kNonceClockSkewMax * -1 ? Age::fresh : Age::stale;
}

template <std::size_t kBytes>
std::string digest_response(const DigestBytes<kBytes>& ha1, std::string_view method,
                            const sip::Credentials& said) {
  std::string ha1_hex = hex_of(bytes_of(ha1));
  const std::string ha2_hex = hex_of(bytes_of(hash_of<kBytes>({method, ":", said.uri})));
  const DigestBytes<kBytes> response = hash_of<kBytes>(
      {ha1_hex, ":", said.nonce, ":", said.nc, ":", said.cnonce, ":", said.qop, ":", ha2_hex});
  cleanse(ha1_hex);
  return hex_of(bytes_of(response));
}
template std::string digest_response(const DigestBytes<16>&, std::string_view,
                                     const sip::Credentials&);
template std::string digest_response(const DigestBytes<32>&, std::string_view,
                                     const sip::Credentials&);

bool DigestAlgorithms::has(sip::DigestAlgorithm algorithm) const {
  return (sha256 && algorithm == sip::DigestAlgorithm::sha256) ||
         (md5 && algorithm == sip::DigestAlgorithm::md5);
}

DigestReading read_authorizations(const AskDigest& ask, DigestAlgorithms offered,
                                  const Nonces& nonces, UnixTime now) {
  DigestReading reading;
  for (const std::string& value : ask.authorizations) {
    auto said = sip::parse_credentials(value);
    if (!said) {
      if (said.error() == sip::CredentialsFault::malformed) reading.malformed = true;
      continue;
    }
    // A qop is always asked for (RFC 8760 section 2.6); only "auth" is.
    if (!offered.has(said->algorithm) || said->qop != "auth" || said->userhash ||
        !equals_ignoring_case(said->realm, ask.realm)) {
      continue;
    }
    const Nonces::Age age = nonces.judge(said->nonce, ask.realm, now);
    if (age == Nonces::Age::foreign || !same_target(said->uri, ask.request_uri)) continue;
    const auto account = account_of(said->username, ask.realm);
    if (!account) continue;
    const bool better =
        !reading.claim || (reading.claim->said.algorithm == sip::DigestAlgorithm::md5 &&
                           said->algorithm == sip::DigestAlgorithm::sha256);
    if (better) reading.claim = {std::move(*said), *account, age == Nonces::Age::stale};
  }
  return reading;
}

bool proves(const DigestClaim& claim, std::string_view method,
            const std::optional<Credentials>& credentials, std::string_view decoy_key) {
  if (claim.said.algorithm == sip::DigestAlgorithm::sha256) {
    return proves_by(credentials ? credentials->ha1_sha256 : std::nullopt, claim, method,
                     decoy_key);
  }
  return proves_by(credentials ? credentials->ha1_md5 : std::nullopt, claim, method, decoy_key);
}

std::vector<std::string> digest_challenges(std::string_view realm, std::string_view nonce,
                                           bool stale, DigestAlgorithms offered) {
  sip::Challenge challenge;
  challenge.realm = realm;
  challenge.nonce = nonce;
  challenge.stale = stale;
  std::vector<std::string> values;
  for (const auto algorithm : {sip::DigestAlgorithm::sha256, sip::DigestAlgorithm::md5}) {
    if (!offered.has(algorithm)) continue;
    challenge.algorithm = algorithm;
    sip::append_challenge(values.emplace_back(), challenge);
  }
  return values;
}

}  // namespace muster
