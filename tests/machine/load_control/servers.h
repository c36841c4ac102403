// Servers as load control sees them, in few words, for its tests.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "server/load_control/picture.h"

namespace muster::cluster {

inline Instant at(std::int64_t milliseconds) {
  return Instant::at(Duration::milliseconds(milliseconds));
}

// One that runs, and has so many users of weight 1.
inline ServerPicture server(std::uint64_t number, std::uint32_t level,
                            std::optional<LoadLevel> max = LoadLevel{100}) {
  ServerPicture picture;
  picture.incarnation = Incarnation(number);
  picture.max = max;
  picture.report = LoadReport{LoadLevel{level}, level, 0, 0};
  return picture;
}

inline ServerPicture unknown_server(std::uint64_t number) {
  ServerPicture picture = server(number, 0);
  picture.report.reset();
  return picture;
}

inline ServerPicture draining_server(std::uint64_t number, std::uint32_t level) {
  ServerPicture picture = server(number, level);
  picture.role = Role::draining;
  return picture;
}

inline ServerPicture releasing_server(std::uint64_t number, std::uint32_t level) {
  ServerPicture picture = server(number, level);
  picture.role = Role::releasing;
  return picture;
}

inline Member member(std::uint64_t number, Role role = Role::running,
                     std::optional<LoadLevel> max = LoadLevel{100}) {
  Member member;
  member.incarnation = Incarnation(number);
  member.role = role;
  member.self.max_level = max;
  return member;
}

}  // namespace muster::cluster
