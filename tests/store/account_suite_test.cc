// Accounts and credentials: what every backend must do with the account requests of
// shell/store/store_backend.h.
#include "shell/store/store_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/postgres_server.h"
#include "support/store_world.h"

namespace muster {
namespace store_account_suite_test {

using testing::address;

// Each byte of each field has a value of its own.
Credentials credentials(std::uint8_t first) {
  Credentials made;
  std::uint8_t next = first;
  const auto fill = [&](auto& bytes) {
    for (auto& byte : bytes)
      byte = static_cast<std::decay_t<decltype(byte)>>(next++);
  };
  made.scram_sha256.salt.resize(16);
  made.scram_sha1.salt.resize(12);
  fill(made.scram_sha256.salt);
  fill(made.scram_sha256.stored_key);
  fill(made.scram_sha256.server_key);
  fill(made.scram_sha1.salt);
  fill(made.scram_sha1.stored_key);
  fill(made.scram_sha1.server_key);
  made.scram_sha256.iterations = 4096u + first;
  made.scram_sha1.iterations = 8192u + first;
  return made;
}

Credentials with_ha1(std::uint8_t first) {
  Credentials made = credentials(first);
  made.ha1_sha256.emplace().fill(first);
  made.ha1_md5.emplace().fill(static_cast<std::uint8_t>(first + 1));
  return made;
}

enum class Kind { sqlite, postgres };

class AccountSuite : public ::testing::TestWithParam<Kind> {
 protected:
  // The file or the connection of one that nobody has opened.
  std::string make_place() {
    if (GetParam() == Kind::postgres) return testing::PostgresServer::instance().make_database();
    return folder_.file() + std::to_string(++files_);
  }
  std::unique_ptr<StoreBackend> open() const {
    if (GetParam() == Kind::postgres) return testing::open_postgres({.connection = place_});
    return testing::open_sqlite({.path = place_});
  }

  template <class Reply>
  Reply ask(AccountRequest request) {
    const AccountReply reply = testing::carry_out(*store_, std::move(request));
    EXPECT_TRUE(std::holds_alternative<Reply>(reply)) << "index " << reply.index();
    if (!std::holds_alternative<Reply>(reply)) return {};
    return std::get<Reply>(reply);
  }
  std::string user(const Address& account) {
    return testing::words(testing::carry_out(*store_, LoadUser{account}));
  }
  void make_without_credentials(const Address& account) {
    testing::carry_out(*store_, LoadUser{account, true});
  }
  CredentialsLoaded load(const Address& account) {
    return ask<CredentialsLoaded>(LoadCredentials{account});
  }
  std::vector<std::string> list(std::string domain, std::string after = {},
                                std::uint32_t limit = kAccountsListedMax) {
    std::vector<std::string> names;
    for (const auto& account :
         ask<AccountsListed>(ListAccounts{std::move(domain), std::move(after), limit}).accounts) {
      names.push_back(account.address.text());
    }
    return names;
  }

