// When a server is added, and when one is let go (paper, figure 4, step 4; design, "Scale-in"). It
// is the main's (main_server.h), made when it becomes main, who gives it a picture when that has
// changed or a deadline has come, and does what it says.
//
// A server is recruited for a *shortage*: each server that runs is past its high mark, or users
// want a place and none has room. With the high mark at 100 per cent, the default, this is the
// paper's rule: all have reached their limit and a user more comes, or they are past it by
// themselves. A server without a limit is never past a mark.
//
// - One at a time. One that joined, or runs, and has not said its level yet has room, for all that
//   is known; so nobody is recruited until it says so, or for report_time_max, each server's own.
//   After that it shares what comes, and another shortage is another. So it is too for who becomes
//   main.
// - Candidates are asked in their order. One that does not come within recruit_time_max, or fails,
//   is not asked again for recruit_back_off; when all have failed, that is the pause.
// - One that was asked is awaited even if the shortage is over: the next one would wait for it.
//
// A server is let go that was at or below its low mark for low_time, if the others have room for
// its level below their high marks: the lowest; of several the youngest, which has the fewest users
// of long standing. Not the main, so one remains always. No server is let go during a shortage or
// a recruitment, or while another drains, is not known or not reached; each of these, and a letting
// go, begins low_time anew, for the levels will change.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "server/cluster_port.h"
#include "server/load_control/picture.h"
#include "server/load_settings.h"
#include "server/shard.h"

namespace muster::cluster {

// A candidate, by its SIP URI, is to be asked in; is to be asked no more, for its time is over.
struct Recruit {
  std::string candidate;
  friend bool operator==(const Recruit&, const Recruit&) = default;
};
struct GiveUpOn {
  std::string candidate;
  friend bool operator==(const GiveUpOn&, const GiveUpOn&) = default;
};
// A server is to be drained, and let go when it has nobody.
struct LetGo {
  Incarnation server;
  friend bool operator==(const LetGo&, const LetGo&) = default;
};
using GrowthDecision = std::variant<std::monostate, Recruit, GiveUpOn, LetGo>;

class Growth {
 public:
  // What it judges by. `wanting`: how many users found no room since the last step, or wait for it.
  struct Seen {
    std::span<const ServerPicture> servers;
    std::span<const std::string> candidates;
    Incarnation main;
    std::uint32_t wanting = 0;
  };

  // `settings` outlives it.
  explicit Growth(const LoadSettings& settings, Planted planted = {})
      : settings_(settings), planted_(planted) {}

  // One decision; there may be another, until there is none.
  GrowthDecision step(Instant now, const Seen& seen);

  // A candidate is this server now; or it refused, or cannot be started. Each may be one that was
  // given up: who comes after all is awaited as any other is, and the recruiting of the next goes
  // on.
  void joined(Instant now, std::string_view candidate, Incarnation server);
  void failed(Instant now, std::string_view candidate);

  // By the last step there is a shortage, and no candidate that could be asked now.
  bool lacks_candidate() const { return short_ && !recruiting_; }

  // When to step though nothing has changed.
  std::optional<Instant> next_deadline() const;

 private:
  struct Recruiting {
    std::string candidate;
    Instant until;
  };
  struct Failed {
    std::string candidate;
    Instant until;
  };
  struct Awaited {
    Incarnation server;
    Instant until;
    bool runs = false;  // by the picture
    Incarnation key() const { return server; }
  };
  struct Low {
    Incarnation server;
    Instant since;
    Incarnation key() const { return server; }
  };

  bool awaits_level(Instant now, std::span<const ServerPicture> servers);
  bool is_past_high_mark(const ServerPicture& server) const;
  bool is_low(const ServerPicture& server) const;
  bool is_short(const Seen& seen) const;
  bool is_recruiting(std::string_view candidate) const;
  GrowthDecision recruit(Instant now, std::span<const std::string> candidates);
  void note_low(Instant now, const Seen& seen);
  std::uint64_t room_beside(const ServerPicture& leaver, const Seen& seen) const;
  GrowthDecision let_go(Instant now, const Seen& seen);

  const LoadSettings& settings_;
  Planted planted_;
  Instant stepped_at_;
  std::optional<Recruiting> recruiting_;
  std::vector<Awaited> awaited_;  // sorted; who has not said its level, also when the time is over
  bool short_ = false;
  std::vector<Failed> failed_;
  std::vector<Low> low_;  // sorted
};

}  // namespace muster::cluster
