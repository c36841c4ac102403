// What two servers of a cluster say to each other on the lane `directed` (frame.h), in their own
// words. All numbers are in network order.
//
//   user-given    = 1, number (8), the user's bare address (the rest)
//   users-settled = 2, settled (8), level (4), users (4), dialogs (4)
//   yield-user    = 3, the user's bare address (the rest)
//   user-yielded  = 4, whether (1: 0 or 1), the user's bare address (the rest)
//   room-wanted   = 5, users (4)
//   move-users    = 6, epoch (8), to (8), users (4), dialogs (4), whether all may be (1: 0 or 1)
//   users-moved   = 7, to (8), users (4)
//   figures-asked = 8, number (8)
//   figures-told  = 9, number (8), users by XMPP (8), by SIP (8), resources (8), relayed (8),
//                   level (4), users (4), of lag, processor, memory and queues used (4) and of (4)
//   order-asked   = 10, number (8), link (8), what (1), the server's id (the rest)
//   order-answered = 11, number (8), outcome (1)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/load.h"

namespace muster::cluster {

// The sender assigned this user to the receiver; numbered from 1 in the two lives
// (server/load_control/picture.h).
struct UserGiven {
  std::uint64_t number = 0;
  std::string_view user;
  friend bool operator==(const UserGiven&, const UserGiven&) = default;
};

// The sender's load, and how many of the users that the receiver gave it are in it, or are waited
// for no longer.
struct UsersSettled {
  std::uint64_t settled = 0;
  std::uint32_t level = 0;
  std::uint32_t users = 0;
  std::uint32_t dialogs = 0;
  friend bool operator==(const UsersSettled&, const UsersSettled&) = default;
};

// The receiver's user came to the sender, and does not go from there: is she to be had? The answer
// is UserYielded.
struct YieldUser {
  std::string_view user;
  friend bool operator==(const YieldUser&, const YieldUser&) = default;
};
// The sender had nothing of hers, and she is not its user any more; or it keeps her.
struct UserYielded {
  bool yielded = false;
  std::string_view user;
  friend bool operator==(const UserYielded&, const UserYielded&) = default;
};

// To the main: so many users wait at the sender for a place, for no server has room.
struct RoomWanted {
  std::uint32_t users = 0;
  friend bool operator==(const RoomWanted&, const RoomWanted&) = default;
};

// By the main of that epoch: so many users of the receiver at most, who have so many SIP dialogs
// together but for the first, are to move to that incarnation.
struct MoveUsers {
  std::uint64_t epoch = 0;
  std::uint64_t to = 0;
  std::uint32_t users = 0;
  std::uint32_t dialogs = 0;
  bool all = false;  // also those whom it would be better to leave where they are: it drains
  friend bool operator==(const MoveUsers&, const MoveUsers&) = default;
};
// To the main: the moves of so many of these have ended, or did not begin.
struct UsersMoved {
  std::uint64_t to = 0;
  std::uint32_t users = 0;
  friend bool operator==(const UsersMoved&, const UsersMoved&) = default;
};

// What an operator is shown of a server.
struct Figures {
  std::uint64_t xmpp = 0;
  std::uint64_t sip = 0;
  std::uint64_t resources = 0;
  std::uint64_t relayed = 0;
  std::uint32_t level = 0;
  std::uint32_t users = 0;
  Measures measures;
  friend bool operator==(const Figures&, const Figures&) = default;
};
// An operator asks the sender; the number is the sender's, and is in the answer.
struct FiguresAsked {
  std::uint64_t number = 0;
  friend bool operator==(const FiguresAsked&, const FiguresAsked&) = default;
};
struct FiguresTold {
  std::uint64_t number = 0;
  Figures figures;
  friend bool operator==(const FiguresTold&, const FiguresTold&) = default;
};
// To the main: an operator at the sender orders this (server/admin_events.h, OrderServer); and what
// came of it (AdminReply::Outcome). It means nothing on another link than the one that it was given
// on (Hello::link), for the operator was told by then that nobody answered.
struct OrderAsked {
  std::uint64_t number = 0;
  std::uint64_t link = 0;
  std::uint8_t what = 0;
  std::string_view svr_id;
  friend bool operator==(const OrderAsked&, const OrderAsked&) = default;
};
struct OrderAnswered {
  std::uint64_t number = 0;
  std::uint8_t outcome = 0;
  friend bool operator==(const OrderAnswered&, const OrderAnswered&) = default;
};

using Told = std::variant<UserGiven, UsersSettled, YieldUser, UserYielded, RoomWanted, MoveUsers,
                          UsersMoved, FiguresAsked, FiguresTold, OrderAsked, OrderAnswered>;

// Views are of `said`. Nothing: it is none.
std::optional<Told> read_told(std::string_view said);
void append_told(std::string& out, const Told& told);

}  // namespace muster::cluster
