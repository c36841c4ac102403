#include "sim/world/history.h"

#include <algorithm>
#include <cstring>

namespace muster::sim {

void History::add(Instant at, std::string_view where, std::string_view kind,
                  std::string_view text) {
  if (events_.size() < most_) events_.emplace_back();
  Event& event = events_[added_++ % most_];
  event.at = at;
  event.where = where;
  event.kind = kind;
  event.cut = text.size() > kTextBytes;
  const std::size_t bytes = std::min(text.size(), kTextBytes);
  event.bytes = static_cast<std::uint16_t>(bytes);
  if (bytes != 0) std::memcpy(event.text.data(), text.data(), bytes);
}

std::vector<std::string> History::words(std::size_t count) const {
  std::vector<std::string> lines;
  const std::uint64_t first = added_ - std::min<std::uint64_t>({count, added_, most_});
  for (std::uint64_t i = first; i < added_; ++i) {
    const Event& event = events_[i % most_];
    const std::int64_t us = event.at.since_zero().in_microseconds();
    std::string fraction = std::to_string(us % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    std::string line = std::to_string(us / 1'000'000) + "." + fraction + " ";
    line.append(event.where).append(" ").append(event.kind);
    if (event.bytes != 0) line += " ";
    for (std::size_t k = 0; k < event.bytes; ++k) {
      const char c = event.text[k];
      if (c == '\r') continue;
      line += c == '\n' ? std::string(" | ") : std::string(1, c == '\0' ? '.' : c);
    }
    if (event.cut) line += " ...";
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace muster::sim
