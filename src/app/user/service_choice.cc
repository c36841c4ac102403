#include "app/user/service_choice.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "app/config/read_config.h"
#include "app/version.h"

namespace muster {

void add_service_options(CLI::App& command, ServiceChoice& choice) {
  auto* data = command
                   .add_option("--data", choice.data,
                               "The service whose data are in this folder (musterd dev --data)")
                   ->type_name("FOLDER");
  command
      .add_option("--config", choice.config,
                  "The service that this file configures (musterd run --config)")
      ->type_name("FILE")
      ->excludes(data);
}

Result<ChosenService, std::string> find_service(const ServiceChoice& choice) {
  std::string folder = choice.data;
  std::optional<ConfiguredService> configured;
  if (!choice.config.empty()) {
    const auto config = read_config(choice.config, Certificates::unchecked);
    if (!config) {
      std::string errors = config_errors_text(choice.config, config.error());
      errors.pop_back();
      return Failure{std::move(errors)};
    }
    folder = config->data;
    configured = {ServiceDescription::of(config->server.settings, kVersion), config->postgres};
  }
  auto data = DataDirectory::find(folder);
  if (!data) return Failure{data.error()};
  return ChosenService{std::move(*data), std::move(configured)};
}

}  // namespace muster
