#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "clock.h"
#include "failing.h"
#include "runs.h"

namespace gates {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

std::string line_of(const Setting& setting, const std::string& data, const std::string& command,
                    const std::string& more) {
  const std::filesystem::path tool =
      std::filesystem::path(setting.musterd).parent_path() / "muster";
  return tool.string() + " " + command + " --data " + data + " " + more;
}

}  // namespace

bool muster(const Setting& setting, const std::string& data, const std::string& command,
            const std::string& more) {
  return std::system(line_of(setting, data, command, more).c_str()) == 0;
}

void wait_until_shown(const Setting& setting, const std::string& data, const std::string& what,
                      const std::function<bool(const nlohmann::json&)>& shows) {
  const Clock::time_point patience = Clock::now() + kPatience;
  const std::string line = line_of(setting, data, "servers", "--json 2>/dev/null");
  while (true) {
    std::FILE* output = ::popen(line.c_str(), "r");
    must(output != nullptr, "popen");
    const nlohmann::json servers = nlohmann::json::parse(output, nullptr, false);
    ::pclose(output);
    if (servers.is_array() && shows(servers)) return;
    if (Clock::now() > patience) fail("muster servers does not come to show " + what);
  }
}

}  // namespace gates
