// What a question to the cluster store was about is in its ticket: the subject above, a number of
// the asker's below.
#pragma once

#include <cstdint>

#include "base/check.h"
#include "server/vocabulary.h"

namespace muster {

enum class ClusterSubject : std::uint8_t {
  // membership.h; the number is an incarnation
  lease = 1,
  main,
  gone,
  forget,
  // assignments.h
  assign,
  find,
  release,
  yield,  // the number is that of the question
  move,   // the same
  // cluster_admin.cc, cluster_server_main.cc; the same
  where,
  role,
};

inline constexpr int kClusterSubjectBit = 56;

inline Ticket cluster_ticket(ClusterSubject subject, std::uint64_t number = 0) {
  MUSTER_CHECK(number >> kClusterSubjectBit == 0);
  return Ticket((static_cast<std::uint64_t>(subject) << kClusterSubjectBit) | number);
}
inline ClusterSubject subject_of(Ticket ticket) {
  return static_cast<ClusterSubject>(ticket.number() >> kClusterSubjectBit);
}
inline std::uint64_t number_of(Ticket ticket) {
  return ticket.number() & ((std::uint64_t{1} << kClusterSubjectBit) - 1);
}

}  // namespace muster
