// What a durable store is to the shell: it carries out groups of tasks. A task is a request of the
// presence server (server/store_port.h), or one about accounts and their credentials, which the
// shell's own parts ask (verifiers, in-band registration, the command line).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/pair.h"
#include "server/store_port.h"
#include "shell/store/credentials.h"

namespace muster {

// --- accounts: requests --------------------------------------------------------------------------

// Answer: CredentialsLoaded.
struct LoadCredentials {
  Address account;
};

// With `claim`, an account that is there without credentials is given these (musterd dev
// --auto-accounts: the first password becomes its password). Answer: AccountCreated, or
// AccountRefused{conflict} where the account exists.
struct CreateAccount {
  Address account;
  Credentials credentials;
  WatcherPolicy policy = WatcherPolicy::ask;
  bool claim = false;
};

// Answer: CredentialsSet, or AccountRefused{not_found}.
struct SetCredentials {
  Address account;
  Credentials credentials;
};

// Up to `limit` (at most kAccountsListedMax) accounts of a domain, by localpart, from behind
// `after`. Answer: AccountsListed.
inline constexpr std::uint32_t kAccountsListedMax = 1'000;
struct ListAccounts {
  std::string domain;
  std::string after;
  std::uint32_t limit = kAccountsListedMax;
};

using AccountRequest = std::variant<LoadCredentials, CreateAccount, SetCredentials, ListAccounts>;

// --- accounts: replies ---------------------------------------------------------------------------

struct CredentialsLoaded {
  bool exists = false;                     // the account
  std::optional<Credentials> credentials;  // an account may have none
};
struct AccountCreated {};
struct CredentialsSet {};
struct AccountsListed {
  struct Account {
    Address address;
    WatcherPolicy policy = WatcherPolicy::ask;
    bool has_credentials = false;
  };
  std::vector<Account> accounts;
};
struct AccountRefused {
  enum class Why : std::uint8_t { not_found, conflict } why = Why::not_found;
};

using AccountReply = std::variant<CredentialsLoaded, AccountCreated, CredentialsSet, AccountsListed,
                                  AccountRefused, StoreFailed>;

// --- the store -----------------------------------------------------------------------------------

using StoreTask = std::variant<StoreRequest, AccountRequest>;
// Of the same kind as the task.
using StoreResult = std::variant<StoreReply, AccountReply>;

// Used by one thread.
class StoreBackend {
 public:
  StoreBackend() = default;
  virtual ~StoreBackend() = default;
  StoreBackend(const StoreBackend&) = delete;
  StoreBackend& operator=(const StoreBackend&) = delete;

  // One result for each task, in order; each is a transaction, and sees those before it. What a
  // result says is durable when this returns; where it is StoreFailed, nothing of the task was
  // done. (A disk that refuses to flush may have kept it all the same, and a kill at that moment
  // bring it to light; so may a database whose connection ended while it committed.)
  virtual std::vector<StoreResult> carry_out(const std::vector<StoreTask>& group) = 0;

  // What stands in the way, for the operator; empty if the last group went well.
  virtual std::string trouble() const = 0;
};

}  // namespace muster
