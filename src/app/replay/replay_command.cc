#include "app/replay/replay_command.h"

#include <fmt/core.h>

#include <cstdio>

#include "app/command_line/exit_codes.h"
#include "app/version.h"
#include "shell/record/mapped_file.h"
#include "sim/replay/replay.h"

namespace muster {
namespace {

int refuse(const std::string& file, const std::string& why) {
  fmt::print(stderr, "muster: {}: {}\n", file, why);
  return kUsage;
}

std::string ending_of(const record::Recording& recording) {
  using record::Ending;
  if (!recording.end) {
    return fmt::format("it was cut short; {} bytes at its end are no whole block",
                       recording.left_bytes);
  }
  const std::string& words = recording.end->words;
  const std::string because = words.empty() ? "" : ": " + words;
  switch (recording.end->ending) {
    case Ending::in_order: return "it ends with the server";
    case Ending::disk_full: return "it ends where the disk was full" + because;
    case Ending::disk_failed: return "it ends where the disk failed" + because;
    case Ending::disk_slow: return "it ends where the disk was too slow";
    case Ending::too_large: return "it ends before a step that was too large";
  }
  return {};
}

void print_line(const std::string& line) {
  fmt::print("{}\n", line);
}

}  // namespace

int carry_out(const ReplayCommand& command) {
  const auto file = MappedFile::open(command.recording);
  if (!file) return refuse(command.recording, file.error());
  auto recording = record::Recording::read(file->bytes());
  if (!recording) return refuse(command.recording, recording.error());
  fmt::print("{}: {} shards, recorded by {}; {}\n", command.recording, recording->head.shards,
             recording->head.recorder, ending_of(*recording));
  if (const std::string ours = std::string("muster ") + kVersion;
      recording->head.recorder != ours) {
    fmt::print("this is {}: what it does may differ\n", ours);
  }
  sim::Replay replay(*recording, command.words ? print_line : sim::TellStep());
  const sim::ReplayOutcome outcome = replay.run();
  switch (outcome.kind) {
    case sim::ReplayOutcome::Kind::same:
      fmt::print("the same in {} steps\n", outcome.steps);
      if (outcome.waiting > 0) {
        fmt::print("{} shards wait for what was made behind its end\n", outcome.waiting);
      }
      return kDone;
    case sim::ReplayOutcome::Kind::different:
      fmt::print("different after {} steps that were the same\n{}\n", outcome.steps, outcome.words);
      return kDifferent;
    case sim::ReplayOutcome::Kind::broken: return refuse(command.recording, outcome.words);
  }
  return kDone;
}

}  // namespace muster
