// What one server knows of the load of all that run, itself included: what each last said of
// itself, and what this one, the asker, has given it since. Placing, growth and rebalancing judge
// by it. It is the asker's, on shard 0 (cluster_server.h).
//
// A user who was given to a server is not yet in its level: she has to be told and to come, and a
// report that was on its way then says nothing of her. So that she is counted once, always:
//
// - The asker numbers the users that it gives to one server: 1, 2, 3, ... It tells the server each
//   number, in order, once the assignment is committed.
// - The server waits for each of those users, for a stated time. Its report to this asker says how
//   many of them are *settled*: they came, and are in the level of this same report, or it waits no
//   longer. That is the highest number it was told, less those it waits for; so a number that was
//   lost on the way is made good by the next.
// - The level of a server, to this asker, is the one in its report, and one for each user that is
//   given and not settled, or still being committed (`asked`).
//
// Each weighs one, as a user with the expected resources does by the paper's index; what she weighs
// is known when she has come. What other askers give is known from reports alone. Reports of one
// server are taken in the order in which it made them. Another life of either is another
// incarnation, and begins at 0. A server is told before the user is sent to it: until it is, who
// comes sooner counts twice.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/cluster/document.h"
#include "server/cluster_port.h"

namespace muster::cluster {

struct LoadReport {
  LoadLevel level;
  std::uint32_t users = 0;    // that it has
  std::uint32_t dialogs = 0;  // SIP dialogs of those
  std::uint64_t settled = 0;  // of the users that the asker gave it
};

struct ServerPicture {
  Incarnation incarnation;
  Role role = Role::running;
  std::optional<LoadLevel> max;      // none: no limit
  std::optional<LoadReport> report;  // the latest since it runs
  std::uint64_t given = 0;
  std::uint32_t asked = 0;
  // The asker has a link to it, or is it. One without may be dead, which its lease says later:
  // nobody is sent there to learn it.
  bool reachable = true;

  bool runs() const { return role == Role::running; }
  bool drains() const { return cluster::drains(role); }
  bool known() const { return report.has_value(); }
  // Only of one that is known: those whom the asker gave it and who are not in its report yet, and
  // its level.
  std::uint64_t coming() const;
  LoadLevel level() const;
  // Whether it takes one more user. One that is not known yet does not: it may be full. Nor does
  // one that cannot be reached.
  bool has_room() const;

  Incarnation key() const { return incarnation; }
};

class Picture {
 public:
  // All that are not gone, by incarnation.
  std::span<const ServerPicture> servers() const { return servers_; }

  // What is known of a server stays as long as it is not gone, but for the report of one that ran
  // before it was a candidate again.
  void follow(const Directory& directory);

  // True if that is another than before.
  bool reach(Incarnation server, bool reachable);
  // False, and nothing is known, if that server is not in the picture (yet).
  bool take_report(Incarnation server, const LoadReport& report);

  // Users who are about to be given to a server; those who then were, and those who were not, for
  // another asker was first or the store refused. commit() gives the number to tell the server, of
  // the last of them, and 0 if it is gone.
  void reserve(Incarnation server, std::uint32_t users);
  std::uint64_t commit(Incarnation server, std::uint32_t users);
  void release(Incarnation server, std::uint32_t users);

 private:
  std::vector<ServerPicture> servers_;
};

}  // namespace muster::cluster
