#include "sim/run/run.h"

#include <algorithm>

#include "sim/checkers/levels.h"

namespace muster::sim {
namespace {

World::Plan plan_of(std::uint64_t seed, const Swarm& swarm, Planted planted) {
  World::Plan plan;
  plan.planted = planted;
  plan.seed = seed;
  plan.servers = swarm.servers;
  plan.cluster = swarm.servers > 1;
  plan.standbys = swarm.standbys;
  plan.max_level = swarm.max_level;
  plan.resources_per_user = swarm.resources_per_user;
  plan.policy = swarm.policy;
  plan.shards = swarm.shards;
  plan.settings.domains = {"example.com"};
  plan.settings.plain_without_tls = true;
  plan.settings.tls_offered = swarm.tls;
  plan.settings.limits.notify_interval_min = swarm.notify_interval_min;
  return plan;
}

// What is left when all is well: a network with some distance.
Faults no_faults() {
  Faults faults;
  faults.network.link = {Duration::milliseconds(1), Duration::milliseconds(5), 0, {}};
  faults.network.datagram = faults.network.link;
  return faults;
}

}  // namespace

void CheckerWatch::entered(const Server& server, ShardId shard, Now, const Input&) {
  if (shard != ShardId()) return;
  for (const auto& checker : checkers_)
    checker->turn_begins(server);
}

void CheckerWatch::ordered(const Server&, ShardId, const Order& order) {
  for (const auto& checker : checkers_) {
    if (const auto* ask = std::get_if<AskCluster>(&order)) checker->asked(ask->request);
    if (const auto* log = std::get_if<Log>(&order)) checker->told_operator(*log);
  }
}

Run::Run(std::uint64_t seed, Planted planted)
    : Run(seed, draw_swarm(RandomStreams(seed)), planted) {}

Run::Run(std::uint64_t seed, const Swarm& swarm, Planted planted)
    : swarm_(swarm),
      world_(plan_of(seed, swarm_, planted)),
      crowd_(world_),
      load_(world_, crowd_, swarm_),
      partitions_(world_, swarm_.partitions),
      trouble_(world_.streams().stream("trouble")),
      checkers_(make_checkers(findings_)) {
  for (const auto& checker : checkers_)
    crowd_.watch(*checker);
  if (world_.server_count() > 1) world_.watch(checker_watch_);
}

Run::Result Run::go() {
  world_.set_faults(swarm_.faults);
  for (std::size_t i = 0; i < world_.server_count(); ++i)
    world_.server(i).drift_clock(swarm_.trouble.drift_us_per_second);
  start_servers();
  load_.begin();
  trouble_later(swarm_.trouble.crash_every, &Run::kill_server);
  trouble_later(swarm_.trouble.stall_every, &Run::stall_shard);
  trouble_later(swarm_.trouble.clock_step_every, &Run::step_clock);
  trouble_later(swarm_.trouble.pause_every, &Run::stall_server);
  trouble_later(swarm_.outages.every, &Run::cut_from_stores);
  partitions_.begin();
  if (!run_for(swarm_.busy_time)) return result();
  heal();
  if (!run_for(kHealTime) || !is_at_rest()) return result();
  if (world_.server_count() > 1 && !move_users()) return result();
  load_.show_all();
  if (!run_for(kShowTime) || !is_at_rest()) return result();
  for (const auto& checker : checkers_)
    checker->some_part();
  load_.part_some();
  if (!run_for(kPartTime) || !is_at_rest()) return result();
  load_.send_all_away();
  if (!run_for(kEmptyTime) || !ask_servers()) return result();
  for (const auto& checker : checkers_)
    checker->at_end(view());
  return result();
}

// The first one at once: somebody is to be there for who comes.
void Run::start_servers() {
  world_.start(0);
  for (std::size_t i = 1; i < world_.server_count(); ++i) {
    if (swarm_.late_start_most == Duration()) {
      world_.start(i);
      continue;
    }
    world_.timeline().after(draw_between(trouble_, {}, swarm_.late_start_most), [this, i] {
      if (!healed_) world_.start(i);
    });
  }
}

bool Run::is_at_rest() {
  if (!ask_servers()) return false;
  for (const auto& checker : checkers_)
    checker->at_rest(view());
  return findings_.empty();
}

// What they tell of the cluster. False at the first finding.
bool Run::ask_servers() {
  const std::size_t count = world_.server_count();
  if (count == 1) return true;
  for (int looks = 0; looks < kLooks; ++looks) {
    told_.assign(count, {});
    for (std::size_t i = 0; i < count; ++i) {
      world_.server(i).administer(
          ListServers{}, [this, i](AdminReply reply) { told_[i] = std::move(reply.servers); });
    }
    if (!run_for(kLookPause)) return false;
    if (Levels::difference(view()).empty()) return true;
  }
  return true;
}

// At an operator's word: away from a server that runs, and back. False at the first finding.
bool Run::move_users() {
  std::vector<std::string> running;
  for (const ServerSeen& seen : told_.front()) {
    if (seen.member.role == cluster::Role::running) running.push_back(seen.member.self.svr_id);
  }
  if (running.empty()) return true;
  const std::string& svr_id = running[trouble_.below(running.size())];
  const Duration time = draw_between(trouble_, {}, kDrainTimeMost);
  order(OrderServer::What::drain, svr_id);
  load_.write_all(kWriteTime);
  if (!run_for(time)) return false;
  order(OrderServer::What::undrain, svr_id);
  load_.write_all(kWriteTime);
  return run_for(kMoveTime) && is_at_rest();
}

void Run::order(OrderServer::What what, const std::string& svr_id) {
  const bool drains = what == OrderServer::What::drain;
  world_.history().add(world_.timeline().now(), "operator", drains ? "drains" : "undrains", svr_id);
  any_server().administer(OrderServer{what, svr_id}, [this](const AdminReply& reply) {
    if (reply.outcome == AdminReply::Outcome::done) return;
    world_.history().add(world_.timeline().now(), "operator", "is refused", {});
  });
}

// False at the first finding.
bool Run::run_until(Instant when) {
  Timeline& timeline = world_.timeline();
  std::uint64_t steps_at_once = 0;
  while (timeline.next() && *timeline.next() <= when) {
    const Instant before = timeline.now();
    timeline.step();
    steps_at_once = timeline.now() == before ? steps_at_once + 1 : 0;
    if (steps_at_once >= kStepsAtOnce) {
      findings_.stuck("time", "events without end at one moment", before);
    }
    for (const auto& checker : checkers_)
      checker->at_step(view());
    if (!findings_.empty()) return false;
  }
  timeline.move_to(when);
  return true;
}

void Run::heal() {
  healed_ = true;
  load_.end();
  world_.set_faults(no_faults());
  partitions_.heal();
  for (std::size_t i = 0; i < world_.server_count(); ++i) {
    world_.server(i).set_clock_right();
    world_.reach_stores(i);
    if (!world_.server(i).running()) world_.start(i);
  }
  load_.bring_all_online();
}

Run::Result Run::result() {
  Result result;
  for (const Findings::Finding& finding : findings_.all()) {
    const bool stuck = finding.kind == Findings::Kind::stuck;
    if (!stuck) result.verdict = Verdict::wrong;
    if (stuck && result.verdict == Verdict::right) result.verdict = Verdict::stuck;
  }
  result.digest = world_.digest();
  result.turns = world_.turns();
  result.steps = world_.timeline().steps();
  result.simulated = world_.timeline().now() - Instant::at(Duration::seconds(1'000));
  return result;
}

// --- trouble -------------------------------------------------------------------------------------

void Run::trouble_later(Duration every, void (Run::*trouble)()) {
  if (every == Duration()) return;
  world_.timeline().after(draw_between(trouble_, {}, every * 2), [this, every, trouble] {
    if (healed_) return;
    (this->*trouble)();
    trouble_later(every, trouble);
  });
}

void Run::kill_server() {
  Server& server = any_server();
  if (!server.running()) return;
  const std::string name = "server " + std::to_string(server.id().number());
  world_.history().add(world_.timeline().now(), name, "is killed", {});
  server.crash();
  world_.timeline().after(draw_between(trouble_, {}, swarm_.trouble.down_most),
                          [this, &server, name] {
                            if (server.running()) return;
                            world_.history().add(world_.timeline().now(), name, "is started", {});
                            world_.start(server.id().number());
                          });
}

void Run::stall_shard() {
  Server& server = any_server();
  world_.history().add(world_.timeline().now(), "server " + std::to_string(server.id().number()),
                       "has a shard that stands still", {});
  server.stall(server.any_shard(), draw_between(trouble_, {}, swarm_.trouble.stall_most));
}

void Run::stall_server() {
  Server& server = any_server();
  if (!server.running()) return;
  world_.history().add(world_.timeline().now(), "server " + std::to_string(server.id().number()),
                       "stands still", {});
  server.stall_all(draw_between(trouble_, {}, swarm_.trouble.pause_most));
}

void Run::cut_from_stores() {
  const std::size_t server = any_server().id().number();
  if (world_.is_cut_from_stores(server)) return;
  world_.cut_from_stores(server);
  world_.timeline().after(draw_between(trouble_, {}, swarm_.outages.most),
                          [this, server] { world_.reach_stores(server); });
}

void Run::step_clock() {
  const Duration most = swarm_.trouble.clock_step_most;
  any_server().step_clock(draw_between(trouble_, Duration() - most, most));
}

}  // namespace muster::sim
