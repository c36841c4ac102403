// The way to a service for an operator's requests, whether a server runs or not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/config/config.h"
#include "app/data/data_directory.h"
#include "base/result.h"
#include "shell/control/control_requests.h"

namespace muster {

class ServiceDoor {
 public:
  ServiceDoor() = default;
  virtual ~ServiceDoor() = default;
  ServiceDoor(const ServiceDoor&) = delete;
  ServiceDoor& operator=(const ServiceDoor&) = delete;

  // The error is one line for the operator: the service could not be asked, or what it said was not
  // understood.
  virtual Result<ControlReply, std::string> ask(const ControlRequest& request) = 0;
};

// What a configuration file says of the service.
struct ConfiguredService {
  ServiceDescription description;
  std::string postgres;  // as in Config
};

// To a server that runs on `data`, of several to that which has the user `account` (where nobody
// has her, or is said to be meant, to any), or, where none does, to the store itself, whose data
// directory is this process's alone until the door is destroyed. Without `configured`, the service
// is what its last server left. Waits for others who work on the data, a server that ends among
// them.
inline constexpr Duration kDoorTimeMax = Duration::seconds(11);
Result<std::unique_ptr<ServiceDoor>, std::string> open_door(
    const DataDirectory& data, const std::optional<ConfiguredService>& configured,
    Duration time_max = kDoorTimeMax, const Address* account = nullptr);

}  // namespace muster
