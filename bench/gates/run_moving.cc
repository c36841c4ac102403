// Two servers of a cluster: all users of one move to the other, while of two users of the other,
// who have nothing to do with it, one watches the other.

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "clock.h"
#include "failing.h"
#include "runs.h"
#include "server.h"
#include "sessions.h"

namespace gates {
namespace {

constexpr auto kChangeEvery = std::chrono::milliseconds(20);

// One who changes her presence, and one who watches her.
class Beacon {
 public:
  explicit Beacon(const sockaddr_in& server) : sessions_(server, Sessions::Link::plain) {
    sessions_.log_in("beacon", 0, 2);
    sessions_.count("approved='true'");
    sessions_.say(kShows, "<presence type='subscribed' to='beacon1@localhost'/>");
    sessions_.read_until([&] { return sessions_.counted(kShows) > 0; }, "an approval");
    sessions_.count("subscription='to'");
    sessions_.say(kWatches, "<presence type='subscribe' to='beacon0@localhost'/>");
    sessions_.read_until([&] { return sessions_.counted(kWatches) > 0; }, "a subscription");
  }
  void look() {
    if (waits_ && sessions_.counted(kWatches) > 0) {
      delays_.push_back(milliseconds_since(said_));
      waits_ = false;
    }
    if (!waits_ && Clock::now() >= said_ + kChangeEvery) {
      const std::string word = "change" + std::to_string(delays_.size());
      sessions_.count(word);
      sessions_.say(kShows, "<presence><status>" + word + "</status></presence>");
      said_ = Clock::now();
      waits_ = true;
    }
    sessions_.read(0);
  }
  std::vector<double> sorted() {
    std::sort(delays_.begin(), delays_.end());
    return delays_;
  }

 private:
  static constexpr std::size_t kShows = 0;
  static constexpr std::size_t kWatches = 1;

  Sessions sessions_;
  std::vector<double> delays_;
  Clock::time_point said_;
  bool waits_ = false;
};

}  // namespace

Figures measure_moving(const Setting& setting) {
  const std::string data = setting.data + "-cluster";
  std::filesystem::remove_all(data);
  const std::vector<std::string> roomy = {"--max-loadlevel", "1000000"};
  const auto with_id = [&](const std::string& id) {
    std::vector<std::string> options = {"--id", id};
    options.insert(options.end(), roomy.begin(), roomy.end());
    return options;
  };
  Server from(setting.musterd, data, with_id("s1"));
  Sessions movers(from.xmpp(), Sessions::Link::plain);
  movers.log_in("mover", 0, setting.scale.movers);
  movers.follow();
  Server to(setting.musterd, data, with_id("s2"));
  Beacon beacon(to.xmpp());

  const double cpu = from.cpu_microseconds() + to.cpu_microseconds();
  const std::size_t begun = movers.moved();
  const Clock::time_point begin = Clock::now();
  must(muster(setting, data, "drain s1", ">/dev/null"), "drain");
  while (movers.moved() < setting.scale.movers) {
    movers.read(1);
    beacon.look();
    if (milliseconds_since(begin) > 120'000) fail("not all users moved");
  }
  const double seconds = milliseconds_since(begin) / 1'000;
  const double moved = static_cast<double>(setting.scale.movers - begun);
  const double spent = from.cpu_microseconds() + to.cpu_microseconds() - cpu;
  const std::vector<double> delays = beacon.sorted();
  if (delays.empty()) fail("nobody heard of a change");
  return {{"moving", seconds},
          {"moving, presence p99", delays[delays.size() * 99 / 100]},
          {"moving, presence max", delays.back()},
          {"moved user", spent / moved}};
}

}  // namespace gates
