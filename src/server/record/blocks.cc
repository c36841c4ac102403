#include "server/record/blocks.h"

#include <cstring>

#include "base/check.h"
#include "base/digest.h"
#include "server/record/values.h"

namespace muster::value {

template <>
inline constexpr record::Ending kLast<record::Ending> = record::Ending::too_large;

}  // namespace muster::value

namespace muster::record {
namespace {

constexpr std::size_t kChecksumAt = kBlockHeaderBytes - sizeof(std::uint64_t);

std::uint64_t checksum_of(std::string_view header, std::string_view content) {
  return hash_bytes(content, hash_bytes(header.substr(0, kChecksumAt)));
}

std::string begun_block() {
  return std::string(kBlockHeaderBytes, '\0');
}

}  // namespace

void seal_block(std::string& block, BlockKind kind, ShardId shard, std::uint64_t number) {
  MUSTER_CHECK(block.size() >= kBlockHeaderBytes &&
               block.size() - kBlockHeaderBytes <= kBlockBytesMax);
  const std::string_view content = std::string_view(block).substr(kBlockHeaderBytes);
  std::string header;
  ByteWriter out(header);
  out.byte(static_cast<std::uint8_t>(kind));
  out.byte(shard.number());
  out.fixed(std::uint16_t{0});
  out.fixed(static_cast<std::uint32_t>(content.size()));
  out.fixed(number);
  out.fixed(checksum_of(header, content));
  std::memcpy(block.data(), header.data(), header.size());
}

std::optional<Block> take_block(std::string_view& bytes) {
  if (bytes.size() < kBlockHeaderBytes) return std::nullopt;
  ByteReader in(bytes);
  Block block;
  const std::uint8_t kind = in.byte();
  block.kind = static_cast<BlockKind>(kind);
  block.shard = ShardId(in.byte());
  const auto zero = in.fixed<std::uint16_t>();
  const auto size = in.fixed<std::uint32_t>();
  block.number = in.fixed<std::uint64_t>();
  const auto checksum = in.fixed<std::uint64_t>();
  const bool known = kind >= static_cast<std::uint8_t>(BlockKind::head) &&
                     kind <= static_cast<std::uint8_t>(BlockKind::end);
  if (!known || zero != 0 || size > kBlockBytesMax || size > in.left()) return std::nullopt;
  block.content = in.raw(size);
  if (checksum != checksum_of(bytes.substr(0, kBlockHeaderBytes), block.content)) {
    return std::nullopt;
  }
  bytes.remove_prefix(kBlockHeaderBytes + size);
  return block;
}

std::string head_block(const Head& head) {
  std::string block = begun_block();
  ByteWriter out(block);
  out.raw(kMagic);
  out.byte(kFormatVersion);
  out.text(std::string_view(head.recorder).substr(0, kHeadTextBytesMax));
  out.byte(head.shards);
  write(out, head.settings);
  seal_block(block, BlockKind::head, ShardId(0), 0);
  return block;
}

Result<Head, HeadError> read_head(const Block& block) {
  ByteReader in(block.content);
  if (block.kind != BlockKind::head || in.raw(kMagic.size()) != kMagic) {
    return Failure{HeadError::no_recording};
  }
  if (in.byte() != kFormatVersion) return Failure{HeadError::other_version};
  Head head;
  head.recorder = in.text();
  head.shards = in.byte();
  head.settings = read<Settings>(in);
  const bool good = !in.failed() && in.left() == 0 && head.shards > 0 &&
                    head.recorder.size() <= kHeadTextBytesMax && !head.settings.domains.empty();
  if (!good) return Failure{HeadError::broken};
  return head;
}

std::string end_block(const End& end) {
  std::string block = begun_block();
  ByteWriter out(block);
  write(out, end.ending);
  out.text(end.words);
  seal_block(block, BlockKind::end, ShardId(0), 0);
  return block;
}

std::optional<End> read_end(const Block& block) {
  ByteReader in(block.content);
  End end;
  end.ending = read<Ending>(in);
  end.words = in.text();
  if (in.failed() || block.kind != BlockKind::end) return std::nullopt;
  return end;
}

}  // namespace muster::record
