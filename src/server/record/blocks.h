// The blocks of a recording: made, and found in bytes that may be anything. format.h has the
// layout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/record/format.h"
#include "server/settings.h"
#include "server/vocabulary.h"

namespace muster::record {

struct Block {
  BlockKind kind = BlockKind::steps;
  ShardId shard;
  std::uint64_t number = 0;
  std::string_view content;
};

// `block` begins with kBlockHeaderBytes to be filled in; the content stands behind them.
void seal_block(std::string& block, BlockKind kind, ShardId shard, std::uint64_t number);

// Takes the block that `bytes` begins with off them. Nothing: it is cut short, or not what was
// written.
std::optional<Block> take_block(std::string_view& bytes);

struct Head {
  std::string recorder;  // the program and its version
  std::uint8_t shards = 1;
  Settings settings;
};
// A whole block.
std::string head_block(const Head& head);
enum class HeadError : std::uint8_t { no_recording, other_version, broken };
Result<Head, HeadError> read_head(const Block& block);

struct End {
  Ending ending = Ending::in_order;
  std::string words;
};
std::string end_block(const End& end);
std::optional<End> read_end(const Block& block);

}  // namespace muster::record
