// How numbers and texts are written, in a recording and from server to server: numbers in seven
// bits a byte, the low ones first, with the eighth bit set in all but the last; signed ones folded
// (0, -1, 1, -2, ...) so that small ones are short; texts as their size, then their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace muster::value {

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  void signed_number(std::int64_t value) {
    const auto sign = static_cast<std::uint64_t>(value >> 63);
    number((static_cast<std::uint64_t>(value) << 1) ^ sign);
  }
  // As it lies in memory, the low byte first (base/digest.cc checks that it does).
  template <class Word>
  void fixed(Word word) {
    out_.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  void raw(std::string_view bytes) { out_.append(bytes); }
  void text(std::string_view bytes) {
    number(bytes.size());
    raw(bytes);
  }

 private:
  std::string& out_;
};

// Reads what may be anything. Once something was not there or out of its range it has failed, and
// says zeros and empty texts from then on.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    bytes_ = {};
  }
  std::size_t left() const { return bytes_.size(); }

  std::uint8_t byte() {
    const std::string_view one = raw(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one.front());
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      // Of the tenth byte one bit has room.
      if (shift == 63 && next > 1) break;
      value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
    fail();
    return 0;
  }
  std::int64_t signed_number() {
    const std::uint64_t folded = number();
    return static_cast<std::int64_t>((folded >> 1) ^ (0 - (folded & 1)));
  }
  template <class Word>
  Word fixed() {
    Word word{};
    const std::string_view bytes = raw(sizeof word);
    if (!bytes.empty()) std::memcpy(&word, bytes.data(), sizeof word);
    return word;
  }
  // A number that counts things of at least `least_bytes` each.
  std::size_t count(std::size_t least_bytes = 1) {
    const std::uint64_t many = number();
    if (many > left() / least_bytes) {
      fail();
      return 0;
    }
    return static_cast<std::size_t>(many);
  }
  std::string_view raw(std::size_t bytes) {
    if (bytes > left()) {
      fail();
      return {};
    }
    const std::string_view taken = bytes_.substr(0, bytes);
    bytes_.remove_prefix(bytes);
    return taken;
  }
  std::string_view text() { return raw(count()); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace muster::value
