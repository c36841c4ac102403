// Any bytes as a JID: what is accepted is canonical, within its limits and read back as itself.
#include "codec/address/jid.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "codec/address/escape.h"

namespace muster {
namespace {

void check_parts(const Address& address) {
  std::string scratch;
  if (address.has_local()) {
    const auto local = canonical_localpart(address.local(), scratch);
    MUSTER_CHECK(local && *local == address.local());
  }
  const auto domain = canonical_domainpart(address.domain(), scratch);
  MUSTER_CHECK(domain && *domain == address.domain());
  if (address.has_resource()) {
    const auto resource = canonical_resourcepart(address.resource(), scratch);
    MUSTER_CHECK(resource && *resource == address.resource());
  }
}

void check_jid(std::string_view text) {
  const auto address = parse_jid(text);
  if (!address) return;
  MUSTER_CHECK(address->text().size() <= 3 * Address::kPartBytesMax + 2);
  const auto again = parse_jid(address->text());
  MUSTER_CHECK(again && *again == *address);
  MUSTER_CHECK(again->local() == address->local() && again->domain() == address->domain());
  check_parts(*address);
}

// XEP-0106: what is escaped holds none of the characters, and is unescaped to what it was.
void check_escape(std::string_view name) {
  const auto local = escape_localpart(name);
  if (!local) return;
  MUSTER_CHECK(local->find_first_of(" \"&'/:<>@") == std::string::npos);
  MUSTER_CHECK(unescape_localpart(*local) == name);
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  muster::check_jid(text);
  muster::check_escape(text);
  return 0;
}
