#include <algorithm>

#include "shell/store/sql_tables.h"
#include "shell/store/sql_values.h"

namespace muster::sql {
namespace {

WatcherPolicy policy_in(Database& database, const Rows& rows, int column) {
  return enum_in(database, rows.integer(column), WatcherPolicy::deny);
}

std::int64_t number_of(WatcherPolicy policy) {
  return static_cast<std::int64_t>(policy);
}

// --- credentials ---------------------------------------------------------------------------------

template <std::size_t kBytes>
DigestBytes<kBytes> digest_in(Database& database, Blob stored) {
  DigestBytes<kBytes> digest{};
  if (stored.size() == kBytes) {
    std::copy(stored.begin(), stored.end(), digest.begin());
  } else {
    database.refuse("corrupt: a key of the wrong length");
  }
  return digest;
}

template <std::size_t kBytes>
ScramKeys<kBytes> scram_in(Database& database, const Rows& rows, int column) {
  const Blob salt = rows.blob(column);
  return {{salt.begin(), salt.end()},
          static_cast<std::uint32_t>(rows.integer(column + 1)),
          digest_in<kBytes>(database, rows.blob(column + 2)),
          digest_in<kBytes>(database, rows.blob(column + 3))};
}

template <std::size_t kBytes>
std::optional<DigestBytes<kBytes>> ha1_in(Database& database, const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return digest_in<kBytes>(database, rows.blob(column));
}

Blob blob_of(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}
template <std::size_t kBytes>
std::optional<Blob> blob_of(const std::optional<DigestBytes<kBytes>>& digest) {
  if (!digest) return std::nullopt;
  return Blob(*digest);
}

constexpr const char* kFind =
    "SELECT id, policy, version FROM accounts WHERE domain = ? AND local = ?";

}  // namespace

Accounts::Accounts(Database& database)
    : database_(database),
      find_(database, kFind),
      find_to_change_(database, std::string(kFind) + database.row_lock()),
      make_(database,
            "INSERT INTO accounts (domain, local, policy, version)"
            " VALUES (?, ?, ?, (SELECT version FROM retired)) RETURNING id, policy, version"),
      set_policy_(database, "UPDATE accounts SET policy = ?2 WHERE id = ?1"),
      set_version_(database, "UPDATE accounts SET version = ?2 WHERE id = ?1"),
      retire_(database, "UPDATE retired SET version = ?1 WHERE version < ?1"),
      remove_(database, "DELETE FROM accounts WHERE id = ?"),
      credentials_(database,
                   "SELECT sha256_salt, sha256_iterations, sha256_stored_key, sha256_server_key,"
                   " sha1_salt, sha1_iterations, sha1_stored_key, sha1_server_key,"
                   " ha1_sha256, ha1_md5 FROM credentials WHERE account = ?"),
      drop_credentials_(database, "DELETE FROM credentials WHERE account = ?"),
      add_credentials_(database,
                       "INSERT INTO credentials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      list_(database,
            "SELECT local, policy, credentials.account IS NOT NULL FROM accounts"
            " LEFT JOIN credentials ON credentials.account = accounts.id"
            " WHERE domain = ? AND local > ? ORDER BY local LIMIT ?"),
      secret_(database, "SELECT bytes FROM secret") {}

std::optional<Account> Accounts::find(const Address& address) {
  return found_in(find_.rows(address.domain(), address.local()));
}

std::optional<Account> Accounts::find_to_change(const Address& address) {
  return found_in(find_to_change_.rows(address.domain(), address.local()));
}

std::optional<Account> Accounts::found_in(Rows rows) {
  if (!rows.next()) return std::nullopt;
  return Account{rows.integer(0), policy_in(database_, rows, 1),
                 static_cast<std::uint64_t>(rows.integer(2))};
}

Account Accounts::make(const Address& address, WatcherPolicy policy) {
  Rows rows = make_.rows(address.domain(), address.local(), number_of(policy));
  if (!rows.next()) return {};
  const Account account{rows.integer(0), policy, static_cast<std::uint64_t>(rows.integer(2))};
  rows.next();
  return account;
}

void Accounts::set_policy(const Account& account, WatcherPolicy policy) {
  set_policy_.run(account.id, number_of(policy));
}

void Accounts::set_version(const Account& account) {
  set_version_.run(account.id, account.version);
}

void Accounts::remove(const Account& account) {
  retire_.run(account.version + 1);
  remove_.run(account.id);
}

std::optional<Credentials> Accounts::credentials(const Account& account) {
  Rows rows = credentials_.rows(account.id);
  if (!rows.next()) return std::nullopt;
  return Credentials{scram_in<32>(database_, rows, 0), scram_in<20>(database_, rows, 4),
                     ha1_in<32>(database_, rows, 8), ha1_in<16>(database_, rows, 9)};
}

void Accounts::set_credentials(const Account& account, const Credentials& credentials) {
  const ScramKeys<32>& sha256 = credentials.scram_sha256;
  const ScramKeys<20>& sha1 = credentials.scram_sha1;
  drop_credentials_.run(account.id);
  add_credentials_.run(account.id, blob_of(sha256.salt), sha256.iterations, Blob(sha256.stored_key),
                       Blob(sha256.server_key), blob_of(sha1.salt), sha1.iterations,
                       Blob(sha1.stored_key), Blob(sha1.server_key),
                       blob_of(credentials.ha1_sha256), blob_of(credentials.ha1_md5));
}

std::vector<AccountsListed::Account> Accounts::list(std::string_view domain, std::string_view after,
                                                    std::uint32_t limit) {
  std::vector<AccountsListed::Account> accounts;
  Rows rows = list_.rows(domain, after, limit);
  while (rows.next()) {
    accounts.push_back({address_in(database_, rows.text(0), domain), policy_in(database_, rows, 1),
                        rows.integer(2) != 0});
  }
  return accounts;
}

std::string Accounts::secret() {
  Rows rows = secret_.rows();
  if (!rows.next()) return {};
  const Blob bytes = rows.blob(0);
  return {bytes.begin(), bytes.end()};
}

}  // namespace muster::sql
