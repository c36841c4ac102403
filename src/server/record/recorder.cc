#include "server/record/recorder.h"

#include <cstring>
#include <utility>

#include "base/overloaded.h"
#include "server/record/blocks.h"
#include "server/record/facts.h"
#include "server/record/orders.h"
#include "server/value_bytes.h"

namespace muster::record {

Recorder::Recorder(ShardId shard, const Prng::Seed& seed, BlockSink& sink)
    : shard_(shard), words_(seed), sink_(sink) {
  begin_block();
}

void Recorder::begin_block() {
  block_.assign(kBlockHeaderBytes, '\0');
  first_step_ = next_step_;
  instant_ = {};
  civil_ahead_ = {};
  flush_at_.reset();
}

void Recorder::flush() {
  if (next_step_ == first_step_) return;
  seal_block(block_, BlockKind::steps, shard_, first_step_);
  if (!sink_.take(std::exchange(block_, {}))) over_ = true;
  begin_block();
}

void Recorder::record(Now now, const Input& input, std::span<const Order> orders) {
  if (!over_) {
    const std::size_t before = block_.size();
    begin_masks(input);
    write_step(now, input, orders);
    end_masks(input, orders);
    if (block_.size() <= kBlockHeaderBytes + kBlockBytesMax) {
      ++next_step_;
      if (!flush_at_) flush_at_ = now.instant + kBlockTimeMax;
      if (block_.size() >= kBlockBytesWanted) flush();
    } else {
      block_.resize(before);
      flush();
      sink_.give_up(Ending::too_large);
      over_ = true;
    }
  }
  words_.drawn.clear();
}

void Recorder::write_step(Now now, const Input& input, std::span<const Order> orders) {
  const std::size_t begin = block_.size();
  value::ByteWriter out(block_);
  out.fixed(std::uint32_t{0});
  const Duration civil_ahead = now.unix_time.since_epoch() - now.instant.since_zero();
  out.signed_number((now.instant - instant_).in_microseconds());
  out.signed_number((civil_ahead - civil_ahead_).in_microseconds());
  instant_ = now.instant;
  civil_ahead_ = civil_ahead;
  write_input(input);
  out.number(words_.drawn.size());
  for (const std::uint64_t word : words_.drawn)
    out.fixed(word);
  out.number(orders.size());
  const std::string_view hidden = hidden_part(input);
  for (const Order& order : orders) {
    const OrderMark mark = mark_of(order, hidden);
    out.byte(mark.kind);
    out.fixed(mark.digest);
  }
  const auto size = static_cast<std::uint32_t>(block_.size() - begin - sizeof(std::uint32_t));
  std::memcpy(block_.data() + begin, &size, sizeof size);
}

// What a peer said stands at the end of what is written of the input, and is masked there.
void Recorder::write_input(const Input& input) {
  write_fact(block_, input);
  const auto last = [&](std::size_t bytes) { return std::span(block_).last(bytes); };
  if (const auto* received = std::get_if<BytesReceived>(&input)) {
    masks_.apply(received->link, last(received->bytes.size()));
  } else if (const auto* datagram = std::get_if<DatagramReceived>(&input)) {
    SipMask(true).apply(last(datagram->bytes.size()));
  }
}

// A stream that arrives was read elsewhere so far, but what came behind its last element is read
// here: as the beginning of the stream, which it is.
void Recorder::begin_masks(const Input& input) {
  if (const auto* opened = std::get_if<LinkOpened>(&input)) {
    masks_.begin(opened->link, opened->use);
  } else if (const auto* arrived = std::get_if<LinkArrived>(&input)) {
    masks_.begin(arrived->link, LinkUse::xmpp);
    std::string unread = arrived->stream.unread;
    masks_.apply(arrived->link, unread);
  }
}

void Recorder::end_masks(const Input& input, std::span<const Order> orders) {
  if (const auto* closed = std::get_if<LinkClosed>(&input)) masks_.end(closed->link);
  for (const Order& order : orders) {
    if (const auto* close = std::get_if<CloseLink>(&order)) masks_.end(close->link);
    if (const auto* over = std::get_if<HandOver>(&order)) masks_.end(over->link);
  }
}

}  // namespace muster::record
