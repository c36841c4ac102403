// A checker knows one thing that a presence service promises, and watches a whole run for it. It is
// its own object: it is told what user agents did and heard (it is an AgentWatch), what servers
// asked the cluster's store and what they told their operator; may look at the world and at the
// agents through a view; and says what is wrong.
//
// When it is asked: at_step after each event of the world, while faults may be on; at_rest once
// faults are off and time enough has passed for all to converge; at_end once all agents have left
// and time enough has passed for everything to run out. What does not hold at rest or at the end
// for want of time is `stuck`, what may never be so is `wrong`.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/admin_events.h"
#include "server/cluster_port.h"
#include "server/ports.h"

#include "sim/agents/crowd.h"
#include "sim/world/world.h"

namespace muster::sim {

class Findings {
 public:
  enum class Kind : std::uint8_t { wrong, stuck };
  struct Finding {
    Kind kind = Kind::wrong;
    std::string checker;
    std::string what;
    Instant at;
  };

  void wrong(std::string_view checker, std::string what, Instant at) {
    all_.push_back({Kind::wrong, std::string(checker), std::move(what), at});
  }
  void stuck(std::string_view checker, std::string what, Instant at) {
    all_.push_back({Kind::stuck, std::string(checker), std::move(what), at});
  }
  bool empty() const { return all_.empty(); }
  const std::vector<Finding>& all() const { return all_; }

 private:
  std::vector<Finding> all_;
};

struct View {
  const World& world;
  const Crowd& crowd;
  // At rest and at the end, of a cluster: what each server tells an operator of it.
  std::span<const std::vector<ServerSeen>> told{};
  Instant now() const { return world.timeline().now(); }
};

class Checker : public AgentWatch {
 public:
  explicit Checker(Findings& findings) : findings_(findings) {}
  virtual std::string_view name() const = 0;

  void happened(const Happened&) override {}
  // Of a cluster: shard 0 of a server, which decides for all of it, is about to take a turn. What
  // it asks the cluster's store then, and tells its operator.
  virtual void turn_begins(const Server&) {}
  virtual void asked(const cluster::ClusterRequest&) {}
  virtual void told_operator(const Log&) {}
  virtual void at_step(const View&) {}
  virtual void at_rest(const View&) {}
  // From now on agents go and break.
  virtual void some_part() {}
  virtual void at_end(const View&) {}

 protected:
  void wrong(Instant at, std::string what) { findings_.wrong(name(), std::move(what), at); }
  void stuck(Instant at, std::string what) { findings_.stuck(name(), std::move(what), at); }

 private:
  Findings& findings_;
};

// All that a run has: each file of this folder is one.
std::vector<std::unique_ptr<Checker>> make_checkers(Findings& findings);

}  // namespace muster::sim
