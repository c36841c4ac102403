// Any bytes as what a peer says in SCRAM before it has proved who it is, and as base64: what is
// accepted is in views of the message that leave nothing of it out, and is read back as itself.
#include "shell/verifier/scram.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "shell/crypto.h"

namespace muster {
namespace {

void check_first(std::string_view message) {
  const auto first = parse_scram_first(message);
  if (!first) return;
  MUSTER_CHECK(std::string(first->gs2_header).append(first->bare) == message);
  MUSTER_CHECK((first->binding == ScramFirst::Binding::used) == !first->binding_type.empty());
  MUSTER_CHECK(!first->username.empty() && !first->nonce.empty());
  MUSTER_CHECK(first->nonce.size() <= kNonceBytesMax);
  MUSTER_CHECK(first->bare.find(",r=" + std::string(first->nonce)) != std::string_view::npos);
  const std::string unbound = std::string("n,,").append(first->bare);
  const auto again = parse_scram_first(unbound);
  MUSTER_CHECK(again && again->username == first->username && again->nonce == first->nonce);
}

void check_final(std::string_view message) {
  const auto final = parse_scram_final(message);
  if (!final) return;
  const std::string whole =
      std::string(final->without_proof).append(",p=").append(base64_of(final->proof));
  MUSTER_CHECK(whole == message);
  MUSTER_CHECK(final->without_proof.starts_with("c=" + std::string(final->channel_binding) +
                                                ",r=" + std::string(final->nonce)));
}

void check_base64(std::string_view text) {
  const auto bytes = from_base64(text);
  MUSTER_CHECK(!bytes || base64_of(*bytes) == text);
  MUSTER_CHECK(from_base64(base64_of(text)) == text);
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  muster::check_first(text);
  muster::check_final(text);
  muster::check_base64(text);
  return 0;
}
