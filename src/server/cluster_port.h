// The cluster store port: what load control asks the cluster's own store (design, "The cluster"):
// who the servers are and until when each may be believed, which of them is main, and
// which server owns which user. As at the store port, each request is one transaction, those of one
// asker happen in the order in which they were asked, and a reply other than StoreFailed is
// durable. (A store that fails only together with all its servers may forget renewals and whose
// users were: with the servers these have ended.)
//
// Time is the store's own: a lease runs from when the store wrote it, whatever the clocks of the
// servers say, and has run out from the moment at which its time is over. Where that time begins
// anew (the machine of the store was started again), all leases have run out.
//
// A server's life. TakeLease makes a row with a new incarnation, the highest so far. RenewLease
// keeps it. A lease that ran out still holds as long as nobody minds, for a store that was away is
// no reason to drop everybody; but any server may declare its holder gone (DeclareGone), and from
// then on whatever that incarnation asks is refused as fenced. Its users belong to it still. Who
// declared it gone fences it in the store of users too, so that nothing it has under way can land
// there, and only then is it forgotten (ForgetServer), which makes its users free. Each of these
// steps may be done by any server, and done twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "model/address.h"
#include "model/cluster/document.h"
#include "model/endpoint.h"
#include "server/store_port.h"

namespace muster::cluster {

// One life of one server. 0 is none.
using Incarnation = Id<struct IncarnationTag, std::uint64_t>;

// Users of one request, each a bare address; more is refused, as too_many.
inline constexpr std::size_t kUsersPerRequestMax = 1'000;
// Servers that are not gone; where there are as many, TakeLease is refused, as too_many, but to
// another life of one of them. (Who is gone waits for somebody to forget it, who may have to come.)
inline constexpr std::size_t kMembersMax = 512;

// The numbers are kept in stores.
enum class Role : std::uint8_t {
  standby,    // a candidate
  running,    // takes users
  draining,   // serves those whom it has, takes no more
  gone,       // fenced
  releasing,  // drains, and is a candidate once it has nobody
};
constexpr bool drains(Role role) {
  return role == Role::draining || role == Role::releasing;
}
constexpr bool serves(Role role) {
  return role == Role::running || drains(role);
}

// What a server says of itself when it comes.
struct Self {
  std::string svr_id;  // its SIP URI
  Endpoint link;       // where other servers connect to it
  // Where users do: sorted, all of this svr_id, at most one of a kind. `open` is not kept.
  std::vector<ServerEndpoint> endpoints;
  std::optional<LoadLevel> max_level;
  friend bool operator==(const Self&, const Self&) = default;
};

struct Member {
  Self self;
  Incarnation incarnation;
  Role role = Role::standby;
  Duration time_left;  // of its lease; zero: it ran out
  friend bool operator==(const Member&, const Member&) = default;
};

// All servers that are not forgotten, by incarnation; and who is main, if anybody is: a server that
// is not gone. Epochs begin at 1 and grow by one with each who takes the flag.
struct Directory {
  std::vector<Member> members;
  Incarnation main;
  Epoch epoch;
  friend bool operator==(const Directory&, const Directory&) = default;
};
// Null if it is forgotten.
inline const Member* member_of(const Directory& directory, Incarnation incarnation) {
  for (const Member& member : directory.members) {
    if (member.incarnation == incarnation) return &member;
  }
  return nullptr;
}

// --- requests ------------------------------------------------------------------------------------
// `by` is who asks. Where its row is gone or forgotten every request of its is refused as fenced,
// before all else; of several other reasons to refuse the first that is named counts. What is
// refused changes nothing.

// Another life of the same svr_id that is not gone is gone with it, and a flag of its too. Answer:
// LeaseTaken.
struct TakeLease {
  Self self;
  bool standby = false;  // else it runs
  Duration time;
};

// Answer: LeaseRenewed.
struct RenewLease {
  Incarnation by;
  Duration time;
};

// In order, when nobody is served and nothing is under way any more: the row is forgotten, and a
// flag with it. Answer: LeaseEnded.
struct EndLease {
  Incarnation by;
};

// The main's flag. Answer: MainTaken (to who has it too, whatever its role), or
// ClusterRefused{held} where the main's lease has not run out, {not_running} where the asker does
// not run.
struct TakeMain {
  Incarnation by;
};

// A flag of its goes with it. Answer: ServerIsGone (also where it is, or is forgotten), or
// ClusterRefused{held} where its lease has not run out.
struct DeclareGone {
  Incarnation by;
  Incarnation gone;
};

// Answer: ServerForgotten (also where it is), or ClusterRefused{held} where it is not gone.
struct ForgetServer {
  Incarnation by;
  Incarnation gone;
};

// An order of the main: a candidate is taken in, a server is drained, taken back, or let go.
// Answer: RoleSet, or ClusterRefused{not_main} where the asker is not main in this epoch,
// {changed} where the server's role is not `from`, or one of both is `gone`: nobody is ordered to
// be that, or back.
struct SetRole {
  Incarnation by;
  Epoch epoch;
  Incarnation of;
  Role from = Role::standby;
  Role to = Role::running;
};

// Who owns these users: 0 for nobody. Answer: Owners.
struct FindOwners {
  Incarnation by;
  std::vector<Address> users;
};

// Compare and set, one after another: where a user's owner is `from` (0: she has none) and `to`
// runs, she is `to`'s. Answer: Owners, each as it is then.
struct AssignUsers {
  struct One {
    Address user;
    Incarnation from;
    Incarnation to;
  };
  Incarnation by;
  std::vector<One> users;
};

// The asker serves them no more; where it owns one of them nobody does from now on. Answer: Owners,
// as they are then.
struct ReleaseUsers {
  Incarnation by;
  std::vector<Address> users;
};

// Removes at most `rows_max` rows of users whose owner is forgotten: they are free already. Answer:
// AssignmentsSwept.
struct SweepAssignments {
  Incarnation by;
  std::uint32_t rows_max = 0;
};

using ClusterRequest =
    std::variant<TakeLease, RenewLease, EndLease, TakeMain, DeclareGone, ForgetServer, SetRole,
                 FindOwners, AssignUsers, ReleaseUsers, SweepAssignments>;

// --- replies -------------------------------------------------------------------------------------

struct LeaseTaken {
  Incarnation incarnation;
  Directory directory;
};
struct LeaseRenewed {
  Directory directory;
};
struct LeaseEnded {};
struct MainTaken {
  Epoch epoch;
};
struct ServerIsGone {};
struct ServerForgotten {};
struct RoleSet {};
struct Owners {
  std::vector<Incarnation> owners;  // one for each user, in their order
};
struct AssignmentsSwept {
  std::uint32_t rows = 0;
};

struct ClusterRefused {
  enum class Why : std::uint8_t {
    fenced,
    held,
    not_running,
    not_main,
    changed,
    too_many,
  } why = Why::fenced;
};

using ClusterReply =
    std::variant<LeaseTaken, LeaseRenewed, LeaseEnded, MainTaken, ServerIsGone, ServerForgotten,
                 RoleSet, Owners, AssignmentsSwept, ClusterRefused, StoreFailed>;

}  // namespace muster::cluster
