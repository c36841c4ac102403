#include <cstdlib>
#include <filesystem>

#include "runs.h"

namespace gates {

bool muster(const Setting& setting, const std::string& data, const std::string& command,
            const std::string& more) {
  const std::filesystem::path tool =
      std::filesystem::path(setting.musterd).parent_path() / "muster";
  const std::string line = tool.string() + " " + command + " --data " + data + " " + more;
  return std::system(line.c_str()) == 0;
}

}  // namespace gates
