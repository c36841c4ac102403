#include "server/load_control/rebalance.h"

#include <algorithm>
#include <limits>

#include "model/cluster/sorted.h"

namespace muster::cluster {
namespace {

// So fine is the weight of a user reckoned.
constexpr std::uint64_t kPartsOfLevel = 1'024;

std::uint64_t parts_of(LoadLevel level) {
  return level.value * kPartsOfLevel;
}

Move& move_between(Incarnation from, Incarnation to, std::vector<Move>& moves) {
  const auto known = std::find_if(moves.begin(), moves.end(), [&](const Move& move) {
    return move.from == from && move.to == to;
  });
  return known != moves.end() ? *known : moves.emplace_back(Move{from, to});
}

}  // namespace

std::optional<Incarnation> lower_server(std::span<const ServerPicture> servers, Incarnation from,
                                        const LoadSettings& settings,
                                        const std::function<bool(Incarnation)>& serves_her) {
  const ServerPicture* own = find(servers, from);
  if (own == nullptr || !own->known() || own->report->users == 0) return std::nullopt;
  const auto counts = [](const ServerPicture& server) {
    return server.runs() && server.known() && server.reachable;
  };
  const auto running =
      static_cast<std::uint64_t>(std::count_if(servers.begin(), servers.end(), counts));
  const std::uint64_t weight =
      std::max<std::uint64_t>(1, own->report->level.value / own->report->users);
  std::uint64_t levels = 0;
  std::uint64_t going = 0;
  const ServerPicture* lowest = nullptr;
  std::uint64_t low = 0;
  for (const ServerPicture& server : servers) {
    if (!counts(server)) continue;
    levels += server.report->level.value;
    if (server.incarnation == from) continue;
    going += weight * server.coming();
    const std::uint64_t level = server.report->level.value + weight * server.coming() * running;
    if (!serves_her(server.incarnation)) continue;
    if (server.max && level + weight > server.max->value) continue;
    if (lowest != nullptr && level >= low) continue;
    lowest = &server;
    low = level;
  }
  if (lowest == nullptr) return std::nullopt;
  const std::uint64_t apart = levels / running * settings.spread / 100 / 2;
  const std::uint64_t high =
      own->report->level.value - std::min<std::uint64_t>(going, own->report->level.value);
  if (high <= low + std::max(apart, weight)) return std::nullopt;
  return lowest->incarnation;
}

Rebalance::Rebalance(const LoadSettings& settings)
    : settings_(settings),
      users_pace_(settings.moved_users_per_second),
      dialogs_pace_(settings.moved_dialogs_per_second) {}

void Rebalance::joined(Instant now) {
  rows_.clear();
  rounds_left_ = kEvenRoundsMax;
  rest(now);
}

void Rebalance::rest(Instant now) {
  rest_until_ = std::max(rest_until_, now + settings_.report_time_max);
  drains_from_ = std::max(drains_from_, now + std::min(kDrainRest, settings_.report_time_max));
}

// A drain that does not get on, for who is left goes when she likes, rests as long as the others:
// else these would never be made even.
Instant Rebalance::next_round() const {
  return draining_users_ > 0 && draining_users_ < drained_to_ ? drains_from_ : rest_until_;
}

std::vector<Move> Rebalance::step(Instant now, std::span<const ServerPicture> servers) {
  std::vector<Move> moves;
  follow(now, servers);
  if (rows_.empty()) {
    if (rounds_left_ == 0 && draining_users_ == 0) return moves;
    if (!in_flight_.empty() || now < next_round()) return moves;
    begin_round(now, servers);
  }
  for (std::uint32_t users = users_in_flight(); users < settings_.moves_in_flight_max; ++users) {
    const Pair pair = next_pair();
    if (pair.to == nullptr) {
      end_round(now);
      break;
    }
    if (!take_one(now, *pair.from, move_between(pair.from->server, pair.to->server, moves))) break;
    pair.from->level -= std::min(pair.from->level, pair.from->user_weight);
    pair.to->level += pair.from->user_weight;
    --pair.from->left;
    moved_ = true;
  }
  std::erase_if(moves, [](const Move& move) { return move.users == 0; });
  for (const Move& move : moves)
    in_flight_.push_back({move.from, move.to, move.users, now + kInFlightTimeMax});
  return moves;
}

void Rebalance::ended(Instant now, Incarnation from, Incarnation to, std::uint32_t users) {
  for (InFlight& move : in_flight_) {
    if (move.from != from || move.to != to) continue;
    const std::uint32_t these = std::min(users, move.users);
    move.users -= these;
    users -= these;
  }
  std::erase_if(in_flight_, [](const InFlight& move) { return move.users == 0; });
  if (in_flight_.empty()) rest(now);
}

// Moves begin in the order of their time.
std::optional<Instant> Rebalance::next_deadline() const {
  std::optional<Instant> next;
  if (!in_flight_.empty()) next = in_flight_.front().until;
  const auto sooner = [&](Instant when) { next = next ? std::min(*next, when) : when; };
  if (!rows_.empty()) {
    if (users_in_flight() >= settings_.moves_in_flight_max) return next;
    sooner(std::max(users_pace_.full_at(), dialogs_pace_.full_at()));
  } else if ((rounds_left_ > 0 || draining_users_ > 0) && in_flight_.empty()) {
    sooner(next_round());
  }
  return next;
}

// Who is gone, or a candidate again, or cannot be reached is part of nothing; who began to drain
// gets nobody any more.
void Rebalance::follow(Instant now, std::span<const ServerPicture> servers) {
  const auto serves = [&](Incarnation incarnation) {
    const ServerPicture* server = find(servers, incarnation);
    return server != nullptr && server->role != Role::standby && server->reachable;
  };
  std::erase_if(rows_, [&](const Row& row) { return !serves(row.server); });
  const auto ended = std::erase_if(in_flight_, [&](const InFlight& move) {
    return !serves(move.from) || !serves(move.to) || move.until <= now;
  });
  if (ended > 0 && in_flight_.empty()) rest(now);
  draining_users_ = 0;
  for (const ServerPicture& server : servers) {
    if (Row* row = find(rows_, server.incarnation)) row->drains = server.drains();
    if (server.drains() && server.known() && server.reachable) {
      draining_users_ += server.report->users;
    }
  }
  if (draining_users_ == 0) drained_to_ = kNothingDrained;
}

void Rebalance::begin_round(Instant now, std::span<const ServerPicture> servers) {
  std::uint64_t levels = 0;
  std::uint64_t running = 0;
  for (const ServerPicture& server : servers) {
    if (server.role == Role::standby || !server.known() || !server.reachable) continue;
    Row& row = rows_.emplace_back();
    row.server = server.incarnation;
    row.drains = server.drains();
    row.level = parts_of(server.level());
    row.max = server.max ? parts_of(*server.max) : std::numeric_limits<std::uint64_t>::max();
    row.users = row.left = server.report->users;
    row.dialogs = server.report->dialogs;
    if (row.users > 0) {
      row.user_weight = std::max<std::uint64_t>(1, parts_of(server.report->level) / row.users);
      // What is measured of a server does not all leave with its users: the last of them would
      // weigh as much as an empty server does, and find room nowhere.
      if (row.drains && settings_.index == LoadIndex::measured) {
        row.user_weight = std::min(row.user_weight, kPartsOfLevel);
      }
    }
    levels += row.level;
    if (!row.drains) ++running;
  }
  apart_max_ = running == 0 ? 0 : levels / running * settings_.spread / 100;
  moved_ = false;
  drained_to_ = draining_users_;
  evening_ = rounds_left_ > 0 && now >= rest_until_;
  if (evening_) --rounds_left_;
  if (next_pair().to != nullptr) apart_max_ /= 2;
}

// A round in which there was nothing to move is the last to make it even.
void Rebalance::end_round(Instant now) {
  rows_.clear();
  if (evening_ && !moved_) rounds_left_ = 0;
  rest(now);
}

// `to` is null if nothing is to be moved, or nobody has room.
Rebalance::Pair Rebalance::next_pair() {
  for (Row& row : rows_) {
    if (!row.drains || row.left == 0) continue;
    if (Row* to = lowest_with_room_for(row)) return {&row, to};
  }
  Row* from = evening_ ? highest() : nullptr;
  if (from == nullptr) return {};
  Row* to = lowest_with_room_for(*from);
  if (to == nullptr) return {};
  const std::uint64_t near = to->level + std::max(apart_max_, from->user_weight);
  return from->level > near ? Pair{from, to} : Pair{};
}

Rebalance::Row* Rebalance::lowest_with_room_for(const Row& from) {
  Row* lowest = nullptr;
  for (Row& row : rows_) {
    if (row.drains || row.max < from.user_weight) continue;
    if (row.level > row.max - from.user_weight) continue;
    if (lowest == nullptr || row.level < lowest->level) lowest = &row;
  }
  return lowest;
}

// Of those that have somebody who could be moved.
Rebalance::Row* Rebalance::highest() {
  Row* highest = nullptr;
  for (Row& row : rows_) {
    if (row.drains || row.left == 0) continue;
    if (highest == nullptr || row.level > highest->level) highest = &row;
  }
  return highest;
}

// The dialogs of so many of its users in the mean, rounded up.
std::uint32_t Rebalance::dialogs_of(std::uint64_t users, const Row& from) {
  return static_cast<std::uint32_t>((users * from.dialogs + from.users - 1) / from.users);
}

bool Rebalance::take_one(Instant now, const Row& from, Move& move) {
  const std::uint32_t dialogs = dialogs_of(move.users + 1, from) - move.dialogs;
  if (!users_pace_.allows(now, 1) || !dialogs_pace_.allows(now, dialogs)) return false;
  users_pace_.take(1);
  dialogs_pace_.take(dialogs);
  ++move.users;
  move.dialogs += dialogs;
  return true;
}

std::uint32_t Rebalance::users_in_flight() const {
  std::uint32_t users = 0;
  for (const InFlight& move : in_flight_)
    users += move.users;
  return users;
}

}  // namespace muster::cluster
