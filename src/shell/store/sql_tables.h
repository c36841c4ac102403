// The rows of the store's tables (sqlite_schema.cc, postgres_schema.cc) as values: one function for
// each thing that is read or written, no rule of the store. What a database cannot mean (a state
// out of range, an address that is none) is its trouble, never a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "model/pair.h"
#include "model/subscription.h"
#include "server/store_port.h"
#include "shell/store/sql.h"
#include "shell/store/store_backend.h"

namespace muster::sql {

struct Account {
  std::int64_t id = 0;
  WatcherPolicy policy = WatcherPolicy::ask;
  std::uint64_t version = 0;
};

// What an account holds of a contact.
struct Record {
  Relation relation;
  std::string name;
  std::vector<std::string> groups;
};

class Accounts {
 public:
  explicit Accounts(Database& database);

  std::optional<Account> find(const Address& address);
  // The same; nobody else changes it, or what hangs on it, before the transaction is over.
  std::optional<Account> find_to_change(const Address& address);
  Account make(const Address& address, WatcherPolicy policy);
  void set_policy(const Account& account, WatcherPolicy policy);
  void set_version(const Account& account);
  // With its credentials, records and publications. Accounts made later begin above its version.
  void remove(const Account& account);

  std::optional<Credentials> credentials(const Account& account);
  void set_credentials(const Account& account, const Credentials& credentials);
  std::vector<AccountsListed::Account> list(std::string_view domain, std::string_view after,
                                            std::uint32_t limit);
  // Of the store itself; empty if there is none.
  std::string secret();

 private:
  std::optional<Account> found_in(Rows rows);

  Database& database_;
  Statement find_;
  Statement find_to_change_;
  Statement make_;
  Statement set_policy_;
  Statement set_version_;
  Statement retire_;
  Statement remove_;
  Statement credentials_;
  Statement drop_credentials_;
  Statement add_credentials_;
  Statement list_;
  Statement secret_;
};

class Contacts {
 public:
  explicit Contacts(Database& database);

  Record find(const Account& account, const Address& contact);
  std::vector<Contact> of(const Account& account);
  std::vector<RosterItem> items_of(const Account& account);
  std::vector<PendingLoaded::Request> requests_of(const Account& account);
  // Whose records of `contact` there are.
  struct Holder {
    Address address;
    Account account;
    Record record;
  };
  std::vector<Holder> holders_of(const Address& contact);
  std::uint32_t count(const Account& account);
  std::uint32_t count_items(const Account& account);

  // `version` is the account's. The stanza of a pending request is kept if `stanza` is null.
  void set_relation(const Account& account, const Address& contact, const Relation& relation,
                    bool keep_stanza, const std::optional<std::string_view>& stanza);
  void set_item(const Account& account, const RosterItem& item);
  void remove(const Account& account, const Address& contact);

 private:
  Relation relation_in(const Rows& rows, int column);
  Address contact_in(const Rows& rows, int column);
  std::vector<std::string> groups_in(const Rows& rows, int column);

  Database& database_;
  Statement find_;
  Statement of_;
  Statement items_of_;
  Statement requests_of_;
  Statement holders_of_;
  Statement count_;
  Statement count_items_;
  Statement set_relation_;
  Statement set_item_;
  Statement remove_;
};

class Publications {
 public:
  explicit Publications(Database& database);

  struct Found {
    std::int64_t id = 0;
    std::string document;
  };
  // Those that live beyond `now`.
  std::optional<Found> find(const Account& account, std::string_view etag, UnixTime now);
  std::vector<StoredPublication> of(const Account& account, UnixTime now);
  std::uint32_t count(const Account& account, UnixTime now);
  std::vector<Address> publishers();

  void add(const Account& account, const StoredPublication& publication);
  void set(std::int64_t id, const StoredPublication& publication);
  void remove(std::int64_t id);
  void remove_expired(const Account& account, UnixTime now);
  void remove_all_expired(UnixTime now);

 private:
  Database& database_;
  Statement find_;
  Statement of_;
  Statement count_;
  Statement publishers_;
  Statement add_;
  Statement set_;
  Statement remove_;
  Statement remove_expired_;
  Statement remove_all_expired_;
};

}  // namespace muster::sql
