// The stores of the simulated world. What they hold is sim/store/memory_store.h, of users, and
// sim/store/cluster_memory.h, of the cluster, whose time is the timeline's; here are the time that
// they take, the ways in which they fail, and what is left of their work when who asked is killed.
//
// Questions of one asker are done in the order in which they were asked, and answered in it. When
// the asker dies, what was answered is kept, and of the rest what a drawn moment had reached: some
// first of them are done, the others never were. Of a server that is cut off nothing gets here.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "server/cluster_port.h"
#include "server/store_port.h"
#include "sim/store/cluster_memory.h"
#include "sim/store/memory_store.h"
#include "sim/world/faults.h"
#include "sim/world/server.h"
#include "sim/world/timeline.h"

namespace muster::sim {

// `Memory` holds what `Request`s are about, and answers with `Reply`s.
template <class Memory, class Request, class Reply>
class ModelledStore {
 public:
  struct Asker {
    ServerId server;
    ShardId shard;
    friend constexpr auto operator<=>(const Asker&, const Asker&) = default;
  };
  using Answer = std::function<void(Reply)>;

  // How long a server that is cut off waits for an answer, and how often it asks again meanwhile.
  static constexpr Duration kTriedEvery = Duration::milliseconds(100);

  ModelledStore(Timeline& timeline, Prng random, Duration given_up_after)
      : timeline_(timeline), random_(std::move(random)), given_up_after_(given_up_after) {}

  StoreFaults faults;
  // While set, each question fails with it.
  std::optional<StoreFailed> failure;

  void ask(Asker asker, Request request, Answer answer);
  void asker_dies(ServerId server);
  // What this server asks waits until it is mended, and has failed, undone, after that time.
  void cut_off(ServerId server) { cut_off_.insert(server); }
  void mend(ServerId server) { cut_off_.erase(server); }
  bool is_cut_off(ServerId server) const { return cut_off_.contains(server); }

  // Fencing (server/cluster_port.h): what a server asks is done in the name of this life of it. One
  // that is fenced changes nothing any more, whatever was asked before; nor, where servers are
  // many, does one that has no life yet. It may go on reading.
  bool servers_are_many = false;
  void act_as(ServerId server, cluster::Incarnation life) { acting_as_[server] = life; }
  void fence(ServerId by, cluster::Incarnation life, std::function<void(bool fenced)> answer);
  bool is_fenced(cluster::Incarnation life) const { return fenced_.contains(life); }

  // What it holds; to be asked directly by whoever sets a world up, and by checkers.
  Memory& memory() { return memory_; }
  const Memory& memory() const { return memory_; }
  std::size_t waiting() const;

 private:
  struct Question {
    Request request;
    Answer answer;
    Instant asked_at;
  };
  struct Line {
    std::deque<Question> questions;  // not done yet
    Instant last_commit;
    Instant last_answer;
  };

  void commit(Asker asker, std::uint32_t life);
  struct Fencing {
    ServerId by;
    std::uint32_t life_of_asker = 0;
    cluster::Incarnation fenced;
    Instant asked_at;
    std::function<void(bool fenced)> answer;
  };
  void fence_now(Fencing fencing);
  bool waits(ServerId server, Instant asked_at) const {
    return cut_off_.contains(server) && timeline_.now() < asked_at + given_up_after_;
  }
  std::optional<StoreFailed> misfortune();
  bool may_write(ServerId server) const;

  Timeline& timeline_;
  Prng random_;
  Duration given_up_after_;
  Memory memory_;
  std::map<Asker, Line> lines_;
  std::map<ServerId, std::uint32_t> lives_;
  std::map<ServerId, cluster::Incarnation> acting_as_;
  std::set<cluster::Incarnation> fenced_;
  std::set<ServerId> cut_off_;
};

class ModelStore final : public ModelledStore<MemoryStore, StoreRequest, StoreReply> {
 public:
  // As docs/operating.md has it of PostgreSQL.
  ModelStore(Timeline& timeline, Prng random)
      : ModelledStore(timeline, std::move(random), Duration::seconds(13)) {}
};
class ModelClusterStore final
    : public ModelledStore<ClusterMemory, cluster::ClusterRequest, cluster::ClusterReply> {
 public:
  ModelClusterStore(Timeline& timeline, Prng random)
      : ModelledStore(timeline, std::move(random), Duration::milliseconds(1'500)) {}
};

}  // namespace muster::sim
