// A cluster in virtual time, of which only what load control decides is real: users land on
// servers, which place them and tell each other; they come after a while; reports are late;
// candidates join when they are recruited. Each user has the 20 resources of the paper.
//
// While it runs it checks that nobody was placed above a limit but for what others placed
// meanwhile, and that a server was recruited only when each had reached its limit.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/deadlines.h"
#include "base/prng.h"
#include "machine/load_control/servers.h"
#include "server/load_control/growth.h"
#include "server/load_control/level.h"
#include "server/load_control/placing.h"

namespace muster::cluster {

class Arrivals {
 public:
  struct Plan {
    LoadLevel max{100};
    PlacingPolicy policy = PlacingPolicy::lowest;
    std::uint64_t servers = 1;  // at first; the first is main
    std::vector<std::string> candidates = {"sip:a", "sip:b", "sip:c", "sip:d", "sip:e", "sip:f"};
    std::set<std::string> mute = {};  // candidates that do not come
    bool land_anywhere = false;       // else at the main, as in the paper
    std::uint64_t lost_per_cent = 0;  // of users, who never come where they were placed
    std::uint64_t seed = 1;
  };

  explicit Arrivals(Plan plan) : plan_(std::move(plan)), prng_(Prng::seed_of(plan_.seed)) {
    for (std::uint64_t n = 0; n < plan_.servers; ++n)
      add_server();
    judge_growth();
  }

  // One more, which has nobody yet, and which reports to all as the others do.
  void add_server() {
    Server& server = servers_.emplace_back();
    server.incarnation = Incarnation(servers_.size());
    Directory directory;
    for (const Server& each : servers_)
      directory.members.push_back(member(each.incarnation.number(), Role::running, plan_.max));
    for (Server& each : servers_) {
      each.of.resize(servers_.size());
      each.came_as_seen.resize(servers_.size());
      for (auto& came : each.came_as_seen)
        came.resize(servers_.size());
      each.report_at.resize(servers_.size());
      each.picture.follow(directory);
    }
    report(servers_.size() - 1);
  }

  // So many more users land within that time.
  void land(std::uint32_t users, Duration within) {
    for (std::uint32_t n = 0; n < users; ++n) {
      const std::uint32_t user = landed_++;
      after(up_to(within), [this, user] { land(user); });
    }
  }

  void run(Duration time) {
    const Instant end = now_ + time;
    while (events_.next() && *events_.next() <= end) {
      now_ = *events_.next();
      const std::uint64_t event = *events_.take_due(now_);
      const auto what = what_.extract(event);
      what.mapped()();
    }
    now_ = end;
  }

  std::size_t servers() const { return servers_.size(); }
  std::uint32_t users_of(std::size_t index) const { return servers_[index].users; }
  std::uint32_t users() const {
    std::uint32_t users = 0;
    for (const Server& server : servers_)
      users += server.users;
    return users;
  }
  std::uint32_t lost() const { return lost_; }
  const std::vector<GrowthDecision>& decisions() const { return decisions_; }
  // What `asker` takes for the level of `server`.
  std::uint32_t level_seen(std::size_t asker, std::size_t server) const {
    return servers_[asker].picture.servers()[server].level().value;
  }

 private:
  static constexpr Duration kReportEvery = Duration::milliseconds(500);
  static constexpr Duration kReportTimeMax = Duration::seconds(1);
  static constexpr Duration kComingTimeMax = Duration::seconds(2);

  // What a server knows of one that gives it users, and the truth about them.
  struct Given {
    std::uint64_t told = 0;
    std::uint32_t awaited = 0;
    std::uint32_t came = 0;
    std::uint32_t assigned = 0;  // being committed, or given; but for those who got lost
  };
  struct Server {
    Incarnation incarnation;
    Picture picture;
    std::uint32_t users = 0;
    std::vector<Given> of;                                 // by asker
    std::vector<std::vector<std::uint32_t>> came_as_seen;  // by asker, then by whose users
    std::vector<Instant> report_at;                        // the latest to each asker: in order
  };

  void after(Duration time, std::function<void()> what) {
    what_.emplace(next_event_, std::move(what));
    events_.add(now_ + time, next_event_++);
  }
  Duration up_to(Duration time) {
    const auto bound = static_cast<std::uint64_t>(time.in_microseconds()) + 1;
    return Duration::microseconds(static_cast<std::int64_t>(prng_.below(bound)));
  }

  // --- reports

  void report(std::size_t from) {
    for (std::size_t to = 0; to < servers_.size(); ++to)
      report(from, to);
    after(kReportEvery, [this, from] { report(from); });
  }

