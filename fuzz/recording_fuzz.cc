// Any bytes as a recording, and as the steps of a block: what is read is of its types' ranges, and
// is written again as it was read. Any bytes as what peers say: masks keep their number, and mask
// alike however the bytes were read.
#include "server/record/recording.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "server/record/masks.h"

namespace muster::record {
namespace {

void check_steps(Steps& steps) {
  std::uint64_t number = 0;
  while (const auto step = steps.next()) {
    MUSTER_CHECK(step->number == number++);
    const auto* input = std::get_if<Input>(&step->fact);
    if (input == nullptr) continue;
    std::string bytes;
    write_fact(bytes, *input);
    value::ByteReader in(bytes);
    const auto again = read_fact(in);
    MUSTER_CHECK(again && in.left() == 0);
    std::string bytes_again;
    write_fact(bytes_again, std::get<Input>(*again));
    MUSTER_CHECK(bytes_again == bytes);
  }
}

void check_recording(std::string_view bytes) {
  auto recording = Recording::read(bytes);
  if (!recording) return;
  MUSTER_CHECK(recording->shards.size() == recording->head.shards);
  for (Steps& steps : recording->shards)
    check_steps(steps);
}

// With the checksums right, which no fuzzer finds.
void check_sealed(std::string_view content) {
  std::string all = head_block({"fuzz", 1, [] {
                                  Settings settings;
                                  settings.domains = {"example.com"};
                                  return settings;
                                }()});
  std::string block(kBlockHeaderBytes, '\0');
  block.append(content);
  seal_block(block, BlockKind::steps, ShardId(0), 0);
  check_recording(all + block);
}

// The rest of the bytes, cut in two by the first.
template <class Mask>
void check_mask(std::string_view bytes, Mask whole_mask) {
  if (bytes.empty()) return;
  const std::string_view text = bytes.substr(1);
  const std::size_t cut = text.size() * static_cast<unsigned char>(bytes[0]) / 256;
  Mask mask = whole_mask;
  std::string whole(text);
  whole_mask.apply(whole);
  std::string first(text.substr(0, cut));
  std::string second(text.substr(cut));
  mask.apply(first);
  mask.apply(second);
  MUSTER_CHECK(first + second == whole);
}

}  // namespace
}  // namespace muster::record

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace record = muster::record;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  record::check_recording(bytes);
  record::check_sealed(bytes);
  record::check_mask(bytes, record::XmppMask());
  record::check_mask(bytes, record::SipMask(false));
  record::check_mask(bytes, record::SipMask(true));
  return 0;
}
