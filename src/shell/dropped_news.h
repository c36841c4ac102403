// What a shard's sip_message dropped, let go or could not say, and counted
// (server/sip_message/counters.h), told to the operator: the first of it at once, what comes behind
// once in kTellEvery. What happens where all is well is no news: a keep-alive, an answer that came
// once more, a link on which nobody said anything for long.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "server/sip_message/counters.h"

namespace muster {

class DroppedNews {
 public:
  static constexpr Duration kTellEvery = Duration::seconds(60);

  // At the end of a turn. "not_sip 3, stray_ack 1", since the last; nothing if it is not time, or
  // there is nothing.
  std::optional<std::string> of(Now now, const SipCounters& counters);
  // What is not told yet, though it is not time: nothing comes behind it.
  std::optional<std::string> rest(const SipCounters& counters);
  // When what was counted is to be told, if anything is.
  std::optional<Instant> due() const { return waits_ ? tell_at_ : std::nullopt; }

 private:
  std::array<std::uint64_t, kSipDrops> told_{};
  std::optional<Instant> tell_at_;  // when the next line may be written; none before the first
  bool waits_ = false;
};

}  // namespace muster
