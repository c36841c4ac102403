// Two servers of a cluster: users are served by one of them, and each has a second session that
// landed at the other one, was sent on, came back, and is relayed. These sessions write to one
// another in a ring; so each message passes the server that relays twice, from the one who wrote it
// and to the one who reads it, and counts for two stanzas.

#include <stdio.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "failing.h"
#include "runs.h"
#include "server.h"
#include "sessions.h"

namespace gates {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMessageBytes = 200;
constexpr std::size_t kBurst = 50;  // what each session writes in all is a multiple
constexpr std::uint64_t kInFlight = 5'000;
constexpr double kPasses = 2;  // of a message
constexpr auto kLinkedWithin = std::chrono::seconds(30);

// `muster servers`: each of the two has a level, and they are linked.
bool are_linked(const Setting& setting, const std::string& data) {
  const std::filesystem::path tool =
      std::filesystem::path(setting.musterd).parent_path() / "muster";
  FILE* const told = ::popen((tool.string() + " servers --json --data " + data).c_str(), "r");
  must(told != nullptr, "popen");
  const auto rows = nlohmann::json::parse(told, nullptr, false);
  ::pclose(told);
  const auto is_there = [](const nlohmann::json& row) {
    return row.contains("level") && (row.value("itself", false) || row.value("linked", false));
  };
  return rows.is_array() && rows.size() == 2 && std::all_of(rows.begin(), rows.end(), is_there);
}

void await_link(const Setting& setting, const std::string& data) {
  const Clock::time_point begin = Clock::now();
  while (!are_linked(setting, data)) {
    if (Clock::now() - begin > kLinkedWithin) fail("the servers are not linked");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// The sessions of relayed0, relayed1, ...: each writes to the next, and the last to the first.
class Ring {
 public:
  Ring(Sessions& sessions, std::size_t messages_each) : sessions_(sessions), each_(messages_each) {
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      const std::string reader = std::to_string((i + 1) % sessions.size());
      std::string message = "<message to='relayed" + reader + "@localhost/away' type='chat'><body>";
      const std::string end = "</body></message>";
      message.append(kMessageBytes - message.size() - end.size(), 'x').append(end);
      messages_.push_back(std::move(message));
    }
  }

  // Many in one write, and many on their way.
  void write_in_bursts() {
    sessions_.count("<body>");
    std::vector<std::string> bursts;
    for (const std::string& message : messages_) {
      std::string& burst = bursts.emplace_back();
      for (std::size_t i = 0; i < kBurst; ++i)
        burst += message;
    }
    std::uint64_t said = 0;
    for (std::size_t i = 0; i < each_ / kBurst * bursts.size(); ++i) {
      sessions_.read_until([&] { return said - sessions_.counted() < kInFlight; }, "messages");
      sessions_.say(i % bursts.size(), bursts[i % bursts.size()]);
      said += kBurst;
    }
    await_all();
  }

  // One in a write; who hears one writes the next.
  void write_one_by_one() {
    sessions_.count("<body>");
    std::vector<std::size_t> said(messages_.size(), 0);
    sessions_.read_until(
        [&] {
          bool all = true;
          for (std::size_t i = 0; i < said.size(); ++i) {
            all = all && said[i] == each_;
            if (said[i] == each_ || sessions_.counted(i) < said[i]) continue;
            sessions_.say(i, messages_[i]);
            ++said[i];
          }
          return all;
        },
        "messages");
    await_all();
  }

 private:
  void await_all() {
    sessions_.read_until([&] { return sessions_.counted() >= each_ * messages_.size(); },
                         "messages");
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      if (sessions_.counted(i) != each_) fail("a message went astray");
    }
  }

  Sessions& sessions_;
  std::size_t each_;
  std::vector<std::string> messages_;  // by who writes it
};

}  // namespace

Figures measure_relay(const Setting& setting) {
  const std::string data = setting.data + "-cluster";
  std::filesystem::remove_all(data);
  // It is full: so the users are the other one's, and stay there.
  Server relays(setting.musterd, data, {"--id", "s1", "--max-loadlevel", "1"});
  Sessions filling(relays.xmpp(), Sessions::Link::plain);
  filling.log_in("filling", 0, 1);
  Server owner(setting.musterd, data, {"--id", "s2"});
  await_link(setting, data);

  Sessions at_home(owner.xmpp(), Sessions::Link::plain, "home");
  at_home.log_in("relayed", 0, setting.scale.relayed);
  Sessions away(relays.xmpp(), Sessions::Link::plain, "away");
  away.come_back();
  away.log_in("relayed", 0, setting.scale.relayed);

  Ring ring(away, setting.scale.relayed_messages / setting.scale.relayed);
  const double begin = relays.cpu_microseconds();
  ring.write_in_bursts();
  const double between = relays.cpu_microseconds();
  ring.write_one_by_one();
  const double end = relays.cpu_microseconds();
  const double stanzas = kPasses * static_cast<double>(setting.scale.relayed_messages);
  return {{"relay", (between - begin) / stanzas},
          {"relay, one a write", (end - between) / stanzas}};
}

}  // namespace gates
