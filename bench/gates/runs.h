// The measurements: each starts its own server on data that prepare() made, loads it, checks that
// everything that was to arrive did, and says what it cost.
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace gates {

struct Figure {
  std::string name;
  double value;
};
using Figures = std::vector<Figure>;

// How much of everything; 21 users of a group are all contacts of each other.
struct Scale {
  std::size_t sessions_few = 1'000;
  std::size_t sessions = 8'000;
  std::size_t groups = 20;
  std::size_t changes_per_user = 500;
  std::size_t presentities = 200;
  std::size_t dialogs = 60'000;
  std::size_t fan_out_changes = 20'000;
  std::size_t movers = 10'000;
  std::size_t relayed = 200;
  std::size_t relayed_messages = 200'000;
};
constexpr std::size_t kContacts = 20;
constexpr Scale kSmoke = {21, 63, 1, 10, 3, 120, 30, 60, 6, 600};

struct Setting {
  std::string musterd;
  std::string data;
  Scale scale;
};

// `muster COMMAND --data DATA`, and what the shell is to make of it. True if all of it succeeds.
bool muster(const Setting& setting, const std::string& data, const std::string& command,
            const std::string& more);
// Returns when what `muster servers --json` prints is such that it shows `what`.
void wait_until_shown(const Setting& setting, const std::string& data, const std::string& what,
                      const std::function<bool(const nlohmann::json&)>& shows);

// Makes the accounts `lone<n>`, which have no contacts, and `pal<n>`, which have 20 each.
void prepare(const Setting& setting);

// Gates 1 and 3: memory of idle sessions, CPU of their logins.
Figures measure_sessions(const Setting& setting);
// The same with 20 contacts each.
Figures measure_sessions_with_contacts(const Setting& setting);
// Gate 2.
Figures measure_tls_sessions(const Setting& setting);
// Gate 4.
Figures measure_presence(const Setting& setting);
// Gate 5.
Figures measure_subscribe(const Setting& setting);
// Gate 6; presence changes come by XMPP, or by PUBLISH.
Figures measure_notify(const Setting& setting);
Figures measure_notify_by_publish(const Setting& setting);
// Users who follow redirects move from a server that drains to another one, at the default pace.
Figures measure_moving(const Setting& setting);
// A server that is full takes in the candidate that stands by, for the user who lands then.
Figures measure_recruiting(const Setting& setting);
// The main is killed, and another server becomes main.
Figures measure_main_loss(const Setting& setting);
// Users whom another server serves, and who stay where they landed, write to one another.
Figures measure_relay(const Setting& setting);
// As gate 6, by a server that knows no protocol.
Figures measure_floor(const Setting& setting);

}  // namespace gates
