// What an input or an order says, piece by piece, to whoever wants to know: the digest of a run,
// and the words in which its last events are told.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/ports.h"

namespace muster::sim {

class Scribe {
 public:
  virtual ~Scribe() = default;
  virtual void kind(std::string_view name) = 0;  // of the input, the order, the event in it
  virtual void number(std::uint64_t number) = 0;
  virtual void text(std::string_view text) = 0;
};

// Of an event that goes to another shard: its name, and the text in it that came from outside.
void describe(const Input& input, Scribe& scribe);
void describe(const Order& order, Scribe& scribe);

}  // namespace muster::sim
