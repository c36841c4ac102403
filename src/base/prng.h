// Randomness below the shell: a generator seeded at construction, by the operating system in
// musterd and by the seed in the simulator. It is the ChaCha20 key stream (RFC 8439 section 2.3),
// so that the tags, nonces and resources drawn from it cannot be guessed by who sees others of
// them (RFC 3261 section 19.3, RFC 6120 section 13.8).
//
// Or it hands on the words of another source (Words): a shard that is recorded has its words
// written down as they are drawn, and a replay plays them. The seed itself is never known outside.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace muster {

class Prng {
 public:
  using Seed = std::array<std::uint8_t, 32>;
  // Another source of words, asked for each.
  class Words {
   public:
    virtual ~Words() = default;
    virtual std::uint64_t next() = 0;
  };

  explicit Prng(const Seed& seed);
  // `words` outlives it.
  explicit Prng(Words& words) : state_{}, words_(&words) {}
  // A copy would draw the same nonces once more.
  Prng(const Prng&) = delete;
  Prng& operator=(const Prng&) = delete;
  Prng(Prng&&) = default;
  Prng& operator=(Prng&&) = default;

  // A seed for the simulator and for tests: `number`, then zeros.
  static Seed seed_of(std::uint64_t number);

  std::uint64_t next();
  // Uniform in [0, bound); `bound` is not 0.
  std::uint64_t below(std::uint64_t bound);
  // `length` characters of a-z and 2-7 (5 bits each), as fits a SIP token, a URI parameter and a
  // resourcepart.
  std::string token(std::size_t length);
  void append_token(std::string& out, std::size_t length);

 private:
  void refill();

  std::array<std::uint32_t, 16> state_;   // constants, key, block counter, nonce
  std::array<std::uint64_t, 8> block_{};  // the latest block of the key stream
  std::size_t used_ = 8;                  // words of it that are drawn
  Words* words_ = nullptr;                // asked in place of the key stream
};

}  // namespace muster
