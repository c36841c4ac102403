// A server with a limit, and a candidate that stands by. Users land at the first, one after the
// other, until one is served by the candidate: what she waited for is that she found it full, that
// the candidate was taken in, and her second login.

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "clock.h"
#include "failing.h"
#include "runs.h"
#include "server.h"
#include "sessions.h"

namespace gates {
namespace {

constexpr std::size_t kUsersMax = 1'000;

}  // namespace

Figures measure_recruiting(const Setting& setting) {
  const std::string data = setting.data + "-recruiting";
  std::filesystem::remove_all(data);
  Server main(setting.musterd, data, {"--id", "s1", "--max-loadlevel", "2"});
  Server candidate(setting.musterd, data, {"--id", "s2", "--max-loadlevel", "2", "--standby"});
  wait_until_shown(setting, data, "a link", [](const nlohmann::json& servers) {
    return std::any_of(servers.begin(), servers.end(),
                       [](const nlohmann::json& server) { return server["linked"] == true; });
  });
  Sessions users(main.xmpp(), Sessions::Link::plain);
  users.follow();
  for (std::size_t user = 0; user < kUsersMax; ++user) {
    const Clock::time_point begin = Clock::now();
    users.log_in("recruit", user, 1);
    if (users.is_elsewhere(user)) return {{"recruiting", milliseconds_since(begin)}};
  }
  fail("no candidate was taken in");
}

}  // namespace gates
