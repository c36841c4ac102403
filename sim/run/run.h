// One run of a seed: a world with one server or a cluster, a crowd with a load, and checkers.
//
// Safety: faults and load as the swarm has them, for its busy time. Healing: faults end, whatever
// was killed is started, all agents come online; within kHealTime all must converge, for what was
// lost meanwhile has run out by then. Moving: of a cluster a server is drained, and takes users
// again a while later; within kMoveTime all is as it was. Showing: everybody changes, twice, and
// some phones vanish with their link; within kShowTime all see it. Parting: some agents go, and the
// devices of some break; within kPartTime nobody sees them any more, and all else is as it was.
// Leaving: all agents go; within kEmptyTime nothing is left.
//
// It ends early at the first finding. At kStepsAtOnce events without a moment passing it is
// stuck.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/agents/crowd.h"
#include "sim/checkers/checker.h"
#include "sim/run/load.h"
#include "sim/run/partitions.h"
#include "sim/run/swarm.h"
#include "sim/world/world.h"

namespace muster::sim {

// Tells checkers what the servers of a cluster decide.
class CheckerWatch : public TurnWatch {
 public:
  explicit CheckerWatch(const std::vector<std::unique_ptr<Checker>>& checkers)
      : checkers_(checkers) {}
  void entered(const Server& server, ShardId shard, Now, const Input&) override;
  void ordered(const Server&, ShardId, const Order& order) override;

 private:
  const std::vector<std::unique_ptr<Checker>>& checkers_;
};

class Run {
 public:
  static constexpr Duration kHealTime = Duration::minutes(25);
  static constexpr Duration kMoveTime = Duration::minutes(25);
  static constexpr Duration kDrainTimeMost = Duration::minutes(5);
  static constexpr Duration kWriteTime = Duration::seconds(6);  // in which users begin to move
  static constexpr Duration kShowTime = Duration::seconds(20);
  static constexpr Duration kPartTime = Duration::minutes(25);
  static constexpr Duration kEmptyTime = Duration::minutes(25);
  static constexpr std::uint64_t kStepsAtOnce = 1'000'000;
  // Who is between two servers at one moment is not so at all of several.
  static constexpr int kLooks = 60;
  static constexpr Duration kLookPause = Duration::seconds(1);

  explicit Run(std::uint64_t seed, Planted planted = {});
  // A given swarm in place of the drawn one.
  Run(std::uint64_t seed, const Swarm& swarm, Planted planted = {});

  const Swarm& swarm() const { return swarm_; }

  enum class Verdict : std::uint8_t { right, wrong, stuck };
  struct Result {
    Verdict verdict = Verdict::right;
    std::uint64_t digest = 0;
    std::uint64_t turns = 0;
    std::uint64_t steps = 0;
    Duration simulated;
  };
  Result go();

  const Findings& findings() const { return findings_; }
  // Of the last events, as many as are kept: see History.
  std::vector<std::string> last_events(std::size_t count) const {
    return world_.history().words(count);
  }
  World& world() { return world_; }
  Crowd& crowd() { return crowd_; }

 private:
  bool run_until(Instant when);
  bool run_for(Duration time) { return run_until(world_.timeline().now() + time); }
  void start_servers();
  void heal();
  bool is_at_rest();
  bool ask_servers();
  bool move_users();
  void order(OrderServer::What what, const std::string& svr_id);
  void trouble_later(Duration every, void (Run::*trouble)());
  Server& any_server() { return world_.server(trouble_.below(world_.server_count())); }
  void kill_server();
  void stall_shard();
  void stall_server();
  void cut_from_stores();
  void step_clock();
  View view() const { return {world_, crowd_, told_}; }
  Result result();

  Swarm swarm_;
  World world_;
  Crowd crowd_;
  Load load_;
  Partitions partitions_;
  Prng trouble_;
  Findings findings_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  CheckerWatch checker_watch_{checkers_};
  std::vector<std::vector<ServerSeen>> told_;
  bool healed_ = false;
};

}  // namespace muster::sim