  const Address alice = address("alice");
  testing::TemporaryFolder folder_;
  int files_ = 0;
  std::string place_ = make_place();
  std::unique_ptr<StoreBackend> store_ = open();
};

INSTANTIATE_TEST_SUITE_P(All, AccountSuite, ::testing::Values(Kind::sqlite, Kind::postgres),
                         [](const auto& tested) {
                           return std::string(tested.param == Kind::sqlite ? "sqlite" : "postgres");
                         });

TEST_P(AccountSuite, AnAccountIsMadeOnce) {
  ask<AccountCreated>(CreateAccount{alice, credentials(1), WatcherPolicy::mutual});
  EXPECT_EQ(user(alice), "user, policy 1");
  EXPECT_EQ(load(alice).credentials, credentials(1));
  const auto refused = ask<AccountRefused>(CreateAccount{alice, credentials(9)});
  EXPECT_EQ(refused.why, AccountRefused::Why::conflict);
  EXPECT_EQ(load(alice).credentials, credentials(1));
  EXPECT_EQ(user(alice), "user, policy 1");
}

TEST_P(AccountSuite, CredentialsAreKeptToTheByte) {
  ask<AccountCreated>(CreateAccount{alice, with_ha1(100)});
  EXPECT_EQ(load(alice).credentials, with_ha1(100));
  Credentials only_sha256 = with_ha1(7);
  only_sha256.ha1_md5.reset();
  ask<CredentialsSet>(SetCredentials{alice, only_sha256});
  EXPECT_EQ(load(alice).credentials, only_sha256);
  Credentials only_md5 = with_ha1(8);
  only_md5.ha1_sha256.reset();
  ask<CredentialsSet>(SetCredentials{alice, only_md5});
  EXPECT_EQ(load(alice).credentials, only_md5);
}

TEST_P(AccountSuite, AnAccountMayHaveNone) {
  EXPECT_FALSE(load(alice).exists);
  make_without_credentials(alice);
  EXPECT_TRUE(load(alice).exists);
  EXPECT_EQ(load(alice).credentials, std::nullopt);
  ask<CredentialsSet>(SetCredentials{alice, credentials(3)});
  EXPECT_EQ(load(alice).credentials, credentials(3));
}

TEST_P(AccountSuite, CredentialsAreForAnAccount) {
  const auto refused = ask<AccountRefused>(SetCredentials{alice, credentials(1)});
  EXPECT_EQ(refused.why, AccountRefused::Why::not_found);
  EXPECT_FALSE(load(alice).exists);
}

TEST_P(AccountSuite, AnAccountWithoutCredentialsIsClaimedOnce) {
  make_without_credentials(alice);
  EXPECT_EQ(ask<AccountRefused>(CreateAccount{alice, credentials(1)}).why,
            AccountRefused::Why::conflict);
  ask<AccountCreated>(CreateAccount{alice, credentials(2), WatcherPolicy::allow, true});
  EXPECT_EQ(load(alice).credentials, credentials(2));
  EXPECT_EQ(user(alice), "user, policy 0") << "a claim leaves the account as it is";
  EXPECT_EQ(ask<AccountRefused>(CreateAccount{alice, credentials(3), {}, true}).why,
            AccountRefused::Why::conflict);
  EXPECT_EQ(load(alice).credentials, credentials(2));
  // Where there is none, a claim makes it.
  ask<AccountCreated>(CreateAccount{address("bob"), credentials(4), WatcherPolicy::allow, true});
  EXPECT_EQ(user(address("bob")), "user, policy 2");
}

TEST_P(AccountSuite, CredentialsGoWithTheAccount) {
  ask<AccountCreated>(CreateAccount{alice, with_ha1(1)});
  testing::carry_out(*store_, RemoveAccount{alice});
  EXPECT_FALSE(load(alice).exists);
  make_without_credentials(alice);
  EXPECT_EQ(load(alice).credentials, std::nullopt);
}

TEST_P(AccountSuite, AccountsAreListedByDomainInPages) {
  ask<AccountCreated>(CreateAccount{address("bob"), credentials(1), WatcherPolicy::deny});
  make_without_credentials(address("carol"));
  make_without_credentials(alice);
  make_without_credentials(address("al", "example.net"));
  make_without_credentials(Address::of_canonical("", "example.org"));
  using Names = std::vector<std::string>;
  EXPECT_EQ(list("example.com"),
            (Names{"alice@example.com", "bob@example.com", "carol@example.com"}));
  EXPECT_EQ(list("example.com", "", 2), (Names{"alice@example.com", "bob@example.com"}));
  EXPECT_EQ(list("example.com", "bob", 2), (Names{"carol@example.com"}));
  EXPECT_EQ(list("example.com", "bobby", 2), (Names{"carol@example.com"}));
  EXPECT_EQ(list("example.com", "carol"), Names{});
  EXPECT_EQ(list("example.com", "", 0), Names{});
  EXPECT_EQ(list("example.net"), (Names{"al@example.net"}));
  EXPECT_EQ(list("example"), Names{});
  const auto listed = ask<AccountsListed>(ListAccounts{"example.com", "alice", 1}).accounts;
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].policy, WatcherPolicy::deny);
  EXPECT_TRUE(listed[0].has_credentials);
  EXPECT_FALSE(ask<AccountsListed>(ListAccounts{"example.com", {}, 1}).accounts[0].has_credentials);
}

TEST_P(AccountSuite, AListHasALimit) {
  std::vector<StoreTask> group;
  for (std::uint32_t i = 0; i < kAccountsListedMax + 1; ++i) {
    group.push_back(StoreRequest(LoadUser{address("u" + std::to_string(10'000 + i)), true}));
  }
  store_->carry_out(group);
  EXPECT_EQ(list("example.com", {}, kAccountsListedMax - 1).size(), kAccountsListedMax - 1);
  EXPECT_EQ(list("example.com", {}, kAccountsListedMax).size(), kAccountsListedMax);
  EXPECT_EQ(list("example.com", {}, kAccountsListedMax + 1).size(), kAccountsListedMax);
}

// Whoever opens the store, and whenever; another one has another.
TEST_P(AccountSuite, TheSecretIsTheStores) {
  const std::string secret = ask<SecretLoaded>(LoadSecret{}).secret;
  EXPECT_EQ(secret.size(), 32u);
  EXPECT_NE(secret, std::string(32, secret[0]));
  store_ = open();
  EXPECT_EQ(ask<SecretLoaded>(LoadSecret{}).secret, secret);
  place_ = make_place();
  store_ = open();
  EXPECT_NE(ask<SecretLoaded>(LoadSecret{}).secret, secret);
}

// Both kinds of tasks in one group see each other, in order.
TEST_P(AccountSuite, TasksOfBothKindsShareAGroup) {
  const std::vector<StoreTask> group = {
      AccountRequest(CreateAccount{alice, credentials(1)}),
      StoreRequest(SetWatcherPolicy{alice, WatcherPolicy::deny}),
      AccountRequest(ListAccounts{"example.com", {}, 10}),
      StoreRequest(RemoveAccount{alice}),
      AccountRequest(LoadCredentials{alice}),
  };
  const auto results = store_->carry_out(group);
  ASSERT_EQ(results.size(), group.size());
  const auto& listed = std::get<AccountsListed>(std::get<AccountReply>(results[2]));
  ASSERT_EQ(listed.accounts.size(), 1u);
  EXPECT_EQ(listed.accounts[0].policy, WatcherPolicy::deny);
  EXPECT_FALSE(std::get<CredentialsLoaded>(std::get<AccountReply>(results[4])).exists);
}

}  // namespace store_account_suite_test
}  // namespace muster
