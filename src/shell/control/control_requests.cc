#include "shell/control/control_requests.h"

#include <algorithm>
#include <array>

#include "base/overloaded.h"

namespace muster {
namespace {

// By enum WatcherPolicy.
constexpr std::array<std::string_view, 4> kPolicies = {"ask", "mutual", "allow", "deny"};

}  // namespace

std::string_view name_of(WatcherPolicy policy) {
  return kPolicies[static_cast<std::size_t>(policy)];
}

std::optional<WatcherPolicy> watcher_policy(std::string_view name) {
  const auto found = std::find(kPolicies.begin(), kPolicies.end(), name);
  if (found == kPolicies.end()) return std::nullopt;
  return static_cast<WatcherPolicy>(found - kPolicies.begin());
}

// --- rules ---------------------------------------------------------------------------------------

ServiceDescription ServiceDescription::of(const Settings& settings, std::string version) {
  return {std::move(version), settings.domains, settings.default_policy, settings.sip_digest_md5,
          settings.limits.roster_items_max};
}

const Address* account_of(const ControlRequest& request) {
  return std::visit(Overloaded{
                        [](const DescribeService&) -> const Address* { return nullptr; },
                        [](const ListAccounts&) -> const Address* { return nullptr; },
                        [](const ListServers&) -> const Address* { return nullptr; },
                        [](const ListUsers&) -> const Address* { return nullptr; },
                        [](const OrderServer&) -> const Address* { return nullptr; },
                        [](const auto& known) -> const Address* { return &known.account; },
                    },
                    request);
}

std::optional<ControlRefused> why_refused(const ControlRequest& request,
                                          const std::vector<std::string>& domains) {
  const auto* list = std::get_if<ListAccounts>(&request);
  const Address* account = account_of(request);
  if (list == nullptr && account == nullptr) return std::nullopt;
  const std::string_view domain = list != nullptr ? list->domain : account->domain();
  if (std::find(domains.begin(), domains.end(), domain) != domains.end()) return std::nullopt;
  return ControlRefused{ControlRefused::Why::foreign_domain};
}

}  // namespace muster
