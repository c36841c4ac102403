// A candidate is taken in only if there is a shortage: each server that runs, and that the main has
// a link to and knows the level of, has reached its limit (or, where the high mark is lower, is
// past that), counting who was given to it and may not have come yet. One at a time: no other is
// asked before the one that was asked has joined, has failed or has had its time, and none while
// who joined has not had its time to say its level (server/load_control/growth.h).
//
// And there is no shortage at rest: where all servers are past their marks, nobody waits to be
// taken in.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/checkers/decisions.h"

namespace muster::sim {

class Recruiting : public Decisions {
 public:
  // Who was given to a server has come to it by then, or is not waited for any more, and that has
  // been heard: half a minute (awaited_users.h), and as long as a shard may stand still.
  static constexpr Duration kComingFor = Duration::minutes(2);

  using Decisions::Decisions;
  std::string_view name() const override { return "recruiting"; }
  void at_rest(const View& view) override;

 protected:
  void judge(const View& view, const Turn& turn) override;

 private:
  struct Given {
    Instant at;
    cluster::Incarnation by;
    cluster::Incarnation to;
  };
  struct Asked {
    std::string who;
    Instant at;
  };

  void note_given(const View& view, const Turn& turn);
  void note_unknown(const View& view, const Turn& turn);
  void told(const View& view, const Turn& turn, const Log& line);
  void ordered(const View& view, const Turn& turn, const cluster::SetRole& order);
  std::string room_in(const View& view, const Turn& turn,
                      const cluster::ServerPicture& server) const;
  std::uint64_t coming(const View& view, const Turn& turn, cluster::Incarnation to) const;

  std::vector<Given> given_;
  // By whose turn it is: the servers that run and have not said their level, since when.
  std::map<std::pair<ServerId, cluster::Incarnation>, Instant> unknown_since_;
  std::map<ServerId, Asked> asked_;  // the candidate that each asked last, until that is over
};

}  // namespace muster::sim
