// What the server has to say to its operator, by spdlog, on standard error. The presence servers
// say it by orders (Log); the shell's own parts by the same type.
//
// Limit: kLinesPerSecondMax lines of one event from one thread; what is more is counted, and the
// count is written with the next line of that event.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "server/ports.h"

namespace muster {

enum class LogFormat : std::uint8_t {
  text,
  json,  // an object a line: time, level, event, and who and detail where there are such
};

// Once, before the first line. Less important lines than `least` are not written.
void open_log(Log::Level least, LogFormat format = LogFormat::text);

// Writes one line: the event's name, then `who` and `detail` where there are such. What peers said
// is printed without control characters.
void write_log(const Log& line, std::uint64_t left_out = 0);

class BoundedLog {
 public:
  static constexpr std::uint32_t kLinesPerSecondMax = 20;

  void write(Now now, const Log& line);

 private:
  struct Event {
    std::string_view what;
    Instant second;
    std::uint32_t lines = 0;
    std::uint64_t left_out = 0;
  };
  std::vector<Event> events_;  // few: their names are literals
};

}  // namespace muster
