#include "shell/store/sql_values.h"

#include <algorithm>
#include <charconv>

namespace muster::sql {

Address address_in(Database& database, std::string_view local, std::string_view domain,
                   std::string_view resource) {
  constexpr std::size_t kMax = Address::kPartBytesMax;
  if (domain.empty() || local.size() > kMax || domain.size() > kMax || resource.size() > kMax) {
    database.refuse("corrupt: an address that is none");
    return {};
  }
  return Address::of_canonical(local, domain, resource);
}

Address address_in(Database& database, std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view bare = text.substr(0, slash);
  const std::size_t at = bare.find('@');
  const std::string_view resource =
      slash < text.size() ? text.substr(slash + 1) : text.substr(slash);
  if (at == std::string_view::npos) return address_in(database, {}, bare, resource);
  return address_in(database, bare.substr(0, at), bare.substr(at + 1), resource);
}

std::string netstrings_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    out.append(std::to_string(text.size())).append(1, ':').append(text).append(1, ',');
  }
  return out;
}

std::vector<std::string> netstrings_in(Database& database, std::string_view stored) {
  std::vector<std::string> texts;
  while (!stored.empty()) {
    std::size_t bytes = 0;
    const auto [end, error] = std::from_chars(stored.begin(), stored.end(), bytes);
    const auto prefix = static_cast<std::size_t>(end - stored.begin());
    if (error != std::errc() || prefix == stored.size() || *end != ':' ||
        bytes >= stored.size() - prefix - 1 || stored[prefix + 1 + bytes] != ',') {
      database.refuse("corrupt: groups that are none");
      return {};
    }
    texts.emplace_back(stored.substr(prefix + 1, bytes));
    stored.remove_prefix(prefix + 1 + bytes + 1);
  }
  return texts;
}

}  // namespace muster::sql
