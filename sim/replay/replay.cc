#include "sim/replay/replay.h"

#include <optional>
#include <utility>

#include "sim/replay/shard_replay.h"

namespace muster::sim {

Replay::Replay(record::Recording& recording, TellStep tell)
    : recording_(recording), world_(std::make_unique<ReplayWorld>()) {
  world_->shards = recording.head.shards;
  world_->settings = &recording.head.settings;
  world_->tell = std::move(tell);
  world_->mail.resize(world_->shards);
  for (auto& of_shard : world_->mail)
    of_shard.resize(world_->shards);
  for (std::uint8_t i = 0; i < world_->shards; ++i) {
    shards_.push_back(std::make_unique<ShardReplay>(ShardId(i), recording.shards[i], *world_));
  }
}

Replay::~Replay() = default;

// The one whose next input is the earliest: nearly the order in which all happened, and so the
// shards do not wait long for each other, and what they have for each other does not grow.
Replay::ShardReplay* Replay::next_ready() {
  ShardReplay* earliest = nullptr;
  for (const auto& shard : shards_) {
    if (!shard->ready()) continue;
    if (earliest == nullptr || shard->next()->now.instant < earliest->next()->now.instant) {
      earliest = shard.get();
    }
  }
  return earliest;
}

ReplayOutcome Replay::run() {
  ReplayOutcome outcome;
  while (ShardReplay* shard = next_ready()) {
    if (auto end = shard->step()) {
      end->steps = outcome.steps;
      return std::move(*end);
    }
    ++outcome.steps;
  }
  const bool whole = recording_.end && recording_.end->ending == record::Ending::in_order;
  for (const auto& shard : shards_) {
    if (shard->broken()) {
      outcome.kind = ReplayOutcome::Kind::broken;
      outcome.words = "a step is none, or steps are missing";
    }
    if (!shard->next()) continue;
    ++outcome.waiting;
    if (!whole || outcome.kind != ReplayOutcome::Kind::same) continue;
    outcome.kind = ReplayOutcome::Kind::different;
    outcome.words = shard->where() + ": what it got from another shard was not made there";
  }
  return outcome;
}

}  // namespace muster::sim
