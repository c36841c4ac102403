#include "app/command_line/near_miss.h"

#include <algorithm>
#include <vector>

namespace muster {
namespace {

// The distance of Damerau and Levenshtein, restricted: no two slips at one place.
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_ago(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two_ago[j - 2] + 1);
      }
    }
    two_ago.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> near_miss(std::string_view typed,
                                          std::span<const std::string_view> known) {
  if (typed.empty() || typed.size() > kComparedBytesMax) return std::nullopt;
  std::optional<std::string_view> nearest;
  std::size_t fewest = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string_view word : known) {
    const std::size_t slips = slips_between(typed, word);
    if (slips < fewest && slips < word.size()) {
      fewest = slips;
      nearest = word;
    }
  }
  return nearest;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known) {
  const auto meant = near_miss(typed, known);
  if (!meant) return {};
  return "; did you mean \"" + std::string(*meant) + "\"?";
}

}  // namespace muster
