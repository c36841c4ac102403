// Which server takes the next user (paper, section 3.1, figure 4), asked by the server where she
// lands. The user who has a live owner is hers, and nobody asks here.
//
// `lowest`, the default: of the servers that have room the one with the lowest level. Of several,
// the hash of asker and user says which: so servers that ask at one moment, each knowing nothing of
// what the others do, do not all send theirs to one; and the answer is the same each time.
// `limit`: the asker itself as long as it has room, which redirects few; then as `lowest`.
//
// A server has room below its max-loadlevel, so that none that is asked is brought past it, unless
// by users whom others place at the same time, or who weigh more than one (picture.h).
#pragma once

#include <cstdint>

#include "model/address.h"
#include "server/cluster_port.h"
#include "server/load_control/load_settings.h"
#include "server/load_control/picture.h"

namespace muster::cluster {

struct Placement {
  enum class Outcome : std::uint8_t {
    placed,
    all_full,  // each that is known has reached its limit: it is time to recruit
    nobody,    // there is none that takes users and has said its level
  } outcome = Outcome::nobody;
  Incarnation server;  // where `placed`
};

// Reserves the place in the picture, so that the next one is told of it: commit or release it. One
// look at each server, two where levels are equal; there are at most 256 (model/cluster/limits.h).
Placement place(Picture& picture, Incarnation asker, const Address& user, PlacingPolicy policy);

}  // namespace muster::cluster
