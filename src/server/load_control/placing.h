// Which server takes the next user (paper, section 3.1, figure 4), asked by the server where she
// lands (assignments.h). The user who has a live owner is hers, whatever is answered here.
//
// `lowest`, the default: of the servers that have room the one with the lowest level. Each server
// that runs or drains may ask, none knowing of what the others place until reports say so; so the
// asker reckons that each of them gives as it does, and counts whom it gave a server, and who is
// not in its report yet, once for each asker. With nobody on the way that is the paper's rule to
// the letter; of a burst only the part that no report has told of is spread the wider. Of several
// with the same reckoned level the hash of asker and user says which, the same each time.
// `limit`: the asker itself as long as it has room, which redirects few; then as `lowest`.
//
// A server has room below its max-loadlevel. Its free places are parted among the askers, rounded
// up, and who has used up its parts of all servers goes on by what it knows itself, for it may be
// the only one who asks. So of users who weigh one (picture.h):
//
// - One asker alone brings nobody past its limit, and fills all the places there are.
// - Many at once, of whom none places more than its parts, bring a server past its limit by fewer
//   users than there are askers; if they place alike, past the level that is even by no more than
//   one for each asker.
// - If more land at once than there are free places, each asker may fill them all once, before it
//   hears of the others: the bound is the number of askers times the free places.
#pragma once

#include <cstdint>

#include "model/address.h"
#include "server/cluster_port.h"
#include "server/load_control/picture.h"
#include "server/load_settings.h"

namespace muster::cluster {

struct Placement {
  enum class Outcome : std::uint8_t {
    placed,
    all_full,  // each that is known has reached its limit: it is time to recruit
    nobody,    // there is none that takes users and has said its level
  } outcome = Outcome::nobody;
  Incarnation server;  // where `placed`
};

// Reserves the place in the picture, so that the next one is told of it: commit or release it. Two
// looks at each server, three where levels are equal; there are at most kMembersMax
// (cluster_port.h).
Placement place(Picture& picture, Incarnation asker, const Address& user, PlacingPolicy policy);

}  // namespace muster::cluster
