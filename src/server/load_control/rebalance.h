// Which users move from server to server, by number: when a server joined, and when one drains
// (paper, figure 4, step 6; design, "Moving users"). It is the main's (main_server.h), made when it
// becomes main, who carries the moves out: the server that has the users says which, and makes them
// the other's before they are told.
//
// A server joined: where levels are further apart than `spread` per cent of their mean, user by
// user, from the server with the highest level to the one with the lowest that has room, until they
// are half as far apart, or one user more would not bring them nearer. Half, for what users weighed
// is known when they have moved, and there is to be nothing to mend; no further, for each who moves
// is disturbed. One drains: all that it has, each to the lowest that has room; this goes first. A
// user weighs what the users of her server weigh in the mean.
//
// Reports come later than moves. So it reckons in rounds: it takes the levels once, moves until all
// is even by its own reckoning, waits until the last move has ended, be it by a death, and
// report_time_max has gone by, and takes the levels once more. kEvenRoundsMax bounds how often, for
// levels that do not follow the users (level.h, `measured`) or that arrivals bring apart as fast.
// The first round begins report_time_max after the joining, when the level of who joined is known;
// a server that is not known then, or cannot be reached, is passed over. A drain needs only that
// users leave: it has no such bound, and as long as it gets on it goes on kDrainRest after its last
// move has ended, for the few who came or could not be moved; nothing is made even in a round that
// began so soon.
//
// The pace holds for both together: users and SIP dialogs per second (pace.h), and users in flight.
// (Who has a phone goes later, at a pace that each server keeps for itself: late_moves.h.)
// How many dialogs a user has is known only where she is; so a move comes with a number of dialogs,
// which the mean predicts, and takes fewer users if these would have more. It always takes one.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "server/cluster_port.h"
#include "server/load_control/pace.h"
#include "server/load_control/picture.h"
#include "server/load_settings.h"

namespace muster::cluster {

inline constexpr std::uint32_t kEvenRoundsMax = 4;
// What a server has left is known by then, unless something is wrong; if not, it is asked for users
// whom it does not have.
inline constexpr Duration kDrainRest = Duration::milliseconds(500);
// Nobody says any more that a move has ended: longer than a server waits for who moves
// (residents.h).
inline constexpr Duration kInFlightTimeMax = Duration::seconds(60);

struct Move {
  Incarnation from;
  Incarnation to;
  std::uint32_t users = 0;    // at most
  std::uint32_t dialogs = 0;  // of these users together, at most, but for the first user
  friend bool operator==(const Move&, const Move&) = default;
};

// The server that a user of `from` is better served at: of those that serve her and have room the
// one with the lowest level, if levels are further apart than a round leaves them. Who is on the
// way is taken to have gone from there and to weigh what the users of `from` do, and as many again
// to have gone from each other server that may send some: rather too few go than too many.
std::optional<Incarnation> lower_server(std::span<const ServerPicture> servers, Incarnation from,
                                        const LoadSettings& settings,
                                        const std::function<bool(Incarnation)>& serves_her);

class Rebalance {
 public:
  // `settings` outlives it.
  explicit Rebalance(const LoadSettings& settings);

  // Somebody joined: make it even.
  void joined(Instant now);

  // What may begin to move now. A move is in flight until all its users have ended.
  std::vector<Move> step(Instant now, std::span<const ServerPicture> servers);

  // Users of such a move moved, or do not: they could not, or have gone, or had too many dialogs.
  void ended(Instant now, Incarnation from, Incarnation to, std::uint32_t users);

  // When to step though nothing has changed.
  std::optional<Instant> next_deadline() const;

 private:
  static constexpr std::uint64_t kNothingDrained = std::numeric_limits<std::uint64_t>::max();

  // A server by our own reckoning, in a round. Levels are in parts of one.
  struct Row {
    Incarnation server;
    bool drains = false;
    std::uint64_t level = 0;
    std::uint64_t max = 0;
    std::uint64_t user_weight = 0;
    std::uint32_t users = 0;    // that it had at first
    std::uint32_t dialogs = 0;  // of those
    std::uint32_t left = 0;     // users of those that have not begun to move
    Incarnation key() const { return server; }
  };
  struct InFlight {
    Incarnation from;
    Incarnation to;
    std::uint32_t users = 0;
    Instant until;
  };
  struct Pair {
    Row* from = nullptr;
    Row* to = nullptr;
  };

  void follow(Instant now, std::span<const ServerPicture> servers);
  void rest(Instant now);
  Instant next_round() const;
  void begin_round(Instant now, std::span<const ServerPicture> servers);
  void end_round(Instant now);
  Pair next_pair();
  Row* lowest_with_room_for(const Row& from);
  Row* highest();
  static std::uint32_t dialogs_of(std::uint64_t users, const Row& from);
  bool take_one(Instant now, const Row& from, Move& move);
  std::uint32_t users_in_flight() const;

  const LoadSettings& settings_;
  Pace users_pace_;
  Pace dialogs_pace_;
  Instant rest_until_;             // before that nothing is made even
  Instant drains_from_;            // before that nobody leaves a server that drains
  std::uint32_t rounds_left_ = 0;  // to make it even
  // Users of those that drain, by the latest picture; and when the latest round began.
  std::uint64_t draining_users_ = 0;
  std::uint64_t drained_to_ = kNothingDrained;

  // The round, if there are rows.
  std::vector<Row> rows_;  // sorted
  bool evening_ = false;
  bool moved_ = false;
  std::uint64_t apart_max_ = 0;  // of levels, in the same parts

  std::vector<InFlight> in_flight_;
};

}  // namespace muster::cluster
