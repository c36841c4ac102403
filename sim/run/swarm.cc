#include "sim/run/swarm.h"

#include <algorithm>

namespace muster::sim {
namespace {

constexpr Duration ms(std::int64_t n) {
  return Duration::milliseconds(n);
}

bool coin(Prng& prng, std::uint32_t per_mille) {
  return happens(prng, per_mille);
}

std::uint32_t up_to(Prng& prng, std::uint32_t least, std::uint32_t most) {
  return least + static_cast<std::uint32_t>(prng.below(most - least + 1));
}

// Few or many, each order of magnitude as likely as the next.
std::uint32_t rarely(Prng& prng, std::uint32_t most) {
  std::uint32_t bound = most;
  while (bound > 1 && coin(prng, 500))
    bound /= 4;
  return 1 + static_cast<std::uint32_t>(prng.below(std::max(bound, 1U)));
}

Delay draw_delay(Prng& prng, Duration most, Duration spike) {
  Delay delay;
  if (coin(prng, 200)) return delay;
  delay.least = draw_between(prng, {}, most / 4);
  delay.most = delay.least + draw_between(prng, {}, most);
  if (coin(prng, 300)) {
    delay.spike_per_mille = rarely(prng, 20);
    delay.spike = draw_between(prng, most, spike);
  }
  return delay;
}

void draw_network(Prng& prng, NetworkFaults& network) {
  network.link = draw_delay(prng, ms(200), Duration::seconds(20));
  network.datagram = draw_delay(prng, ms(200), Duration::seconds(5));
  if (coin(prng, 500)) network.datagram_lost_per_mille = rarely(prng, 300);
  if (coin(prng, 300)) network.datagram_doubled_per_mille = rarely(prng, 100);
  if (coin(prng, 500)) network.split_per_mille = rarely(prng, 1'000);
  if (coin(prng, 500)) network.read_delay_max = draw_between(prng, {}, ms(50));
  if (coin(prng, 400)) network.cut_per_mille = rarely(prng, 20);
  if (coin(prng, 200)) network.silent_per_mille = rarely(prng, 5);
  if (coin(prng, 200)) {
    network.slow_reader_per_mille = rarely(prng, 200);
    network.slow_reading = draw_between(prng, ms(100), Duration::seconds(60));
  }
  if (coin(prng, 200)) network.refused_per_mille = rarely(prng, 300);
}

void draw_store(Prng& prng, StoreFaults& store) {
  store.commit = draw_delay(prng, ms(20), Duration::seconds(10));
  store.answer = draw_delay(prng, ms(5), ms(500));
  if (coin(prng, 200)) store.busy_per_mille = rarely(prng, 50);
  if (coin(prng, 100)) store.full_per_mille = rarely(prng, 50);
  if (coin(prng, 200)) store.broken_per_mille = rarely(prng, 20);
}

void draw_server(Prng& prng, ServerFaults& server, ServerTrouble& trouble) {
  server.mailbox = draw_delay(prng, ms(5), Duration::seconds(2));
  server.verifier = draw_delay(prng, ms(50), Duration::seconds(5));
  if (coin(prng, 500)) server.deadline_late_max = draw_between(prng, {}, ms(20));
  if (coin(prng, 300)) {
    trouble.crash_every = draw_between(prng, Duration::minutes(1), Duration::minutes(10));
    trouble.down_most = draw_between(prng, ms(10), Duration::minutes(2));
  }
  if (coin(prng, 300)) {
    trouble.stall_every = draw_between(prng, Duration::seconds(10), Duration::minutes(5));
    trouble.stall_most = draw_between(prng, ms(10), Duration::seconds(60));
  }
  if (coin(prng, 200)) {
    trouble.clock_step_every = draw_between(prng, Duration::seconds(30), Duration::minutes(5));
    trouble.clock_step_most = draw_between(prng, ms(1), Duration::minutes(2));
  }
  if (coin(prng, 200)) {
    trouble.drift_us_per_second = static_cast<std::int32_t>(up_to(prng, 0, 1'000)) - 500;
  }
}

// What all users weigh in the end (level.h), and somewhat more: each watches those with whom it
// begins and those whom it wishes to watch, by each of its agents, and some watch back.
std::uint32_t weight_of_all(const Swarm& swarm) {
  const auto wishes = static_cast<std::uint64_t>(swarm.busy_time.in_microseconds() /
                                                 swarm.wish_every.in_microseconds());
  const std::uint64_t begun = swarm.watched_by_each + wishes / 10 / swarm.users;
  const std::uint64_t resources = 2 * std::min<std::uint64_t>(begun, swarm.users);
  return static_cast<std::uint32_t>(swarm.users * (1 + resources) / (1 + swarm.resources_per_user));
}

std::string name_of(LoadKind load) {
  switch (load) {
    case LoadKind::steady: return "steady";
    case LoadKind::burst: return "burst";
    case LoadKind::presence_storm: return "presence storm";
    case LoadKind::mass_reconnect: return "mass reconnect";
  }
  return {};
}

std::string text_of(Duration time) {
  const std::int64_t us = time.in_microseconds();
  if (us >= 10'000'000) return std::to_string(us / 1'000'000) + " s";
  if (us >= 10'000) return std::to_string(us / 1'000) + " ms";
  return std::to_string(us) + " us";
}

class Table {
 public:
  void row(const std::string& name, const std::string& value) {
    text_ += "  " + name + std::string(name.size() < 26 ? 26 - name.size() : 1, ' ') + value + "\n";
  }
  void rate(const std::string& name, std::uint32_t per_mille) {
    if (per_mille != 0) row(name, std::to_string(per_mille) + " of 1000");
  }
  void time(const std::string& name, Duration most) {
    if (most > Duration()) row(name, "up to " + text_of(most));
  }
  void delay(const std::string& name, const Delay& delay) {
    if (delay.most == Duration()) return;
    std::string value = text_of(delay.least) + " to " + text_of(delay.most);
    if (delay.spike_per_mille != 0) {
      value += ", " + std::to_string(delay.spike_per_mille) + " of 1000 up to " +
               text_of(delay.spike) + " more";
    }
    row(name, value);
  }
  void trouble(const std::string& name, Duration every, Duration most) {
    if (every == Duration()) return;
    row(name, "every " + text_of(every) + ", up to " + text_of(most));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

Swarm draw_swarm(const RandomStreams& streams) {
  Prng prng = streams.stream("swarm");
  Swarm swarm;
  swarm.users = up_to(prng, 2, coin(prng, 300) ? 60 : 12);
  swarm.shards = static_cast<std::uint8_t>(up_to(prng, 1, 4));
  swarm.load = static_cast<LoadKind>(prng.below(4));
  swarm.busy_time = draw_between(prng, Duration::minutes(1), Duration::minutes(30));
  swarm.wish_every = draw_between(prng, ms(50), Duration::seconds(10));
  swarm.messengers_per_mille = up_to(prng, 0, 1'000);
  swarm.phones_per_mille = up_to(prng, 0, 1'000);
  swarm.watched_by_each = up_to(prng, 1, 8);
  swarm.tcp_per_mille = up_to(prng, 0, 1'000);
  swarm.tls = coin(prng, 500);
  if (coin(prng, 500)) swarm.notify_interval_min = Duration::seconds(5);
  Prng of_cluster = streams.stream("cluster swarm");
  if (coin(of_cluster, 400)) swarm.servers = static_cast<std::uint8_t>(up_to(of_cluster, 2, 4));
  if (swarm.servers > 1 && coin(of_cluster, 150)) {
    swarm.servers = static_cast<std::uint8_t>(up_to(of_cluster, 5, kServersMax));
  }
  if (swarm.servers > 1) draw_growth(streams, swarm);
  // Some runs have no faults at all: what fails there is nearest to the cause.
  if (coin(prng, 100)) return swarm;
  if (swarm.servers > 1) {
    swarm.partitions = draw_partitions(streams);
    draw_outages(streams, swarm);
  }
  draw_network(prng, swarm.faults.network);
  draw_store(prng, swarm.faults.store);
  draw_server(prng, swarm.faults.server, swarm.trouble);
  return swarm;
}

// All users have room when all servers run, for there are places for all. So candidates are taken
// in as users come, and let go as they leave. In some clusters a user weighs less than one, and
// only whole bursts of them fill a server; in others one or more, and those who are there do.
void draw_growth(const RandomStreams& streams, Swarm& swarm) {
  Prng prng = streams.stream("growth swarm");
  if (coin(prng, 300)) return;
  Prng of_weight = streams.stream("weight swarm");
  std::uint32_t level = swarm.users;
  if (coin(of_weight, 600)) {
    swarm.resources_per_user = up_to(of_weight, 1, 5);
    level = weight_of_all(swarm);
  }
  if (coin(of_weight, 300)) swarm.policy = cluster::PlacingPolicy::limit;
  swarm.max_level = cluster::LoadLevel{level / swarm.servers + up_to(prng, 1, 3)};
  if (coin(prng, 800)) {
    swarm.standbys = static_cast<std::uint8_t>(up_to(prng, 1, swarm.servers - 1U));
  }
}

PartitionFaults draw_partitions(const RandomStreams& streams) {
  Prng prng = streams.stream("partition swarm");
  PartitionFaults faults;
  if (coin(prng, 200)) return faults;
  faults.every = draw_between(prng, ms(500), Duration::seconds(20));
  // Some are over before anybody has noticed, others outlast a lease.
  faults.parted_max = draw_between(prng, ms(100), Duration::seconds(30));
  if (coin(prng, 500)) faults.one_way_per_mille = up_to(prng, 1, 1'000);
  return faults;
}

// What a server of many survives or is buried for: it stands still, or does not reach the stores,
// sometimes for longer than its lease; and some come late.
void draw_outages(const RandomStreams& streams, Swarm& swarm) {
  Prng prng = streams.stream("outage swarm");
  if (coin(prng, 300)) {
    swarm.trouble.pause_every = draw_between(prng, Duration::seconds(20), Duration::minutes(5));
    swarm.trouble.pause_most = draw_between(prng, ms(100), Duration::seconds(20));
  }
  if (coin(prng, 300)) {
    swarm.outages.every = draw_between(prng, Duration::seconds(20), Duration::minutes(5));
    swarm.outages.most = draw_between(prng, ms(100), Duration::seconds(30));
  }
  if (coin(prng, 300)) {
    swarm.late_start_most = draw_between(prng, Duration::seconds(1), swarm.busy_time);
  }
}

std::string to_text(const Swarm& swarm) {
  Table table;
  table.row("users", std::to_string(swarm.users));
  table.row("servers", std::to_string(swarm.servers));
  if (swarm.max_level) {
    table.row("candidates of these", std::to_string(swarm.standbys));
    table.row("max-loadlevel", std::to_string(swarm.max_level->value));
    table.row("resources of a user", std::to_string(swarm.resources_per_user));
    table.row("who takes the next",
              swarm.policy == cluster::PlacingPolicy::lowest ? "the lowest" : "who is asked");
  }
  table.row("shards of each", std::to_string(swarm.shards));
  table.row("load", name_of(swarm.load) + ", a wish every " + text_of(swarm.wish_every) + ", for " +
                        text_of(swarm.busy_time));
  table.rate("users with a messenger", swarm.messengers_per_mille);
  table.rate("users with a phone", swarm.phones_per_mille);
  table.row("each watches", std::to_string(swarm.watched_by_each));
  table.rate("phones on TCP", swarm.tcp_per_mille);
  table.row("TLS", swarm.tls ? "offered" : "no");
  table.time("NOTIFY at most every", swarm.notify_interval_min);
  const NetworkFaults& network = swarm.faults.network;
  table.delay("link delay", network.link);
  table.delay("datagram delay", network.datagram);
  table.rate("datagrams lost", network.datagram_lost_per_mille);
  table.rate("datagrams doubled", network.datagram_doubled_per_mille);
  table.rate("texts split", network.split_per_mille);
  table.time("reading late", network.read_delay_max);
  table.rate("links cut", network.cut_per_mille);
  table.rate("links silent", network.silent_per_mille);
  table.rate("slow readers", network.slow_reader_per_mille);
  table.time("slow reading", network.slow_reading);
  table.rate("connections refused", network.refused_per_mille);
  table.delay("store commit", swarm.faults.store.commit);
  table.delay("store answer", swarm.faults.store.answer);
  table.rate("store busy", swarm.faults.store.busy_per_mille);
  table.rate("store full", swarm.faults.store.full_per_mille);
  table.rate("store broken", swarm.faults.store.broken_per_mille);
  table.delay("mailbox", swarm.faults.server.mailbox);
  table.delay("verifier", swarm.faults.server.verifier);
  table.time("deadlines late", swarm.faults.server.deadline_late_max);
  table.trouble("server killed", swarm.trouble.crash_every, swarm.trouble.down_most);
  table.trouble("servers parted", swarm.partitions.every, swarm.partitions.parted_max);
  table.rate("parted one way", swarm.partitions.one_way_per_mille);
  table.trouble("server cut from the stores", swarm.outages.every, swarm.outages.most);
  table.time("servers start late", swarm.late_start_most);
  table.trouble("server stalled", swarm.trouble.pause_every, swarm.trouble.pause_most);
  table.trouble("shard stalled", swarm.trouble.stall_every, swarm.trouble.stall_most);
  table.trouble("clock stepped", swarm.trouble.clock_step_every, swarm.trouble.clock_step_most);
  if (swarm.trouble.drift_us_per_second != 0) {
    table.row("clock drifts", std::to_string(swarm.trouble.drift_us_per_second) + " us a second");
  }
  return table.take();
}

}  // namespace muster::sim
