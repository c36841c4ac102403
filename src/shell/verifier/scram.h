// SCRAM, the server's side: messages and arithmetic of RFC 5802, with SHA-1, and with SHA-256 (RFC
// 7677). No state, no randomness: nonces and salts are arguments. docs/adr/0002 says why it is our
// own.
//
// Limit: kNonceBytesMax for a peer's nonce; a longer one is malformed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shell/store/credentials.h"

namespace muster {

// Of new credentials. RFC 7677 section 4 has 4096 as the least and warns of phones; ADR 0002.
inline constexpr std::uint32_t kScramIterations = 10'000;
inline constexpr std::size_t kScramSaltBytes = 16;
inline constexpr std::size_t kNonceBytesMax = 256;

// client-first-message (section 7), in views of it.
struct ScramFirst {
  enum class Binding : std::uint8_t {
    unsupported,  // "n"
    unoffered,    // "y": the peer could, and believes that we cannot
    used,         // "p="
  };
  Binding binding = Binding::unsupported;
  std::string_view binding_type;  // of `used`: "tls-exporter", ...
  std::string authzid;            // unescaped; empty for none
  std::string username;           // unescaped
  std::string_view nonce;
  std::string_view gs2_header;
  std::string_view bare;
};
std::optional<ScramFirst> parse_scram_first(std::string_view message);

// client-final-message.
struct ScramFinal {
  std::string_view channel_binding;  // base64, as it came
  std::string_view nonce;
  std::string proof;  // bytes
  std::string_view without_proof;
};
std::optional<ScramFinal> parse_scram_final(std::string_view message);

// server-first-message. `nonce` is the peer's with ours behind it.
std::string scram_server_first(std::string_view nonce, std::string_view salt,
                               std::uint32_t iterations);

// What both sides sign (section 3).
std::string scram_auth_message(std::string_view client_first_bare, std::string_view server_first,
                               std::string_view client_final_without_proof);

// Section 3: true if the proof is of who knows the password.
template <std::size_t kBytes>
bool scram_proves(const ScramKeys<kBytes>& keys, std::string_view auth_message,
                  std::string_view proof);
// server-final-message: proves that we know the keys.
template <std::size_t kBytes>
std::string scram_server_final(const ScramKeys<kBytes>& keys, std::string_view auth_message);

// Section 3: what is kept of a password. It is prepared already. Takes milliseconds.
template <std::size_t kBytes>
ScramKeys<kBytes> scram_keys(std::string_view password, std::string salt, std::uint32_t iterations);

}  // namespace muster
