// A recording: all that entered the shards of one server, and a digest of all that they ordered.
//
//   recording = head block, then blocks of steps of any shard in any order, then an end block.
//   block     = kind (1 byte), shard (1), zero (2), bytes of the content (4), number (8),
//               checksum (8) of all this and of the content; then the content.
//
// Numbers of a block's header have the low byte first; a content is as value_bytes.h writes it. The
// checksum is hash_bytes() of the content, seeded by that of the header's first 16 bytes: it finds
// what a disk or a cut left half, not what somebody forged.
//
//   head  = kMagic, version, who recorded (text), shards, settings
//   steps = step...; the block's number is that of its first step, counted by each shard from 0
//   end   = how it ended (1 byte), in the writer's words (text)
//
//   step  = bytes of the rest (4), instant and civil time less those of the step before in the
//   block
//           (the civil time's distance from the instant less that one's; of the first step: less
//           0), kind of the input (1), what it says, the words that were drawn from the shard's
//           generator since the step before (8 bytes each), the orders (kind, and 4 bytes of
//           digest)
//
// What comes from another shard is not written, but that it was the next from there: a shard's
// values for another arrive in their order. So all shards are replayed together. What is a
// credential, or could prove a guess at one, is masked: masks.h, and Marker (orders.h).
//
// A reader refuses what is above the limits here; what ends in the middle of a block, as a crash
// leaves it, is read up to there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "server/ports.h"

namespace muster::record {

inline constexpr std::string_view kMagic = "muster recording\n";
inline constexpr std::uint8_t kFormatVersion = 8;
static_assert(std::variant_size_v<Input> == 20 && std::variant_size_v<AnyOrder> == 23,
              "another input or order: kFormatVersion is to be raised");

enum class BlockKind : std::uint8_t { head = 1, steps = 2, end = 3 };

inline constexpr std::size_t kBlockHeaderBytes = 24;
// A block is written once it has this much, or kBlockTimeMax after its first step.
inline constexpr std::size_t kBlockBytesWanted = std::size_t{64} * 1024;
inline constexpr Duration kBlockTimeMax = Duration::seconds(1);
// Of one content: room for the largest step, the answer of the store with a whole user. A step that
// has more is not recorded, and recording ends before it.
inline constexpr std::size_t kBlockBytesMax = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kHeadTextBytesMax = 256;  // of who recorded
// Links are numbered by slots that are used again; Linux gives a process no more descriptors.
inline constexpr std::uint32_t kLinkSlotsMax = std::uint32_t{1} << 20;
// Of both clocks, since their zero: what a server adds to such a time is a time, too.
inline constexpr Duration kTimeMax = Duration::hours(24 * 365 * 10'000);

enum class Ending : std::uint8_t {
  in_order,  // the server stopped
  disk_full,
  disk_failed,
  disk_slow,  // more waited to be written than may
  too_large,  // a step had more than kBlockBytesMax
};

}  // namespace muster::record
