// A user agent: a machine like those of the server, with one entry and one deadline, over the same
// codec. It is told wishes by the load, and facts by its place in the world (crowd.h); it leaves
// orders. It is a correct peer, and a patient one: it comes back with growing pauses, asks again
// what was not answered, and gives up a link that is silent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "server/ports.h"
#include "sim/agents/happened.h"

namespace muster::sim {

// --- wishes: done now or, by an agent that cannot yet, later -------------------------------------

struct GoOnline {};
struct GoOffline {};
// It forgets all, and says nothing: as if its battery were out, or, where its link ends, as if its
// process were killed.
struct Vanish {
  bool link_ends = false;
};
struct Show {
  Shown shown;
};
struct StartWatching {
  Address presentity;
};
struct StopWatching {
  Address presentity;
};
// Takes back an authorization; messengers alone can.
struct Revoke {
  Address watcher;
};
// Tells one user how it looks, who need not be a contact. Messengers alone can, and have rosters.
struct ShowTo {
  Address to;
};
struct SetContact {
  Address contact;
  std::string group;
};
struct RemoveContact {
  Address contact;
};
struct SendText {
  Address to;
  std::string text;
};
using Wish = std::variant<GoOnline, GoOffline, Vanish, Show, StartWatching, StopWatching, Revoke,
                          ShowTo, SetContact, RemoveContact, SendText>;

// --- facts ---------------------------------------------------------------------------------------

struct Connected {};
struct Sealed {};  // TLS
struct Heard {
  std::string_view bytes;
};
struct Ended {};  // of the link
struct DatagramHeard {
  std::string_view bytes;
};
struct Woken {};  // next_deadline() has come
using AgentInput = std::variant<Wish, Connected, Sealed, Heard, Ended, DatagramHeard, Woken>;

// --- orders --------------------------------------------------------------------------------------

struct Connect {
  LinkUse use = LinkUse::xmpp;
  Transport transport = Transport::tcp;
  Endpoint to;
};
struct Say {
  std::string bytes;
};
struct SayDatagram {
  std::string bytes;
  Endpoint to;
};
struct Finish {};  // of the link, in order
struct GiveUp {};  // of the link: without a word
struct Tell {
  decltype(Happened::what) what;
};
using AgentOrder = std::variant<Connect, Say, SayDatagram, Finish, GiveUp, Tell>;
using AgentOutbox = std::vector<AgentOrder>;

// What an agent is and knows from the beginning.
struct Identity {
  Address account;
  std::string password;
  std::string name;                 // a messenger's resource; a phone's tuple and instance
  Endpoint at;                      // where it is
  Endpoint server;                  // where it finds its service
  std::vector<Endpoint> servers{};  // and where else, if that does not answer
};

// The server that an agent goes to: one of its service, or where one of them sent it.
class Landing {
 public:
  explicit Landing(const Identity& identity) : at_(identity.server), servers_(identity.servers) {}

  const Endpoint& at() const { return at_; }
  void sent_to(const Endpoint& server) { at_ = server; }
  // It does not answer, or serves nobody.
  void look_elsewhere() {
    if (!servers_.empty()) at_ = servers_[next_++ % servers_.size()];
  }

 private:
  Endpoint at_;
  std::vector<Endpoint> servers_;
  std::size_t next_ = 0;
};

// Where it was told to go since it was served last.
class SentOn {
 public:
  // The number of that step; nothing if it was told so before.
  std::optional<int> told(const Endpoint& to) {
    if (to_ == to) return std::nullopt;
    to_ = to;
    return ++steps_;
  }

 private:
  std::optional<Endpoint> to_;
  int steps_ = 0;
};

// How an agent stands with another user, as the service told it last.
struct Tie {
  bool sees = false;     // an authorized subscription of its own
  bool asked = false;    // one that is not decided
  bool is_seen = false;  // of the other; messengers alone know
  friend bool operator==(const Tie&, const Tie&) = default;
};
std::string to_text(const Tie& tie);

// Which server said last that it has registered an agent, when, and until when it is good.
struct Registered {
  Endpoint at;
  Instant since;
  Instant until;
};

class Agent {
 public:
  virtual ~Agent() = default;
  virtual AgentKind kind() const = 0;
  virtual const Identity& identity() const = 0;
  virtual void step(Now now, const AgentInput& input, AgentOutbox& out) = 0;
  virtual std::optional<Instant> next_deadline() const = 0;

  // --- for checkers
  // It has reached what it was last wished: online with all watches asked for, or offline.
  virtual bool content() const = 0;
  virtual bool online() const = 0;
  // What it shows of itself, if the service has understood; empty while it is offline.
  virtual Picture own_picture() const = 0;
  // Of everybody it watches now, what it saw last.
  virtual std::map<Address, Picture> pictures() const = 0;
  // A messenger's roster; a phone's subscriptions that stand.
  virtual std::map<Address, Tie> ties() const = 0;
  // A phone's registration, as its last answer has it, while it stands.
  virtual std::optional<Registered> registered() const { return std::nullopt; }
  // Of others, who showed themselves to it alone: which of their agents it takes to be there.
  virtual std::map<Address, Picture> glimpses() const { return {}; }
};

// The pause before the next attempt: doubled each time, with a jitter, up to a minute.
class BackOff {
 public:
  Duration next(Prng& random) {
    const Duration pause = pause_;
    pause_ = std::min(pause_ * 2, Duration::seconds(60));
    const auto jitter = static_cast<std::int64_t>(random.below(500));
    return pause / 2 + pause * jitter / 1'000;
  }
  void reset() { pause_ = Duration::seconds(1); }

 private:
  Duration pause_ = Duration::seconds(1);
};

}  // namespace muster::sim
