// What the store keeps to verify who somebody is. Never the password, and never in the core: only
// verifiers and whoever makes accounts see this. HA1 is as good as the password for SIP, and is
// kept only where SIP digest is enabled for the account.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace muster {

template <std::size_t kBytes>
using DigestBytes = std::array<std::uint8_t, kBytes>;

// RFC 5802 section 3: all that a server needs for SCRAM.
template <std::size_t kBytes>
struct ScramKeys {
  std::string salt;  // bytes
  std::uint32_t iterations = 0;
  DigestBytes<kBytes> stored_key{};
  DigestBytes<kBytes> server_key{};
  friend bool operator==(const ScramKeys&, const ScramKeys&) = default;
};

struct Credentials {
  ScramKeys<32> scram_sha256;  // RFC 7677
  ScramKeys<20> scram_sha1;
  // RFC 8760 section 2.4, RFC 3261 section 22.4: H(user:realm:password), as bytes.
  std::optional<DigestBytes<32>> ha1_sha256;
  std::optional<DigestBytes<16>> ha1_md5;
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

}  // namespace muster
