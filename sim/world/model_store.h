// The store of the simulated world: what it holds is sim/store/memory_store.h; here are the time it
// takes, the ways in which it fails, and what is left of its work when who asked is killed.
//
// Questions of one asker are done in the order in which they were asked, and answered in it. When
// the asker dies, what was answered is kept, and of the rest what a drawn moment had reached: some
// first of them are done, the others never were.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "server/store_port.h"
#include "sim/store/memory_store.h"
#include "sim/world/faults.h"
#include "sim/world/server.h"
#include "sim/world/timeline.h"

namespace muster::sim {

class ModelStore {
 public:
  struct Asker {
    ServerId server;
    ShardId shard;
    friend constexpr auto operator<=>(const Asker&, const Asker&) = default;
  };
  using Answer = std::function<void(StoreReply)>;

  ModelStore(Timeline& timeline, Prng random) : timeline_(timeline), random_(std::move(random)) {}

  StoreFaults faults;
  // While set, each question fails with it.
  std::optional<StoreFailed> failure;

  void ask(Asker asker, StoreRequest request, Answer answer);
  void asker_dies(ServerId server);

  // What it holds; to be asked directly by whoever sets a world up, and by checkers.
  MemoryStore& memory() { return memory_; }
  const MemoryStore& memory() const { return memory_; }
  std::size_t waiting() const;

 private:
  struct Question {
    StoreRequest request;
    Answer answer;
  };
  struct Line {
    std::deque<Question> questions;  // not done yet
    Instant last_commit;
    Instant last_answer;
  };

  void commit(Asker asker, std::uint32_t life);
  std::optional<StoreFailed> misfortune();

  Timeline& timeline_;
  Prng random_;
  MemoryStore memory_;
  std::map<Asker, Line> lines_;
  std::map<ServerId, std::uint32_t> lives_;
};

}  // namespace muster::sim
