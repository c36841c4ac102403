// Three servers, of which the main is killed: how long it takes until another one is main, as the
// servers that are left tell an operator.

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "clock.h"
#include "runs.h"
#include "server.h"

namespace gates {

Figures measure_main_loss(const Setting& setting) {
  const std::string data = setting.data + "-main-loss";
  std::filesystem::remove_all(data);
  Server main(setting.musterd, data, {"--id", "s1"});
  Server second(setting.musterd, data, {"--id", "s2"});
  Server third(setting.musterd, data, {"--id", "s3"});
  wait_until_shown(setting, data, "two links", [](const nlohmann::json& servers) {
    return std::count_if(servers.begin(), servers.end(), [](const nlohmann::json& server) {
             return server["linked"] == true;
           }) == 2;
  });
  main.kill();
  const Clock::time_point begin = Clock::now();
  wait_until_shown(setting, data, "another main", [](const nlohmann::json& servers) {
    return std::any_of(servers.begin(), servers.end(), [](const nlohmann::json& server) {
      return server["main"] == true && server["svr_id"] != "sip:s1.localhost";
    });
  });
  return {{"main loss", milliseconds_since(begin) / 1'000}};
}

}  // namespace gates
