#include "server/load_control/placing.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/digest.h"

namespace muster::cluster {
namespace {

// What a server's level would be if each asker had given it as many as this one.
struct Reckoned {
  bool past_share = false;  // this asker's part of its places is used up
  std::uint64_t level = 0;
  friend auto operator<=>(const Reckoned&, const Reckoned&) = default;
};

Reckoned reckon(const ServerPicture& server, std::uint64_t askers) {
  const std::uint64_t level = server.report->level.value + server.coming() * askers;
  return {server.max && level >= server.max->value, level};
}

std::uint64_t askers_of(std::span<const ServerPicture> servers) {
  const auto askers =
      std::count_if(servers.begin(), servers.end(),
                    [](const ServerPicture& server) { return server.runs() || server.drains(); });
  return static_cast<std::uint64_t>(askers);
}

struct Lowest {
  Reckoned level;
  std::size_t servers = 0;  // that have it
};

Lowest lowest_with_room(std::span<const ServerPicture> servers, std::uint64_t askers) {
  Lowest lowest;
  for (const ServerPicture& server : servers) {
    if (!server.has_room()) continue;
    const Reckoned level = reckon(server, askers);
    if (lowest.servers == 0 || level < lowest.level) lowest = {level, 0};
    if (level == lowest.level) ++lowest.servers;
  }
  return lowest;
}

// The n-th of those that have it, from 0.
Incarnation nth_of(std::span<const ServerPicture> servers, std::uint64_t askers,
                   const Lowest& lowest, std::size_t n) {
  const auto at = std::find_if(servers.begin(), servers.end(), [&](const ServerPicture& server) {
    return server.has_room() && reckon(server, askers) == lowest.level && n-- == 0;
  });
  return at->incarnation;
}

bool has_room(std::span<const ServerPicture> servers, Incarnation incarnation) {
  return std::any_of(servers.begin(), servers.end(), [&](const ServerPicture& server) {
    return server.incarnation == incarnation && server.has_room();
  });
}

Placement choose(std::span<const ServerPicture> servers, Incarnation asker, const Address& user,
                 PlacingPolicy policy) {
  using Outcome = Placement::Outcome;
  if (policy == PlacingPolicy::limit && has_room(servers, asker)) return {Outcome::placed, asker};
  const std::uint64_t askers = askers_of(servers);
  const Lowest lowest = lowest_with_room(servers, askers);
  if (lowest.servers == 0) {
    const bool any = std::any_of(servers.begin(), servers.end(), [](const ServerPicture& server) {
      return server.runs() && server.known();
    });
    return {any ? Outcome::all_full : Outcome::nobody, {}};
  }
  const std::uint64_t draw =
      lowest.servers == 1 ? 0 : hash_bytes(user.bare(), asker.number()) % lowest.servers;
  return {Outcome::placed, nth_of(servers, askers, lowest, draw)};
}

}  // namespace

Placement place(Picture& picture, Incarnation asker, const Address& user, PlacingPolicy policy) {
  const Placement placement = choose(picture.servers(), asker, user, policy);
  if (placement.outcome == Placement::Outcome::placed) picture.reserve(placement.server, 1);
  return placement;
}

}  // namespace muster::cluster
