#include "server/record/recording.h"

#include <utility>

#include "server/record/values.h"

namespace muster::record {
namespace {

// Kind and digest.
constexpr std::size_t kMarkBytes = 5;

constexpr bool is_time(Duration since_zero) {
  return since_zero >= Duration() && since_zero <= kTimeMax;
}

std::string words_of(HeadError error) {
  switch (error) {
    case HeadError::no_recording: return "this is no recording of musterd";
    case HeadError::other_version: return "it was recorded in another version of the format";
    case HeadError::broken: return "its beginning is broken";
  }
  return {};
}

}  // namespace

Result<Recording, std::string> Recording::read(std::string_view bytes) {
  const auto first = take_block(bytes);
  if (!first) return Failure{words_of(HeadError::no_recording)};
  auto head = read_head(*first);
  if (!head) return Failure{words_of(head.error())};
  Recording recording;
  recording.head = std::move(*head);
  std::vector<std::vector<Steps::Piece>> pieces(recording.head.shards);
  while (!recording.end) {
    const auto block = take_block(bytes);
    if (!block) break;
    if (block->kind == BlockKind::steps && block->shard.number() < pieces.size()) {
      pieces[block->shard.number()].push_back({block->number, block->content});
    } else if (block->kind == BlockKind::end) {
      recording.end = read_end(*block);
      if (!recording.end) break;
    } else {
      return Failure{std::string("it has a block that belongs nowhere")};
    }
  }
  recording.left_bytes = bytes.size();
  for (auto& of_shard : pieces)
    recording.shards.emplace_back(std::move(of_shard));
  return recording;
}

std::optional<Step> Steps::next() {
  if (broken_) return std::nullopt;
  if (left_.empty()) {
    if (at_ == pieces_.size()) return std::nullopt;
    const Piece& piece = pieces_[at_++];
    left_ = piece.content;
    broken_ = piece.number != number_ || left_.empty();
    instant_ = {};
    civil_ahead_ = {};
  }
  if (!broken_) {
    ByteReader in(left_);
    const std::string_view content = in.raw(in.fixed<std::uint32_t>());
    std::optional<Step> step;
    if (!in.failed()) step = read(content);
    if (step) {
      left_.remove_prefix(sizeof(std::uint32_t) + content.size());
      ++number_;
      return step;
    }
  }
  broken_ = true;
  return std::nullopt;
}

std::optional<Step> Steps::read(std::string_view content) {
  ByteReader in(content);
  Step step;
  step.number = number_;
  // Sums of what may be anything: as unsigned numbers they have one.
  const auto sum = [](Duration a, std::int64_t b) {
    return Duration::microseconds(static_cast<std::int64_t>(
        static_cast<std::uint64_t>(a.in_microseconds()) + static_cast<std::uint64_t>(b)));
  };
  instant_ = Instant::at(sum(instant_.since_zero(), in.signed_number()));
  civil_ahead_ = sum(civil_ahead_, in.signed_number());
  step.now.instant = instant_;
  step.now.unix_time = UnixTime::at(sum(instant_.since_zero(), civil_ahead_.in_microseconds()));
  const bool times = is_time(instant_.since_zero()) && is_time(step.now.unix_time.since_epoch());
  auto fact = read_fact(in);
  if (!fact || !times) return std::nullopt;
  step.fact = std::move(*fact);
  for (std::size_t left = in.count(sizeof(std::uint64_t)); left > 0; --left)
    step.words.push_back(in.fixed<std::uint64_t>());
  for (std::size_t left = in.count(kMarkBytes); left > 0; --left) {
    const std::uint8_t kind = in.byte();
    step.orders.push_back({kind, in.fixed<std::uint32_t>()});
    if (kind >= std::variant_size_v<AnyOrder>) in.fail();
  }
  if (in.failed() || in.left() != 0) return std::nullopt;
  return step;
}

}  // namespace muster::record
