// A recording that is read: what it says of itself, and the steps of each shard in their order.
// The bytes may be anything, and outlive what is made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/record/blocks.h"
#include "server/record/facts.h"
#include "server/record/orders.h"

namespace muster::record {

struct Step {
  std::uint64_t number = 0;  // in its shard, from 0
  Now now{};
  Fact fact;
  std::vector<std::uint64_t> words;
  std::vector<OrderMark> orders;
};

// The steps of one shard, one after the other.
class Steps {
 public:
  // Of the block that begins with the step `number`.
  struct Piece {
    std::uint64_t number = 0;
    std::string_view content;
  };
  explicit Steps(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  // Nothing: there are no more, or the next one is none (then broken() is true).
  std::optional<Step> next();
  bool broken() const { return broken_; }

 private:
  std::optional<Step> read(std::string_view content);

  std::vector<Piece> pieces_;
  std::size_t at_ = 0;  // which piece is next
  std::string_view left_;
  std::uint64_t number_ = 0;
  Instant instant_;
  Duration civil_ahead_;
  bool broken_ = false;
};

struct Recording {
  Head head;
  std::vector<Steps> shards;
  std::optional<End> end;      // nothing: it was cut short
  std::size_t left_bytes = 0;  // behind the last block that is whole

  // The error is a line for who asked. A block that is missing in the middle is one.
  static Result<Recording, std::string> read(std::string_view bytes);
};

}  // namespace muster::record
