// Records the steps of one shard: what went in, which words were drawn, what was ordered. It owns
// the block that is being filled, and knows the state of each link's mask. Turn (turn.h) calls it
// after each step; the driver gives it somewhere to put blocks.
//
// Recording never hurts the service: once a block is not taken, or a step is too large for one, it
// does nothing any more.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/prng.h"
#include "server/ports.h"
#include "server/record/format.h"
#include "server/record/masks.h"

namespace muster::record {

// Where blocks go.
class BlockSink {
 public:
  virtual ~BlockSink() = default;
  // False: it takes no more of them.
  virtual bool take(std::string block) = 0;
  // The recording is to end, for this reason.
  virtual void give_up(Ending why) = 0;
};

class Recorder {
 public:
  // `seed` is that of the shard's generator, which is words(). The sink outlives the recorder.
  Recorder(ShardId shard, const Prng::Seed& seed, BlockSink& sink);

  // What the shard draws from.
  Prng::Words& words() { return words_; }

  void record(Now now, const Input& input, std::span<const Order> orders);

  // When the steps that were recorded are to be given away, if there are such; and to do so.
  std::optional<Instant> flush_at() const { return flush_at_; }
  void flush();

 private:
  class DrawnWords : public Prng::Words {
   public:
    explicit DrawnWords(const Prng::Seed& seed) : source_(seed) {}
    std::uint64_t next() override {
      drawn.push_back(source_.next());
      return drawn.back();
    }
    std::vector<std::uint64_t> drawn;  // since the last step that was recorded

   private:
    Prng source_;
  };

  void begin_block();
  void write_step(Now now, const Input& input, std::span<const Order> orders);
  void write_input(const Input& input);
  void begin_masks(const Input& input);
  void end_masks(const Input& input, std::span<const Order> orders);

  ShardId shard_;
  DrawnWords words_;
  BlockSink& sink_;
  LinkMasks masks_;
  std::string block_;
  Instant instant_;               // of the latest step in the block
  Duration civil_ahead_;          // how far its civil time was ahead of it
  std::uint64_t next_step_ = 0;   // its number
  std::uint64_t first_step_ = 0;  // of the block
  std::optional<Instant> flush_at_;
  bool over_ = false;
};

}  // namespace muster::record
