#include "server/load_control/picture.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "model/cluster/sorted.h"

namespace muster::cluster {

std::uint64_t ServerPicture::coming() const {
  // A server that says it settled more than it was given is wrong; it has settled all.
  return given - std::min(given, report->settled) + asked;
}

LoadLevel ServerPicture::level() const {
  constexpr std::uint64_t kHighest = std::numeric_limits<std::uint32_t>::max();
  return {static_cast<std::uint32_t>(std::min(report->level.value + coming(), kHighest))};
}

bool ServerPicture::has_room() const {
  return runs() && reachable && known() && (!max || level() < *max);
}

void Picture::follow(const Directory& directory) {
  std::vector<ServerPicture> now;
  for (const Member& member : directory.members) {
    if (member.role == Role::gone) continue;
    const ServerPicture* before = find(servers_, member.incarnation);
    ServerPicture& server = now.emplace_back(before ? *before : ServerPicture{});
    server.incarnation = member.incarnation;
    server.role = member.role;
    server.max = member.self.max_level;
    if (member.role == Role::standby) server.report.reset();
  }
  servers_ = std::move(now);
}

bool Picture::reach(Incarnation server, bool reachable) {
  ServerPicture* known = find(servers_, server);
  return known != nullptr && std::exchange(known->reachable, reachable) != reachable;
}

bool Picture::take_report(Incarnation server, const LoadReport& report) {
  ServerPicture* known = find(servers_, server);
  if (known == nullptr || known->role == Role::standby) return false;
  known->report = report;
  return true;
}

void Picture::reserve(Incarnation server, std::uint32_t users) {
  if (ServerPicture* known = find(servers_, server)) known->asked += users;
}

std::uint64_t Picture::commit(Incarnation server, std::uint32_t users) {
  ServerPicture* known = find(servers_, server);
  if (known == nullptr) return 0;
  known->asked -= std::min(known->asked, users);
  return known->given += users;
}

void Picture::release(Incarnation server, std::uint32_t users) {
  ServerPicture* known = find(servers_, server);
  if (known != nullptr) known->asked -= std::min(known->asked, users);
}

}  // namespace muster::cluster
