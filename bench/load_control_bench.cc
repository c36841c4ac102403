// What it costs to say which server takes a user, of the 20 us that placing one may take in all:
// with levels that differ, and with as many alike as there are.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "server/load_control/placing.h"

namespace {

using muster::Address;
using muster::cluster::Directory;
using muster::cluster::Incarnation;
using muster::cluster::Member;
using muster::cluster::Picture;
using muster::cluster::PlacingPolicy;
using muster::cluster::Role;

Picture picture_of(std::uint32_t servers, std::uint32_t level_step) {
  Directory directory;
  for (std::uint32_t i = 1; i <= servers; ++i) {
    Member& member = directory.members.emplace_back();
    member.incarnation = Incarnation(i);
    member.role = Role::running;
    member.self.max_level = {1'000'000'000};
  }
  Picture picture;
  picture.follow(directory);
  for (std::uint32_t i = 1; i <= servers; ++i)
    picture.take_report(Incarnation(i), {{1'000 + i * level_step}, 1'000, 0, 0});
  return picture;
}

std::vector<Address> users() {
  std::vector<Address> users;
  for (std::uint32_t i = 0; i < 1'024; ++i)
    users.push_back(Address::of_canonical("user" + std::to_string(i), "example.com"));
  return users;
}

// Placed and committed.
void place(benchmark::State& state, std::uint32_t level_step) {
  const std::vector<Address> all = users();
  Picture picture = picture_of(static_cast<std::uint32_t>(state.range(0)), level_step);
  std::size_t next = 0;
  for (auto _ : state) {
    const auto placement =
        muster::cluster::place(picture, Incarnation(1), all[next++ % 1'024], PlacingPolicy::lowest);
    benchmark::DoNotOptimize(picture.commit(placement.server, 1));
  }
}
BENCHMARK_CAPTURE(place, by_level, 1'000'000)->Arg(12)->Arg(256);
BENCHMARK_CAPTURE(place, among_equals, 0)->Arg(12)->Arg(256);

}  // namespace

BENCHMARK_MAIN();
