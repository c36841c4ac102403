#include "app/user/user_commands.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/command_line/exit_codes.h"
#include "app/command_line/standard_streams.h"
#include "app/user/ask_service.h"
#include "app/user/password_input.h"
#include "app/user/service_door.h"
#include "base/overloaded.h"
#include "shell/verifier/password.h"

namespace muster {
namespace {

// One line for the operator.
using Error = std::string;

// --- one function for each command: what is printed on success -----------------------------------

using Printed = Result<std::string, Error>;

// What a command works with.
struct Work {
  ServiceDoor& door;
  const std::optional<Secret>& password;  // of those who set one; prepared
};

// As this service wants them.
Credentials credentials_of(const ServiceDescription& service, const Address& account,
                           std::string_view password, const NewPassword& wanted) {
  return derive_credentials(account, password,
                            {wanted.for_sip, wanted.for_sip && service.sip_digest_md5});
}

// Who is given a password that was made must learn it.
std::string told(const NewPassword& wanted, std::string_view password) {
  return wanted.from == PasswordFrom::generated ? "password: " + std::string(password) + "\n" : "";
}

Printed on(const Work& work, const UserAdd& add) {
  const auto service = ask<ServiceDescription>(work.door, DescribeService{});
  if (!service) return Failure{service.error()};
  const std::string_view password = work.password->view();
  const auto done = ask<ControlDone>(
      work.door,
      CreateAccount{add.account, credentials_of(*service, add.account, password, add.password),
                    add.policy.value_or(service->default_policy), false});
  if (!done) return Failure{done.error()};
  return add.account.text() + " is added\n" + told(add.password, password);
}

Printed on(const Work& work, const UserPasswd& passwd) {
  const auto service = ask<ServiceDescription>(work.door, DescribeService{});
  if (!service) return Failure{service.error()};
  const std::string_view password = work.password->view();
  const auto done = ask<ControlDone>(
      work.door, SetCredentials{passwd.account, credentials_of(*service, passwd.account, password,
                                                               passwd.password)});
  if (!done) return Failure{done.error()};
  return "the password of " + passwd.account.text() + " is changed\n" +
         told(passwd.password, password);
}

Printed on(const Work& work, const UserRemove& remove) {
  const auto done = ask<ControlDone>(work.door, DropAccount{remove.account});
  if (!done) return Failure{done.error()};
  return remove.account.text() + " is removed\n";
}

Printed on(const Work& work, const UserPolicy& policy) {
  const auto done = ask<ControlDone>(work.door, ChangePolicy{policy.account, policy.policy});
  if (!done) return Failure{done.error()};
  return policy.account.text() + " now has the policy " + std::string(name_of(policy.policy)) +
         "\n";
}

Printed on(const Work& work, const UserDecide& decide) {
  const auto done =
      ask<ControlDone>(work.door, DecideWatcher{decide.account, decide.watcher, decide.allow});
  if (!done) return Failure{done.error()};
  return decide.watcher.text() + (decide.allow ? " may watch " : " may not watch ") +
         decide.account.text() + "\n";
}

// Rows of two columns under their names.
std::string table(const std::string& left, const std::string& right,
                  const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = left.size();
  for (const auto& [cell, _] : rows)
    width = std::max(width, cell.size());
  std::string text = fmt::format("{:<{}}  {}\n", left, width, right);
  for (const auto& [cell, other] : rows)
    text += fmt::format("{:<{}}  {}\n", cell, width, other);
  return text;
}

Printed on(const Work& work, const UserList& list) {
  const auto service = ask<ServiceDescription>(work.door, DescribeService{});
  if (!service) return Failure{service.error()};
  std::vector<std::string> domains = service->domains;
  if (list.domain) domains = {*list.domain};
  std::vector<std::pair<std::string, std::string>> rows;
  nlohmann::json json = nlohmann::json::array();
  for (const std::string& domain : domains) {
    ListAccounts request{domain, {}, kAccountsListedMax};
    while (true) {
      const auto listed = ask<AccountsListed>(work.door, request);
      if (!listed) {
        return Failure{list.domain ? domain + " is not a domain of this service" : listed.error()};
      }
      for (const AccountsListed::Account& account : listed->accounts) {
        const std::string policy(name_of(account.policy));
        rows.emplace_back(account.address.text(),
                          policy + (account.has_credentials ? "" : " (no password)"));
        json.push_back({{"account", account.address.text()},
                        {"policy", policy},
                        {"has_password", account.has_credentials}});
      }
      if (listed->accounts.size() < kAccountsListedMax) break;
      request.after = listed->accounts.back().address.local();
    }
  }
  return list.json ? json.dump() + "\n" : table("ACCOUNT", "POLICY", rows);
}

std::string state_of(const Relation& relation) {
  if (is_seen_by(relation.subscription)) return "allowed";
  if (is_pending_in(relation.subscription)) return "asks";
  return "allowed beforehand";
}

Printed on(const Work& work, const UserWatchers& watchers) {
  const auto listed = ask<WatchersListed>(work.door, ListWatchers{watchers.account});
  if (!listed) return Failure{listed.error()};
  std::vector<std::pair<std::string, std::string>> rows;
  nlohmann::json json = nlohmann::json::array();
  for (const Contact& contact : listed->watchers) {
    rows.emplace_back(contact.address.text(), state_of(contact.relation));
    json.push_back({{"watcher", contact.address.text()}, {"state", state_of(contact.relation)}});
  }
  return watchers.json ? json.dump() + "\n" : table("WATCHER", "STATE", rows);
}

// Null: of no account in particular.
const Address* account_of(const UserCommand& command) {
  return std::visit(Overloaded{
                        [](const UserList&) -> const Address* { return nullptr; },
                        [](const auto& known) -> const Address* { return &known.account; },
                    },
                    command.what);
}

int fail(const Error& error) {
  fmt::print(stderr, "muster: {}\n", error);
  return kRefused;
}

// True unless somebody must still say that it is meant.
Result<bool, Error> is_meant(const UserCommand& command) {
  const auto* remove = std::get_if<UserRemove>(&command.what);
  if (remove == nullptr || remove->confirmed) return true;
  return confirm("Remove " + remove->account.text() + " and all that hangs on it?");
}

// Before the service is opened: where no server runs, nobody else can work on it from then on, and
// who types may take her time.
Result<std::optional<Secret>, Error> password_for(const UserCommand& command) {
  using Read = Result<std::optional<Secret>, Error>;
  const auto read = [](const Address& account, const NewPassword& wanted) -> Read {
    const auto password = read_password(wanted.from, account);
    if (!password) return Failure{password.error()};
    auto prepared = prepared_password(password->view());
    if (prepared) return prepared;
    return Failure{Error("that is no password: it is empty, not UTF-8, or has control characters")};
  };
  const auto* add = std::get_if<UserAdd>(&command.what);
  if (add != nullptr) return read(add->account, add->password);
  const auto* passwd = std::get_if<UserPasswd>(&command.what);
  if (passwd != nullptr) return read(passwd->account, passwd->password);
  return std::optional<Secret>();
}

}  // namespace

int carry_out(const UserCommand& command) {
  const auto meant = is_meant(command);
  if (!meant) return fail(meant.error());
  if (!*meant) return fail("nothing was done");
  const auto password = password_for(command);
  if (!password) return fail(password.error());
  const auto service = find_service(command.service);
  if (!service) return fail(service.error());
  const auto door =
      open_door(service->data, service->configured, kDoorTimeMax, account_of(command));
  if (!door) return fail(door.error());
  const Printed printed = std::visit(
      [&](const auto& known) {
        return on(Work{**door, *password}, known);
      },
      command.what);
  if (!printed) return fail(printed.error());
  return print("muster", *printed);
}

}  // namespace muster
