#include "server/sip_message/request_key.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/digest.h"

namespace muster {
namespace {

// Each part is hashed with its length, so that parts cannot flow into one another.
class KeyHash {
 public:
  explicit KeyHash(std::uint64_t seed) : value_(seed) {}
  KeyHash& add(std::string_view text) {
    value_ = hash_bytes(text, value_);
    return *this;
  }
  KeyHash& add(std::uint64_t number) {
    std::array<char, sizeof number> bytes{};
    for (char& byte : bytes) {
      byte = static_cast<char>(number & 0xff);
      number >>= 8;
    }
    return add(std::string_view(bytes.data(), bytes.size()));
  }
  // Hosts are compared without regard to case (RFC 3261 section 7.3.1).
  KeyHash& add_host(std::string_view host) {
    std::array<char, sip::kHostBytesMax> lower;  // NOLINT: what is read is set
    const std::size_t bytes = std::min(host.size(), lower.size());
    std::transform(host.begin(), host.begin() + static_cast<std::ptrdiff_t>(bytes), lower.begin(),
                   ascii_lower);
    return add(std::string_view(lower.data(), bytes));
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};

}  // namespace

std::uint64_t RequestMatcher::key(const sip::Message& request, const sip::Essentials& essentials,
                                  std::string_view method, std::string_view to_tag) const {
  KeyHash hash(seed_);
  hash.add(method).add(essentials.call_id).add(essentials.cseq.number);
  const sip::Via& via = essentials.top_via;
  if (via.has_unique_branch()) {
    hash.add(via.branch).add_host(via.sent_by.host.text).add(via.sent_by.port.value_or(0));
  } else {
    // RFC 2543's: section 17.2.3, second list.
    hash.add(request.request_uri()).add(to_tag).add(essentials.from.tag());
    hash.add(request.first_value(sip::HeaderName::via).value_or(""));
  }
  return hash.value();
}

RequestKeys RequestMatcher::keys_of(const sip::Message& request,
                                    const sip::Essentials& essentials) const {
  RequestKeys keys;
  const std::string_view to_tag = essentials.to.tag();
  keys.transaction = key(request, essentials, request.method_text(), to_tag);
  if (to_tag.empty()) {
    KeyHash hash(~seed_);
    hash.add(essentials.from.tag()).add(essentials.call_id).add(essentials.cseq.number);
    hash.add(request.method_text());
    keys.request = std::max<std::uint64_t>(hash.value(), 1);
  }
  return keys;
}

std::uint64_t RequestMatcher::key_of_invite(const sip::Message& ack,
                                            const sip::Essentials& essentials) const {
  // The To tag of an ACK is the one of our answer: ours if the INVITE had none, else the INVITE's.
  const std::string_view tag = essentials.to.tag();
  const bool ours = tag == answer_tag(ack);
  return key(ack, essentials, sip::text_of(sip::Method::invite), ours ? "" : tag);
}

std::uint64_t RequestMatcher::key_of_cancelled(const sip::Message& cancel,
                                               const sip::Essentials& essentials,
                                               sip::Method method) const {
  return key(cancel, essentials, sip::text_of(method), essentials.to.tag());
}

std::string RequestMatcher::answer_tag(const sip::Message& request) const {
  KeyHash hash(seed_ + 1);
  hash.add(request.first_value(sip::HeaderName::via).value_or(""));
  hash.add(request.header(sip::HeaderName::from).value_or(""));
  hash.add(request.header(sip::HeaderName::call_id).value_or(""));
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string tag;
  for (int shift = 60; shift >= 0; shift -= 4) {
    tag.push_back(kDigits[(hash.value() >> shift) & 15]);
  }
  return tag;
}

}  // namespace muster
