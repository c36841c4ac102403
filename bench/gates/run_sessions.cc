// Accounts and their contacts; what idle sessions and their logins cost.

#include <algorithm>
#include <string>

#include "failing.h"
#include "runs.h"
#include "server.h"
#include "sessions.h"

namespace gates {
namespace {

constexpr std::size_t kGroupUsers = kContacts + 1;

std::size_t pals_of(const Scale& scale) {
  return scale.sessions / kGroupUsers * kGroupUsers;
}

// To each of her group but herself.
std::string to_contacts(std::size_t user, std::string_view type) {
  std::string text;
  const std::size_t first = user / kGroupUsers * kGroupUsers;
  for (std::size_t other = first; other < first + kGroupUsers; ++other) {
    if (other == user) continue;
    text.append("<presence type='").append(type).append("' to='pal");
    text.append(std::to_string(other)).append("@localhost'/>");
  }
  return text;
}

void read_until_each_heard(Sessions& sessions, std::size_t count, const std::string& what) {
  sessions.read_until(
      [&] {
        if (sessions.counted() < count * sessions.size()) return false;
        for (std::size_t i = 0; i < sessions.size(); ++i) {
          if (sessions.counted(i) < count) return false;
        }
        return true;
      },
      what);
}

// All approve all others, and then ask them (RFC 6121 sections 3.4 and 3.1).
void become_contacts(Sessions& sessions, std::size_t first) {
  sessions.count("approved='true'");
  for (std::size_t i = 0; i < sessions.size(); ++i)
    sessions.say(i, to_contacts(first + i, "subscribed"));
  read_until_each_heard(sessions, kContacts, "approvals");
  sessions.count("subscription='both'");
  for (std::size_t i = 0; i < sessions.size(); ++i)
    sessions.say(i, to_contacts(first + i, "subscribe"));
  read_until_each_heard(sessions, kContacts, "subscriptions");
}

// `sessions_few` sessions, then all: what those between cost.
Figures measure(const Setting& setting, Sessions::Link link, const std::string& prefix,
                std::size_t count, const std::string& name) {
  Server server(setting.musterd, setting.data);
  Sessions sessions(server.xmpp(), link);
  const std::size_t few = setting.scale.sessions_few;
  const double base = server.pss_bytes();
  const std::size_t contacts = prefix == "pal" ? kContacts : 0;
  // At least: of two who log in at once, one may hear of the other by broadcast and by probe.
  const auto settle = [&] {
    sessions.read_until([&] { return sessions.counted() >= contacts * sessions.size(); },
                        "presence of contacts");
  };
  sessions.count("<presence ");
  sessions.log_in(prefix, 0, few);
  settle();
  const double memory = server.pss_bytes();
  const double cpu = server.cpu_microseconds();
  sessions.log_in(prefix, few, count - few);
  settle();
  const auto more = static_cast<double>(count - few);
  return {{"login" + name, (server.cpu_microseconds() - cpu) / more},
          {"memory" + name, (server.pss_bytes() - memory) / more / 1000},
          {"base", base / 1e6}};
}

}  // namespace

void prepare(const Setting& setting) {
  Server server(setting.musterd, setting.data);
  {
    Sessions sessions(server.xmpp(), Sessions::Link::plain);
    sessions.log_in("lone", 0, setting.scale.sessions);
  }
  const std::size_t pals = pals_of(setting.scale);
  for (std::size_t first = 0; first < pals; first += 20 * kGroupUsers) {
    Sessions sessions(server.xmpp(), Sessions::Link::plain);
    sessions.log_in("pal", first, std::min(pals - first, 20 * kGroupUsers));
    become_contacts(sessions, first);
  }
  server.end_in_order();
}

Figures measure_sessions(const Setting& setting) {
  return measure(setting, Sessions::Link::plain, "lone", setting.scale.sessions, "");
}

Figures measure_sessions_with_contacts(const Setting& setting) {
  Setting groups = setting;
  groups.scale.sessions_few = setting.scale.sessions_few / kGroupUsers * kGroupUsers;
  Figures figures =
      measure(groups, Sessions::Link::plain, "pal", pals_of(setting.scale), " with contacts");
  figures.pop_back();
  return figures;
}

Figures measure_tls_sessions(const Setting& setting) {
  Figures figures =
      measure(setting, Sessions::Link::direct_tls, "lone", setting.scale.sessions, " over TLS");
  figures.pop_back();
  return figures;
}

Figures measure_presence(const Setting& setting) {
  constexpr std::size_t kBurst = 5;
  constexpr std::uint64_t kInFlight = 50'000;
  constexpr std::uint64_t kHeardOfOne = kContacts + 1;  // she hears herself
  Server server(setting.musterd, setting.data);
  Sessions sessions(server.xmpp(), Sessions::Link::plain);
  const std::size_t users = setting.scale.groups * kGroupUsers;
  sessions.count("<presence ");
  // One by one, so that everybody hears of everybody exactly once.
  for (std::size_t i = 0; i < users; ++i)
    sessions.log_in("pal", i, 1);
  sessions.read_until([&] { return sessions.counted() >= kContacts * users; }, "first presence");
  sessions.count("<presence ");
  std::string burst;
  for (std::size_t i = 0; i < kBurst; ++i)
    burst += i % 2 == 0 ? "<presence><show>away</show></presence>" : "<presence/>";
  const std::size_t bursts = setting.scale.changes_per_user / kBurst;
  const double cpu = server.cpu_microseconds();
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < bursts * users; ++i) {
    sessions.read_until([&] { return expected - sessions.counted() < kInFlight; }, "presence");
    sessions.say(i % users, burst);
    expected += kBurst * kHeardOfOne;
  }
  sessions.read_until([&] { return sessions.counted() >= expected; }, "presence");
  const double spent = server.cpu_microseconds() - cpu;
  for (std::size_t i = 0; i < users; ++i) {
    if (sessions.counted(i) != bursts * kBurst * kHeardOfOne) fail("presence went astray");
  }
  // What they hear of themselves is work too, but nobody asked for it.
  return {{"presence", spent / static_cast<double>(bursts * kBurst * users * kContacts)}};
}

}  // namespace gates
