#include "app/user/store_door.h"

#include <algorithm>
#include <utility>

#include "shell/clock.h"

namespace muster {
namespace {

using Why = ControlRefused::Why;

}  // namespace

StoreDoor::StoreDoor(ServiceDescription service, std::unique_ptr<StoreBackend> store, Fd lock)
    : service_(std::move(service)), lock_(std::move(lock)), store_(std::move(store)) {}

Result<ControlReply, std::string> StoreDoor::ask(const ControlRequest& request) {
  if (const auto refused = why_refused(request, service_.domains)) return ControlReply(*refused);
  ControlReply reply = std::visit([this](const auto& known) { return on(known); }, request);
  const auto* refused = std::get_if<ControlRefused>(&reply);
  if (refused != nullptr && refused->why == Why::store_failed) return Failure{store_->trouble()};
  return reply;
}

StoreResult StoreDoor::carry_out(StoreTask task) {
  std::vector<StoreTask> tasks;
  tasks.push_back(std::move(task));
  return std::move(store_->carry_out(tasks).front());
}

// --- accounts ------------------------------------------------------------------------------------

ControlReply StoreDoor::on(const DescribeService&) {
  return service_;
}

ControlReply StoreDoor::on(const CreateAccount& create) {
  const StoreResult result = carry_out(AccountRequest(create));
  const auto& reply = std::get<AccountReply>(result);
  if (std::holds_alternative<AccountCreated>(reply)) return ControlDone{};
  const bool refused = std::holds_alternative<AccountRefused>(reply);
  return ControlRefused{refused ? Why::conflict : Why::store_failed};
}

ControlReply StoreDoor::on(const SetCredentials& set) {
  const StoreResult result = carry_out(AccountRequest(set));
  const auto& reply = std::get<AccountReply>(result);
  if (std::holds_alternative<CredentialsSet>(reply)) return ControlDone{};
  const bool refused = std::holds_alternative<AccountRefused>(reply);
  return ControlRefused{refused ? Why::no_such_account : Why::store_failed};
}

ControlReply StoreDoor::on(const ListAccounts& list) {
  StoreResult result = carry_out(AccountRequest(list));
  auto* listed = std::get_if<AccountsListed>(&std::get<AccountReply>(result));
  if (listed != nullptr) return std::move(*listed);
  return ControlRefused{Why::store_failed};
}

// --- watchers ------------------------------------------------------------------------------------

// Null if the store fails.
std::optional<UserLoaded> StoreDoor::load(const Address& account) {
  StoreResult result = carry_out(StoreRequest(LoadUser{account, false, read_clocks().unix_time}));
  auto* loaded = std::get_if<UserLoaded>(&std::get<StoreReply>(result));
  if (loaded == nullptr) return std::nullopt;
  return std::move(*loaded);
}

ControlReply StoreDoor::on(const ListWatchers& list) {
  auto user = load(list.account);
  if (!user) return ControlRefused{Why::store_failed};
  if (!user->exists) return ControlRefused{Why::no_such_account};
  std::erase_if(user->contacts,
                [](const Contact& contact) { return !is_watcher(contact.relation); });
  return WatchersListed{std::move(user->contacts)};
}

ControlReply StoreDoor::on(const DecideWatcher& decide) {
  const auto user = load(decide.account);
  if (!user) return ControlRefused{Why::store_failed};
  if (!user->exists) return ControlRefused{Why::no_such_account};
  const bool known =
      std::any_of(user->contacts.begin(), user->contacts.end(), [&](const Contact& contact) {
        return contact.address == decide.watcher && !contact.relation.blank();
      });
  if (!decide.allow && !known) return ControlRefused{Why::no_such_watcher};
  const SubscriptionVerb verb =
      decide.allow ? SubscriptionVerb::subscribed : SubscriptionVerb::unsubscribed;
  return change(
      ChangeSubscription{decide.account, decide.watcher, verb, {}, service_.roster_items_max},
      Why::no_such_watcher);
}

ControlReply StoreDoor::on(const ChangePolicy& change_policy) {
  return change(SetWatcherPolicy{change_policy.account, change_policy.policy},
                Why::no_such_account);
}

ControlReply StoreDoor::on(const DropAccount& drop) {
  return change(RemoveAccount{drop.account}, Why::no_such_account);
}

// --- the cluster: nobody of it runs --------------------------------------------------------------

ControlReply StoreDoor::on(const ListServers&) {
  return ControlRefused{Why::no_cluster};
}

ControlReply StoreDoor::on(const FindUser&) {
  return ControlRefused{Why::no_cluster};
}

ControlReply StoreDoor::on(const ListUsers&) {
  return ControlRefused{Why::no_cluster};
}

ControlReply StoreDoor::on(const OrderServer&) {
  return ControlRefused{Why::no_cluster};
}

ControlReply StoreDoor::change(StoreRequest request, Why refused) {
  const StoreResult result = carry_out(std::move(request));
  const auto& reply = std::get<StoreReply>(result);
  if (std::holds_alternative<StoreFailed>(reply)) return ControlRefused{Why::store_failed};
  if (std::holds_alternative<StoreRefused>(reply)) return ControlRefused{refused};
  return ControlDone{};
}

}  // namespace muster
