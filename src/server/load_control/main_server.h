// What only the main does (paper, figure 4, steps 4 to 6; design, "Placing a user" and "Moving
// users"): it takes candidates in, drains servers and lets them go, and has users move. Growth
// (growth.h) and Rebalance (rebalance.h) decide; here is who asks them, and what becomes of what
// they say: orders, which the caller carries out.
//
// A server's role is the store's. The main asks it to be changed, in its epoch, and goes on when
// that is done: a candidate that said 200 is confirmed once it runs there; a server that is to be
// released is let go once it has nobody, and nobody is on the way to it. Where there is a shortage
// and no candidate, one is launched, and not another for recruit_time_max. What an operator asks
// for goes the same way.
//
// What is under way is in the memory of this main: another one goes on from the roles, and users
// who were moving arrive or stay.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "codec/sip/status.h"
#include "server/admin_events.h"
#include "server/cluster_port.h"
#include "server/load_control/growth.h"
#include "server/load_control/picture.h"
#include "server/load_control/rebalance.h"
#include "server/load_settings.h"

namespace muster::cluster {

class MainServer {
 public:
  static constexpr Duration kAskAgainAfter = Duration::seconds(1);

  // --- what it orders
  // To a candidate: INVITE, ACK; to a candidate or a server: no more of it.
  struct Invite {
    Incarnation candidate;
  };
  struct Confirm {
    Incarnation candidate;
  };
  struct Dismiss {
    Incarnation server;
  };
  struct ChangeRole {
    SetRole change;
  };
  // A candidate is to be started.
  struct Launch {};
  // To the server that has the users.
  struct MoveFrom {
    Move move;
    bool all = false;  // it drains
  };
  // To be told to the operator.
  struct Say {
    enum class What : std::uint8_t {
      recruiting,
      recruited,
      not_recruited,
      launching,
      draining,
      let_go
    } what;
    Incarnation server;
    std::string svr_id;
  };
  using Order = std::variant<Invite, Confirm, Dismiss, ChangeRole, Launch, MoveFrom, Say>;

  // `settings` outlives it.
  explicit MainServer(const LoadSettings& settings, Planted planted = {})
      : settings_(settings), planted_(planted) {}

  // As the store last told it. Who is not main does nothing.
  void know(Instant now, const Directory& directory, Incarnation self);
  // A server that could not be reached can be: what was to move there, or from there, did not.
  void came_back(Instant now);
  // So many users wait at that server for a place.
  void wanting(Incarnation at, std::uint32_t users);
  // What came of Invite, ChangeRole and MoveFrom.
  void invite_answered(Instant now, Incarnation candidate, sip::Status status);
  void role_changed(Instant now, const SetRole& change, bool done);
  void moved(Instant now, Incarnation from, Incarnation to, std::uint32_t users);
  // Of an operator.
  AdminReply::Outcome ordered(const OrderServer& order);

  // What is to be done now, as the picture is.
  std::vector<Order> step(Instant now, std::span<const ServerPicture> servers);
  std::optional<Instant> next_deadline() const;

  bool is_main() const { return growth_.has_value(); }

 private:
  struct Known {
    std::string svr_id;
    Role role = Role::standby;
  };

  void begin(Instant now);
  void end();
  void say(Say::What what, Incarnation server, std::string_view svr_id);
  void change_role(Incarnation of, Role from, Role to);
  void take_in(Incarnation candidate);
  void decide(Instant now, std::span<const ServerPicture> servers);
  void launch_if_short(Instant now);
  void not_recruited(Instant now, Incarnation candidate);
  void role_not_changed(Instant now, const SetRole& change);
  void let_go_of_the_empty(Instant now, std::span<const ServerPicture> servers);
  const Known* find(Incarnation server) const;
  std::optional<Incarnation> find(std::string_view svr_id) const;

  const LoadSettings& settings_;
  Planted planted_;
  Incarnation self_;
  Epoch epoch_;
  std::map<Incarnation, Known> servers_;  // that are not gone
  std::map<Incarnation, std::uint32_t> wanting_;
  std::optional<Growth> growth_;
  std::optional<Rebalance> rebalance_;
  std::optional<Instant> launch_not_before_;
  std::optional<Instant> ask_not_before_;          // for a role, which the store could not change
  std::map<Incarnation, std::string> recruiting_;  // until they run; their svr_ids
  std::set<Incarnation> changing_;                 // their role
  std::vector<Order> orders_;
};

}  // namespace muster::cluster
