// What two servers of a cluster say to each other on the lane `directed` (frame.h), in their own
// words. All numbers are in network order.
//
//   user-given    = 1, number (8), the user's bare address (the rest)
//   users-settled = 2, settled (8), level (4), users (4), dialogs (4)
//   yield-user    = 3, the user's bare address (the rest)
//   user-yielded  = 4, whether (1: 0 or 1), the user's bare address (the rest)
//   room-wanted   = 5, users (4)
//   move-users    = 6, to (8), users (4), dialogs (4), whether all may be (1: 0 or 1)
//   users-moved   = 7, to (8), users (4)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

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

// By the main: so many users of the receiver at most, who have so many SIP dialogs together but for
// the first, are to move to that incarnation.
struct MoveUsers {
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

using Told = std::variant<UserGiven, UsersSettled, YieldUser, UserYielded, RoomWanted, MoveUsers,
                          UsersMoved>;

// Views are of `said`. Nothing: it is none.
std::optional<Told> read_told(std::string_view said);
void append_told(std::string& out, const Told& told);

}  // namespace muster::cluster
