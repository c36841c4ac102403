// What verifiers need of libcrypto: hashes, HMAC, PBKDF2, random bytes, comparing and forgetting
// secrets; and base64 as SASL wants it read.
//
// The number of bytes of a digest says which hash it is: 16 is MD5 (for SIP digest only), 20 is
// SHA-1 (for SCRAM and HMAC only), 32 is SHA-256. libcrypto failing at these (no memory) stops the
// process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/prng.h"
#include "shell/store/credentials.h"

namespace muster {

template <std::size_t kBytes>
std::string_view bytes_of(const DigestBytes<kBytes>& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Of all parts, one behind the other.
template <std::size_t kBytes>
DigestBytes<kBytes> hash_of(std::initializer_list<std::string_view> parts);
// RFC 2104.
template <std::size_t kBytes>
DigestBytes<kBytes> hmac_of(std::string_view key, std::initializer_list<std::string_view> parts);
// RFC 8018 section 5.2, with HMAC of that hash; one block, as Hi() of RFC 5802 section 2.2.
template <std::size_t kBytes>
DigestBytes<kBytes> pbkdf2_of(std::string_view password, std::string_view salt,
                              std::uint32_t iterations);

std::string random_bytes(std::size_t count);
Prng::Seed random_seed();

// Takes as long wherever they differ; lengths are no secret.
bool same_secret(std::string_view a, std::string_view b);
// Overwrites what is there, so that the compiler leaves it so.
void cleanse(std::string& secret);
void cleanse(std::span<std::uint8_t> secret);

// Text that is overwritten when it goes. Not for copying.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { cleanse(other.text_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      cleanse(text_);
      text_ = std::move(other.text_);
      cleanse(other.text_);
    }
    return *this;
  }
  ~Secret() { cleanse(text_); }

  std::string_view view() const { return text_; }

 private:
  std::string text_;
};

std::string base64_of(std::string_view bytes);
// RFC 4648 section 4 as RFC 6120 section 13.9.1 has it: nothing but the alphabet, padding where it
// belongs, padding bits zero.
std::optional<std::string> from_base64(std::string_view text);

// Lower case.
std::string hex_of(std::string_view bytes);

}  // namespace muster
