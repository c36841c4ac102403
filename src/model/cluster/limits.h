// How much one cluster document may hold. At a limit it is refused with the error named beside it
// (codec/cluster/error.h), and so is a change that would bring a copy past it.
#pragma once

#include <cstddef>

namespace muster::cluster {

struct Limits {
  std::size_t bytes_max = std::size_t{512} * 1024;           // too_big: full or partial
  std::size_t servers_max = 256;                             // too_many_servers: that run
  std::size_t candidates_max = 256;                          // too_many_candidates
  std::size_t users_max = 1'000'000;                         // too_many_users: in all lists
  std::size_t changes_max = 4096;                            // too_many_changes: of one document
  std::size_t pres_info_bytes_max = std::size_t{64} * 1024;  // pres_info_too_big: of one user
};

}  // namespace muster::cluster
