// Any bytes as a datagram from an IPv4 and an IPv6 host: what is a Binding Request gets an answer
// that is STUN of the same transaction, no request, and not much larger; what is none is no more
// one with bytes behind it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/address/ip.h"
#include "codec/stun/binding.h"

namespace muster::stun {
namespace {

// Header, ERROR-CODE, and UNKNOWN-ATTRIBUTES with its padding.
constexpr std::size_t kAnswerBytesMax = 20 + 28 + 4 + 2 * kUnknownAttributesMax;

void check_answer(const BindingRequest& request, std::string_view source) {
  const std::string answer = answer_binding(request, *parse_endpoint(source));
  MUSTER_CHECK(is_stun(answer) && answer.size() <= kAnswerBytesMax && answer.size() % 4 == 0);
  MUSTER_CHECK(answer.substr(8, 12) == request.transaction);
  MUSTER_CHECK(!parse_binding_request(answer));
  MUSTER_CHECK(request.unknown_attributes.empty() == (answer[1] == '\x01'));
}

}  // namespace
}  // namespace muster::stun

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view datagram(reinterpret_cast<const char*>(data), size);
  const auto request = muster::stun::parse_binding_request(datagram);
  if (!request) return 0;
  MUSTER_CHECK(muster::stun::is_stun(datagram) && datagram.front() == '\0');
  MUSTER_CHECK(request->unknown_attributes.size() <= muster::stun::kUnknownAttributesMax);
  MUSTER_CHECK(!muster::stun::parse_binding_request(std::string(datagram) + '\0'));
  muster::stun::check_answer(*request, "192.0.2.1:32853");
  muster::stun::check_answer(*request, "[2001:db8::1]:32853");
  return 0;
}
