// The tasks of the users' store: requests of the presence server (server/store_port.h), and those
// about accounts and their credentials, which the shell's own parts ask (verifiers, in-band
// registration, the command line).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/pair.h"
#include "server/cluster_port.h"
#include "server/store_port.h"
#include "shell/store/backend.h"
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

// Random bytes that this store was given when it was made, the same for all servers on it, and for
// ever: what they make nonces of, and salts for accounts that are not there. Answer: SecretLoaded.
struct LoadSecret {};

using AccountRequest =
    std::variant<LoadCredentials, CreateAccount, SetCredentials, ListAccounts, LoadSecret>;

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
struct SecretLoaded {
  std::string secret;
};
struct AccountRefused {
  enum class Why : std::uint8_t { not_found, conflict } why = Why::not_found;
};

using AccountReply = std::variant<CredentialsLoaded, AccountCreated, CredentialsSet, AccountsListed,
                                  SecretLoaded, AccountRefused, StoreFailed>;

// --- servers of a cluster (server/cluster_port.h) ------------------------------------------------

// From now on what is changed is changed in the name of this life of this server; 0 is nobody's. A
// store whose process is one of many (its options) changes nothing before. Answer: ActingAs; or
// LifeFenced where it is, as when the cluster's own store was lost, and numbers lives anew. Any
// other store is no cluster's: StoreFailed.
struct ActAs {
  cluster::Incarnation life;
};
// From when it is answered on nothing is changed in the name of that life. Answer: LifeFenced.
struct FenceLife {
  cluster::Incarnation life;
};
using ServerRequest = std::variant<ActAs, FenceLife>;

struct ActingAs {};
struct LifeFenced {
  cluster::Incarnation life;
};
using ServerReply = std::variant<ActingAs, LifeFenced, StoreFailed>;

// --- the store -----------------------------------------------------------------------------------

using StoreTask = std::variant<StoreRequest, AccountRequest, ServerRequest>;
// Of the same kind as the task.
using StoreResult = std::variant<StoreReply, AccountReply, ServerReply>;

struct StoreTasks {
  using Task = StoreTask;
  using Result = StoreResult;
  static Result failed(const Task& task, StoreFailed how) {
    if (std::holds_alternative<StoreRequest>(task)) return StoreReply(how);
    if (std::holds_alternative<AccountRequest>(task)) return AccountReply(how);
    return ServerReply(how);
  }
  static bool answers(const Task& task, const Result& result) {
    return task.index() == result.index();
  }
};
using StoreBackend = Backend<StoreTasks>;

}  // namespace muster
