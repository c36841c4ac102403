// The last events of a run, so that a failure can be told in words. Each is kept short and is
// formatted only when it is asked for.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace muster::sim {

class History {
 public:
  static constexpr std::size_t kEvents = 512;     // that are kept, if nobody says how many
  static constexpr std::size_t kTextBytes = 150;  // of each; the rest is cut off

  // Before anything is added: how many are kept.
  void keep(std::size_t events) { most_ = std::max<std::size_t>(events, 1); }

  // `where` is who speaks: "server 0 shard 1 <-", "juliet's phone". Literals, or kept by others.
  void add(Instant at, std::string_view where, std::string_view kind, std::string_view text);

  // The last `count`, oldest first, a line each: "12.345678 where kind text".
  std::vector<std::string> words(std::size_t count) const;

 private:
  struct Event {
    Instant at;
    std::string_view where;
    std::string_view kind;
    std::uint16_t bytes = 0;
    bool cut = false;
    std::array<char, kTextBytes> text;
  };

  std::size_t most_ = kEvents;
  std::vector<Event> events_;  // a ring, once it is full
  std::uint64_t added_ = 0;
};

}  // namespace muster::sim
