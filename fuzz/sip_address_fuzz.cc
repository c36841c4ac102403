// Any bytes as the user, host and "gr" of a SIP URI, a line each: what is accepted is a JID, and
// the URI of that JID names it again.
#include "codec/address/sip_address.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "codec/address/jid.h"

namespace muster {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// Splits "sip:user@host;gr=value" as a URI parser would.
Result<Address, AddressError> address_of(std::string_view uri) {
  uri.remove_prefix(uri.find(':') + 1);
  const std::size_t at = uri.find('@');
  const std::string_view user = at == std::string_view::npos ? "" : uri.substr(0, at);
  const std::string_view rest = at == std::string_view::npos ? uri : uri.substr(at + 1);
  const std::size_t parameter = rest.find(";gr=");
  const std::string_view gr = parameter == std::string_view::npos ? "" : rest.substr(parameter + 4);
  return address_of_sip_uri(user, rest.substr(0, parameter), gr);
}

bool is_uri_text(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '<' || c == '>' || c == '\\' || c == '\x7f') return false;
  }
  return true;
}

void check_round_trip(const Address& address) {
  std::string uri;
  append_sip_uri(uri, address);
  MUSTER_CHECK(is_uri_text(uri));
  const auto again = address_of(uri);
  MUSTER_CHECK(again && *again == address);

  std::string presentity;
  append_pres_uri(presentity, address);
  MUSTER_CHECK(is_uri_text(presentity));
  const auto bare = address_of(presentity);
  MUSTER_CHECK(bare && *bare == address.to_bare());
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  // The whole as a JID, whose localpart may be one that no SIP user part was made into.
  if (const auto address = muster::parse_jid(text)) muster::check_round_trip(*address);
  const std::string_view user = muster::take_line(text);
  const std::string_view host = muster::take_line(text);
  const std::string_view gr = muster::take_line(text);
  if (const auto address = muster::address_of_sip_uri(user, host, gr)) {
    const auto jid = muster::parse_jid(address->text());
    MUSTER_CHECK(jid && *jid == *address);
    muster::check_round_trip(*address);
  }
  return 0;
}
