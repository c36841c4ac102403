// Who is meant: one account has one address in both protocols. The bare JID alice@example.com
// (RFC 7622) and the address of record sip:alice@example.com (RFC 3261 section 10) are the same
// Address; a full JID, an XMPP session, adds a resource.
//
// An Address is canonical by construction: codec/address enforces RFC 7622 (and RFC 7247's
// escapes) before it makes one, so two addresses are equal exactly if their texts are.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace muster {

class Address {
 public:
  // RFC 7622 section 3.1: each part has at most 1023 bytes.
  static constexpr std::size_t kPartBytesMax = 1023;

  // Names nobody.
  Address() = default;

  // `local` and `resource` may be empty, `domain` not. The parts are taken as canonical.
  static Address of_canonical(std::string_view local, std::string_view domain,
                              std::string_view resource = {});

  bool empty() const { return text_.empty(); }
  bool has_local() const { return local_bytes_ != 0; }
  bool has_resource() const { return bare_bytes_ != text_.size(); }

  std::string_view local() const { return std::string_view(text_).substr(0, local_bytes_); }
  std::string_view domain() const;
  std::string_view resource() const;

  // "local@domain", or "domain" where there is no local part.
  std::string_view bare() const { return std::string_view(text_).substr(0, bare_bytes_); }
  // "local@domain/resource", as far as there are such parts.
  const std::string& text() const { return text_; }

  Address to_bare() const;
  Address with_resource(std::string_view resource) const;
  bool same_bare(const Address& other) const { return bare() == other.bare(); }

  friend bool operator==(const Address& a, const Address& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const Address& a, const Address& b) { return a.text_ <=> b.text_; }

 private:
  std::string text_;
  std::uint16_t local_bytes_ = 0;
  std::uint16_t bare_bytes_ = 0;
};

}  // namespace muster

template <>
struct std::hash<muster::Address> {
  std::size_t operator()(const muster::Address& address) const noexcept {
    return muster::hash_bytes(address.text());
  }
};
