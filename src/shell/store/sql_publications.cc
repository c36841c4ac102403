#include <algorithm>

#include "shell/store/sql_tables.h"
#include "shell/store/sql_values.h"

namespace muster::sql {

Publications::Publications(Database& database)
    : database_(database),
      find_(database,
            "SELECT id, document FROM publications"
            " WHERE account = ? AND etag = ? AND expires > ? ORDER BY id LIMIT 1"),
      of_(database,
          "SELECT etag, document, expires FROM publications"
          " WHERE account = ? AND expires > ? ORDER BY id"),
      count_(database, "SELECT count(*) FROM publications WHERE account = ? AND expires > ?"),
      publishers_(database,
                  "SELECT local, domain FROM accounts"
                  " WHERE id IN (SELECT account FROM publications)"),
      add_(database,
           "INSERT INTO publications (account, etag, expires, document) VALUES (?, ?, ?, ?)"),
      set_(database,
           "UPDATE publications SET etag = ?2, expires = ?3, document = ?4 WHERE id = ?1"),
      remove_(database, "DELETE FROM publications WHERE id = ?"),
      remove_expired_(database, "DELETE FROM publications WHERE account = ? AND expires <= ?"),
      remove_all_expired_(database, "DELETE FROM publications WHERE expires <= ?") {}

std::optional<Publications::Found> Publications::find(const Account& account, std::string_view etag,
                                                      UnixTime now) {
  Rows rows = find_.rows(account.id, etag, now);
  if (!rows.next()) return std::nullopt;
  return Found{rows.integer(0), std::string(rows.text(1))};
}

std::vector<StoredPublication> Publications::of(const Account& account, UnixTime now) {
  std::vector<StoredPublication> publications;
  Rows rows = of_.rows(account.id, now);
  while (rows.next()) {
    publications.push_back({std::string(rows.text(0)), std::string(rows.text(1)),
                            UnixTime::at(Duration::microseconds(rows.integer(2)))});
  }
  return publications;
}

std::uint32_t Publications::count(const Account& account, UnixTime now) {
  Rows rows = count_.rows(account.id, now);
  return rows.next() ? static_cast<std::uint32_t>(rows.integer(0)) : 0;
}

std::vector<Address> Publications::publishers() {
  std::vector<Address> accounts;
  Rows rows = publishers_.rows();
  while (rows.next())
    accounts.push_back(address_in(database_, rows.text(0), rows.text(1)));
  std::sort(accounts.begin(), accounts.end());
  return accounts;
}

void Publications::add(const Account& account, const StoredPublication& publication) {
  add_.run(account.id, publication.etag, publication.expires, publication.document);
}

void Publications::set(std::int64_t id, const StoredPublication& publication) {
  set_.run(id, publication.etag, publication.expires, publication.document);
}

void Publications::remove(std::int64_t id) {
  remove_.run(id);
}

void Publications::remove_expired(const Account& account, UnixTime now) {
  remove_expired_.run(account.id, now);
}

void Publications::remove_all_expired(UnixTime now) {
  remove_all_expired_.run(now);
}

}  // namespace muster::sql
