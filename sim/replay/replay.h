// A recording (server/record/format.h) stepped through the production objects: each shard gets the
// inputs it got, at the same moments, with the same random words, and must order the same. All
// shards are replayed together, for what one has for another is not recorded, but made again.
//
// It stops at the first difference. A recording that was cut short is replayed as far as it goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/record/recording.h"

namespace muster::sim {

struct ReplayOutcome {
  enum class Kind : std::uint8_t {
    same,
    different,  // `words` says where, and what
    broken,     // not what a server records: `words` says where
  };
  Kind kind = Kind::same;
  std::string words;
  std::uint64_t steps = 0;  // that were the same
  // Shards whose next input is another's, which made it behind the end of the recording.
  std::uint64_t waiting = 0;
};

// A line for each input, and for each order that came of it.
using TellStep = std::function<void(const std::string& line)>;

struct ReplayWorld;

class Replay {
 public:
  // The recording, and the bytes it was read from, outlive it. `tell` may be empty.
  explicit Replay(record::Recording& recording, TellStep tell = {});
  ~Replay();
  ReplayOutcome run();

 private:
  class ShardReplay;
  ShardReplay* next_ready();

  record::Recording& recording_;
  std::unique_ptr<ReplayWorld> world_;
  std::vector<std::unique_ptr<ShardReplay>> shards_;
};

}  // namespace muster::sim
