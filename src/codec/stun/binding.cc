#include "codec/stun/binding.h"

#include <algorithm>
#include <array>

#include "codec/network_order.h"

namespace muster::stun {
namespace {

constexpr std::uint32_t kMagicCookie = 0x2112a442;
constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kTransactionBytes = 12;

// Method 0x001 with the class in bits 4 and 8 (section 5).
constexpr std::uint16_t kRequest = 0x0001;
constexpr std::uint16_t kSuccess = 0x0101;
constexpr std::uint16_t kError = 0x0111;

// Attributes (section 18.3).
constexpr std::uint16_t kMessageIntegrity = 0x0008;
constexpr std::uint16_t kErrorCode = 0x0009;
constexpr std::uint16_t kUnknownAttributes = 0x000a;
constexpr std::uint16_t kMessageIntegritySha256 = 0x001c;
constexpr std::uint16_t kXorMappedAddress = 0x0020;
// MAPPED-ADDRESS, USERNAME, REALM, NONCE, PASSWORD-ALGORITHM, USERHASH, and those above.
constexpr std::array<std::uint16_t, 11> kKnown = {
    0x0001, 0x0006, kMessageIntegrity,       kErrorCode, kUnknownAttributes, 0x0014,
    0x0015, 0x001d, kMessageIntegritySha256, 0x001e,     kXorMappedAddress};

bool must_be_understood(std::uint16_t type) {
  return type < 0x8000;
}
bool is_known(std::uint16_t type) {
  return std::find(kKnown.begin(), kKnown.end(), type) != kKnown.end();
}
std::size_t padded(std::size_t bytes) {
  return (bytes + 3) & ~std::size_t{3};
}

// Takes an attribute off `bytes`, with its padding: its type. Nothing: it does not end there.
std::optional<std::uint16_t> take_attribute(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const auto type = take_number<std::uint16_t>(bytes);
  const std::size_t size = padded(take_number<std::uint16_t>(bytes));
  if (size > bytes.size()) return std::nullopt;
  bytes.remove_prefix(size);
  return type;
}

void append_attribute(std::string& out, std::uint16_t type, std::string_view value) {
  append_number(out, type);
  append_number(out, static_cast<std::uint16_t>(value.size()));
  out.append(value).append(padded(value.size()) - value.size(), '\0');
}

std::string response(std::uint16_t type, std::string_view transaction,
                     std::string_view attributes) {
  std::string out;
  append_number(out, type);
  append_number(out, static_cast<std::uint16_t>(attributes.size()));
  append_number(out, kMagicCookie);
  return out.append(transaction).append(attributes);
}

// Section 14.2: family, then port and address under the first bits of cookie and transaction, so
// that no NAT on the way finds an address to rewrite.
std::string xor_mapped_address(std::string_view transaction, const Endpoint& endpoint) {
  const bool is_v4 = endpoint.ip.is_v4();
  std::string mask;
  append_number(mask, kMagicCookie);
  mask.append(transaction);
  std::string value;
  append_number(value, static_cast<std::uint16_t>(is_v4 ? 1 : 2));
  append_number(value, static_cast<std::uint16_t>(endpoint.port ^ (kMagicCookie >> 16)));
  for (std::size_t i = is_v4 ? 12 : 0, j = 0; i < endpoint.ip.bytes.size(); ++i, ++j)
    value.push_back(static_cast<char>(endpoint.ip.bytes[i] ^ static_cast<std::uint8_t>(mask[j])));
  return value;
}

// Section 14.8: 420 as class and number, then its phrase.
std::string unknown_attribute_error() {
  std::string value;
  append_number(value, std::uint32_t{4} << 8 | 20);
  return value.append("Unknown Attribute");
}

}  // namespace

bool is_stun(std::string_view datagram) {
  if (datagram.size() < kHeaderBytes || static_cast<std::uint8_t>(datagram.front()) >= 0x40) {
    return false;
  }
  std::string_view cookie = datagram.substr(4);
  return take_number<std::uint32_t>(cookie) == kMagicCookie;
}

std::optional<BindingRequest> parse_binding_request(std::string_view datagram) {
  if (!is_stun(datagram)) return std::nullopt;
  const auto what = take_number<std::uint16_t>(datagram);
  const std::size_t size = take_number<std::uint16_t>(datagram);
  datagram.remove_prefix(sizeof kMagicCookie);
  BindingRequest request{datagram.substr(0, kTransactionBytes), {}};
  std::string_view attributes = datagram.substr(kTransactionBytes);
  if (what != kRequest || attributes.size() != size) return std::nullopt;
  // What is behind the integrity of a message is not protected by it, and ignored (section 14.5).
  bool is_ignored = false;
  while (!attributes.empty()) {
    const auto type = take_attribute(attributes);
    if (!type) return std::nullopt;
    is_ignored = is_ignored || type == kMessageIntegrity || type == kMessageIntegritySha256;
    if (is_ignored || !must_be_understood(*type) || is_known(*type)) continue;
    auto& unknown = request.unknown_attributes;
    if (unknown.size() == kUnknownAttributesMax) continue;
    if (std::find(unknown.begin(), unknown.end(), type) == unknown.end()) unknown.push_back(*type);
  }
  return request;
}

std::string answer_binding(const BindingRequest& request, const Endpoint& source) {
  std::string attributes;
  if (request.unknown_attributes.empty()) {
    append_attribute(attributes, kXorMappedAddress,
                     xor_mapped_address(request.transaction, source));
    return response(kSuccess, request.transaction, attributes);
  }
  std::string unknown;
  for (const std::uint16_t type : request.unknown_attributes)
    append_number(unknown, type);
  append_attribute(attributes, kErrorCode, unknown_attribute_error());
  append_attribute(attributes, kUnknownAttributes, unknown);
  return response(kError, request.transaction, attributes);
}

}  // namespace muster::stun