  void report(std::size_t from, std::size_t to) {
    Server& server = servers_[from];
    Load load;
    load.users = server.users;
    load.resources = server.users * 20;
    const Given& given = server.of[to];
    const LoadReport report{level_of(load, settings_), server.users, 0, given.told - given.awaited};
    std::vector<std::uint32_t> came;
    for (const Given& of : server.of)
      came.push_back(of.came);
    const Instant when =
        std::max(server.report_at[to], now_ + (from == to ? Duration() : up_to(kReportTimeMax)));
    server.report_at[to] = when;
    after(when - now_, [this, from, to, report, came = std::move(came)]() mutable {
      servers_[to].picture.take_report(servers_[from].incarnation, report);
      came.resize(servers_.size());
      servers_[from].came_as_seen[to] = came;
    });
  }

  // --- users

  void land(std::uint32_t user) {
    const std::size_t asker = plan_.land_anywhere ? prng_.below(servers_.size()) : 0;
    const Address address = Address::of_canonical("user" + std::to_string(user), "example.com");
    const Placement placement =
        place(servers_[asker].picture, servers_[asker].incarnation, address, plan_.policy);
    if (placement.outcome != Placement::Outcome::placed) {
      ++wanting_;
      return after(Duration::milliseconds(500), [this, user] { land(user); });
    }
    const std::size_t target = placement.server.number() - 1;
    ++servers_[target].of[asker].assigned;
    check_limit(target, asker);
    after(up_to(Duration::milliseconds(20)), [this, asker, target] { commit(asker, target); });
  }

  void commit(std::size_t asker, std::size_t target) {
    const std::uint64_t number = servers_[asker].picture.commit(servers_[target].incarnation, 1);
    Given& given = servers_[target].of[asker];
    given.told = std::max(given.told, number);
    ++given.awaited;
    const bool is_lost = prng_.below(100) < plan_.lost_per_cent;
    after(is_lost ? kComingTimeMax : up_to(kComingTimeMax), [this, asker, target, is_lost] {
      Given& of = servers_[target].of[asker];
      --of.awaited;
      if (is_lost) {
        ++lost_;
        --of.assigned;
      } else {
        ++of.came;
        ++servers_[target].users;
      }
    });
  }

  void check_limit(std::size_t target, std::size_t asker) const {
    const Server& server = servers_[target];
    std::uint32_t assigned = 0;
    std::uint32_t unheard = 0;  // of what others assigned
    for (std::size_t i = 0; i < server.of.size(); ++i) {
      assigned += server.of[i].assigned;
      if (i != asker) unheard += server.of[i].assigned - server.came_as_seen[asker][i];
    }
    EXPECT_LE(assigned, plan_.max.value + unheard) << "seed " << plan_.seed;
  }

  // --- growth

  void judge_growth() {
    for (;;) {
      const GrowthDecision decision =
          growth_.step(now_, {servers_[0].picture.servers(), plan_.candidates,
                              servers_[0].incarnation, std::exchange(wanting_, 0)});
      if (decision == GrowthDecision()) break;
      decisions_.push_back(decision);
      if (const auto* recruit = std::get_if<Recruit>(&decision)) begin_recruit(recruit->candidate);
    }
    after(Duration::milliseconds(100), [this] { judge_growth(); });
  }

  void begin_recruit(const std::string& candidate) {
    for (const Server& server : servers_) {
      if (plan_.lost_per_cent > 0) break;  // the end of waiting for them is heard of later
      std::uint32_t assigned = 0;
      for (const Given& given : server.of)
        assigned += given.assigned;
      EXPECT_GE(assigned, plan_.max.value) << "seed " << plan_.seed;
    }
    if (plan_.mute.contains(candidate)) return;
    after(Duration::seconds(2), [this, candidate] {
      std::erase(plan_.candidates, candidate);
      add_server();
      growth_.joined(now_, candidate, servers_.back().incarnation);
    });
  }

  Plan plan_;
  LoadSettings settings_;
  Growth growth_{settings_};
  Prng prng_;
  Instant now_;
  Deadlines<std::uint64_t> events_;
  std::map<std::uint64_t, std::function<void()>> what_;
  std::uint64_t next_event_ = 0;
  std::vector<Server> servers_;
  std::uint32_t landed_ = 0;
  std::uint32_t lost_ = 0;
  std::uint32_t wanting_ = 0;
  std::vector<GrowthDecision> decisions_;
};

}  // namespace muster::cluster
