// Which service a command of muster is about, as its command line says it.
#pragma once

#include <optional>
#include <string>

#include "app/user/service_door.h"

namespace CLI {
class App;
}

namespace muster {

// One of them is set.
struct ServiceChoice {
  std::string data;
  std::string config;

  bool is_made() const { return !data.empty() || !config.empty(); }
};

// --data and --config.
void add_service_options(CLI::App& command, ServiceChoice& choice);

struct ChosenService {
  DataDirectory data;
  std::optional<ConfiguredService> configured;  // by --config
};

// The error is for the operator: a line, or one for each mistake in the file.
Result<ChosenService, std::string> find_service(const ServiceChoice& choice);

}  // namespace muster
