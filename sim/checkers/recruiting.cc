#include "sim/checkers/recruiting.h"

#include <algorithm>

#include "sim/checkers/lives.h"

namespace muster::sim {
namespace {

using cluster::Incarnation;
using cluster::LoadSettings;
using cluster::Role;

// From that level on a server is not one of those that have room for another user.
std::uint64_t full_level(cluster::LoadLevel max, const LoadSettings& settings) {
  const std::uint64_t mark = std::uint64_t{max.value} * settings.high_mark / 100;
  return std::min<std::uint64_t>(max.value, mark + 1);
}

bool is_past_mark(const ServerSeen& server, const LoadSettings& settings) {
  const auto& max = server.member.self.max_level;
  return max && server.load &&
         server.load->level.value > std::uint64_t{max->value} * settings.high_mark / 100;
}

}  // namespace

void Recruiting::judge(const View& view, const Turn& turn) {
  note_given(view, turn);
  note_unknown(view, turn);
  for (const Log& line : turn.told)
    told(view, turn, line);
  for (const cluster::ClusterRequest& request : turn.asked) {
    const auto* order = std::get_if<cluster::SetRole>(&request);
    if (order != nullptr && order->from == Role::standby) ordered(view, turn, *order);
  }
}

void Recruiting::note_given(const View& view, const Turn& turn) {
  for (const cluster::ClusterRequest& request : turn.asked) {
    const auto* assign = std::get_if<cluster::AssignUsers>(&request);
    if (assign == nullptr) continue;
    for (const cluster::AssignUsers::One& one : assign->users)
      given_.push_back({view.now(), assign->by, one.to});
  }
}

void Recruiting::note_unknown(const View& view, const Turn& turn) {
  const ServerId by = turn.server->id();
  std::erase_if(unknown_since_, [&](const auto& one) {
    if (one.first.first != by) return false;
    const auto server = both(turn, one.first.second);
    return !server || !server->runs() || server->after.known();
  });
  for (const cluster::ServerPicture& server : turn.after) {
    if (server.runs() && !server.known()) {
      unknown_since_.try_emplace({by, server.incarnation}, view.now());
    }
  }
}

void Recruiting::told(const View& view, const Turn& turn, const Log& line) {
  const ServerId by = turn.server->id();
  // It was another's meanwhile: who is main begins anew.
  if (line.what == "main-taken") asked_.erase(by);
  const auto asked = asked_.find(by);
  const bool is_open = asked != asked_.end();
  if (line.what == "recruited" || line.what == "not-recruited") {
    if (is_open && asked->second.who == line.who) asked_.erase(asked);
  }
  if (line.what != "recruiting") return;
  const std::string does = turn.server->settings().cluster->self.svr_id + " recruits " + line.who;
  const LoadSettings& settings = turn.server->settings().cluster->load;
  if (is_open && view.now() < asked->second.at + settings.recruit_time_max) {
    wrong(view.now(), does + ", and has asked " + asked->second.who);
  }
  for (const cluster::ServerPicture& server : turn.after) {
    const std::string room = room_in(view, turn, server);
    if (!room.empty()) wrong(view.now(), does + ", though life " + room);
  }
  asked_[by] = {line.who, view.now()};
}

// Whoever is to run was asked to.
void Recruiting::ordered(const View& view, const Turn& turn, const cluster::SetRole& order) {
  const auto asked = asked_.find(turn.server->id());
  if (asked != asked_.end()) return;
  wrong(view.now(), turn.server->settings().cluster->self.svr_id + " takes in life " +
                        std::to_string(order.of.number()) + ", which it has not asked");
}

// What speaks against a shortage.
std::string Recruiting::room_in(const View& view, const Turn& turn,
                                const cluster::ServerPicture& known) const {
  const auto server = both(turn, known.incarnation);
  if (!server || !server->after.runs()) return {};
  const std::string life = std::to_string(known.incarnation.number());
  const LoadSettings& settings = turn.server->settings().cluster->load;
  const auto unknown = unknown_since_.find({turn.server->id(), known.incarnation});
  if (unknown != unknown_since_.end()) {
    if (view.now() >= unknown->second + settings.report_time_max) return {};
    return life + " has just joined";
  }
  if (!server->runs() || !server->known() || !server->reachable()) return {};
  if (!known.max) return life + " has no limit";
  const std::uint64_t level = std::uint64_t{std::max(server->before.report->level.value,
                                                     server->after.report->level.value)} +
                              coming(view, turn, known.incarnation);
  if (level >= full_level(*known.max, settings)) return {};
  return life + " has at most level " + std::to_string(level) + " of " +
         std::to_string(known.max->value);
}

// At most.
std::uint64_t Recruiting::coming(const View& view, const Turn& turn, Incarnation to) const {
  const auto by = life_of(view.world, *turn.server);
  const bool settled = linked_since(turn, to) + kComingFor <= view.now();
  const auto count = std::count_if(given_.begin(), given_.end(), [&](const Given& given) {
    const bool is_old = settled && given.at + kComingFor < view.now();
    return given.by == by && given.to == to && !is_old;
  });
  return static_cast<std::uint64_t>(count);
}

void Recruiting::at_rest(const View& view) {
  for (const std::vector<ServerSeen>& told : view.told) {
    const bool is_main = std::any_of(
        told.begin(), told.end(), [](const ServerSeen& seen) { return seen.itself && seen.main; });
    if (!is_main) continue;
    const LoadSettings& settings = view.world.server().settings().cluster->load;
    const bool all_past = std::all_of(told.begin(), told.end(), [&](const ServerSeen& seen) {
      return seen.member.role != Role::running || is_past_mark(seen, settings);
    });
    const auto waits = std::find_if(told.begin(), told.end(), [](const ServerSeen& seen) {
      return seen.member.role == Role::standby && seen.linked;
    });
    if (all_past && waits != told.end()) {
      stuck(view.now(), "all are past their marks, and " + waits->member.self.svr_id + " waits");
    }
  }
}

}  // namespace muster::sim
