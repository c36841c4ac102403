#include "shell/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>

#include "base/check.h"

namespace muster {
namespace {

// Fetched once: a lookup by name in libcrypto's providers costs more than a hash.
const EVP_MD* fetch(const char* name) {
  const EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  MUSTER_CHECK(md != nullptr);
  return md;
}
template <std::size_t kBytes>
const EVP_MD* algorithm() {
  static_assert(kBytes == 16 || kBytes == 20 || kBytes == 32);
  static const EVP_MD* const kFetched = fetch(kBytes == 16   ? "MD5"
                                              : kBytes == 20 ? "SHA1"
                                                             : "SHA2-256");
  return kFetched;
}

struct Freed {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

EVP_MD_CTX* digest_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, Freed> context(EVP_MD_CTX_new());
  MUSTER_CHECK(context != nullptr);
  return context.get();
}

// One for each hash and thread, so that its parts are looked up once.
template <std::size_t kBytes>
EVP_MAC_CTX* hmac_context() {
  thread_local const std::unique_ptr<EVP_MAC_CTX, Freed> context = [] {
    EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    MUSTER_CHECK(hmac != nullptr);
    std::unique_ptr<EVP_MAC_CTX, Freed> made(EVP_MAC_CTX_new(hmac));
    EVP_MAC_free(hmac);
    std::string name(EVP_MD_get0_name(algorithm<kBytes>()));
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", name.data(), 0),
                                 OSSL_PARAM_construct_end()};
    MUSTER_CHECK(made != nullptr && EVP_MAC_CTX_set_params(made.get(), params) == 1);
    return made;
  }();
  return context.get();
}

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr auto kSextets = [] {
  std::array<std::int8_t, 256> sextets{};
  sextets.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    sextets[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return sextets;
}();

}  // namespace

template <std::size_t kBytes>
DigestBytes<kBytes> hash_of(std::initializer_list<std::string_view> parts) {
  EVP_MD_CTX* context = digest_context();
  MUSTER_CHECK(EVP_DigestInit_ex2(context, algorithm<kBytes>(), nullptr) == 1);
  for (const std::string_view part : parts) {
    MUSTER_CHECK(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
  }
  DigestBytes<kBytes> digest;
  MUSTER_CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

template <std::size_t kBytes>
DigestBytes<kBytes> hmac_of(std::string_view key, std::initializer_list<std::string_view> parts) {
  EVP_MAC_CTX* context = hmac_context<kBytes>();
  // A null key would mean the last one.
  const std::string_view given = key.data() == nullptr ? std::string_view("") : key;
  MUSTER_CHECK(EVP_MAC_init(context, octets(given), given.size(), nullptr) == 1);
  for (const std::string_view part : parts) {
    MUSTER_CHECK(EVP_MAC_update(context, octets(part), part.size()) == 1);
  }
  DigestBytes<kBytes> digest;
  std::size_t written = 0;
  MUSTER_CHECK(EVP_MAC_final(context, digest.data(), &written, digest.size()) == 1);
  return digest;
}

template <std::size_t kBytes>
DigestBytes<kBytes> pbkdf2_of(std::string_view password, std::string_view salt,
                              std::uint32_t iterations) {
  DigestBytes<kBytes> derived;
  MUSTER_CHECK(iterations > 0);
  MUSTER_CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt),
                                 static_cast<int>(salt.size()), static_cast<int>(iterations),
                                 algorithm<kBytes>(), static_cast<int>(derived.size()),
                                 derived.data()) == 1);
  return derived;
}

template DigestBytes<16> hash_of<16>(std::initializer_list<std::string_view>);
template DigestBytes<20> hash_of<20>(std::initializer_list<std::string_view>);
template DigestBytes<32> hash_of<32>(std::initializer_list<std::string_view>);
template DigestBytes<20> hmac_of<20>(std::string_view, std::initializer_list<std::string_view>);
template DigestBytes<32> hmac_of<32>(std::string_view, std::initializer_list<std::string_view>);
template DigestBytes<20> pbkdf2_of<20>(std::string_view, std::string_view, std::uint32_t);
template DigestBytes<32> pbkdf2_of<32>(std::string_view, std::string_view, std::uint32_t);

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  MUSTER_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                          static_cast<int>(bytes.size())) == 1);
  return bytes;
}

Prng::Seed random_seed() {
  Prng::Seed seed;
  MUSTER_CHECK(RAND_bytes(seed.data(), static_cast<int>(seed.size())) == 1);
  return seed;
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void cleanse(std::string& secret) {
  // Also what lies behind the end, of a text that was longer.
  secret.resize(secret.capacity());
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

void cleanse(std::span<std::uint8_t> secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
}

std::string base64_of(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), octets(bytes),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const std::int8_t sextet = kSextets[static_cast<unsigned char>(c)];
    if (sextet < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(sextet);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<char>((bits >> held) & 0xff));
  }
  if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace muster
