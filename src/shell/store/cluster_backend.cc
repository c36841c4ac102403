#include "shell/store/cluster_backend.h"

#include <cstddef>
#include <optional>
#include <variant>

#include "base/overloaded.h"

namespace muster::cluster {
namespace {

std::optional<std::size_t> users_of(const ClusterRequest& request) {
  using Count = std::optional<std::size_t>;
  return std::visit(Overloaded{
                        [](const FindOwners& r) -> Count { return r.users.size(); },
                        [](const AssignUsers& r) -> Count { return r.users.size(); },
                        [](const ReleaseUsers& r) -> Count { return r.users.size(); },
                        [](const auto&) -> Count { return std::nullopt; },
                    },
                    request);
}

}  // namespace

bool ClusterTasks::answers(const Task& task, const Result& result) {
  const auto* found = std::get_if<Owners>(&result);
  return found == nullptr || users_of(task) == found->owners.size();
}

}  // namespace muster::cluster
