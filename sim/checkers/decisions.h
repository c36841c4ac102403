// What a server decides for its cluster is decided in one turn of its, by what it knew of the loads
// of all (server/load_control/picture.h): as the turn began or as it ended, for what came in it may
// have changed that. A checker of such decisions is given each turn with both.
//
// What is known is compared with what others say of themselves by the checker `levels`; here it is
// taken as it is, but for who was given to a server lately: that is counted by what was asked of
// the cluster's store.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/load_control/picture.h"
#include "sim/checkers/checker.h"

namespace muster::sim {

class Decisions : public Checker {
 public:
  using Checker::Checker;
  void turn_begins(const Server& server) final;
  void asked(const cluster::ClusterRequest& request) final;
  void told_operator(const Log& line) final;
  void at_step(const View& view) final;

 protected:
  using Known = std::vector<cluster::ServerPicture>;
  struct Turn {
    const Server* server = nullptr;
    Known before;
    Known after;
    std::vector<cluster::ClusterRequest> asked{};
    std::vector<Log> told{};
  };
  // A server as the one whose turn it is knew it, before and after.
  struct Both {
    const cluster::ServerPicture& before;
    const cluster::ServerPicture& after;
    bool runs() const { return before.runs() && after.runs(); }
    bool known() const { return before.known() && after.known(); }
    bool reachable() const { return before.reachable && after.reachable; }
  };
  static std::optional<Both> both(const Turn& turn, cluster::Incarnation server);

  virtual void judge(const View& view, const Turn& turn) = 0;
  // Since when the server whose turn it is has had a link to that one, without a break; it has one.
  Instant linked_since(const Turn& turn, cluster::Incarnation to) const;

 private:
  void end_turn();
  void note_links(const Turn& turn, Instant at);

  std::vector<Turn> turns_;  // of the event that is under way; the last one may not be over
  bool is_open_ = false;
  std::map<std::pair<ServerId, cluster::Incarnation>, Instant> linked_since_;
};

}  // namespace muster::sim
