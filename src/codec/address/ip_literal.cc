#include "codec/address/ip_literal.h"

#include <cstddef>

#include "base/ascii.h"
#include "codec/address/ip.h"

namespace muster {
namespace {

// ZoneID = 1*( unreserved / pct-encoded ), RFC 6874 section 2.
bool is_zone(std::string_view zone) {
  for (std::size_t i = 0; i < zone.size(); ++i) {
    const char c = zone[i];
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') continue;
    if (c != '%' || i + 2 >= zone.size() || hex_value(zone[i + 1]) < 0 ||
        hex_value(zone[i + 2]) < 0) {
      return false;
    }
    i += 2;
  }
  return !zone.empty();
}

}  // namespace

Result<std::string_view, AddressError> canonical_ip_literal(std::string_view text,
                                                            std::string& scratch) {
  constexpr std::string_view kZoneMark = "%25";
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    return Failure{AddressError::malformed_domainpart};
  }
  const std::string_view inside = text.substr(1, text.size() - 2);
  const std::size_t mark = inside.find(kZoneMark);
  const std::string_view written = inside.substr(0, mark);
  const auto ip = parse_ip(written);
  if (!ip || written.find(':') == std::string_view::npos) {
    return Failure{AddressError::malformed_domainpart};
  }
  // An IPv4-mapped address shows its IPv4 address (RFC 5952 section 5).
  std::string canonical = ip->is_v4() ? "[::ffff:" : "[";
  canonical += to_text(*ip);
  if (mark != std::string_view::npos) {
    const std::string_view zone = inside.substr(mark + kZoneMark.size());
    if (!is_zone(zone)) return Failure{AddressError::malformed_domainpart};
    canonical.append(kZoneMark).append(zone);
  }
  canonical += ']';
  if (canonical == text) return text;
  scratch = std::move(canonical);
  return std::string_view(scratch);
}

}  // namespace muster
