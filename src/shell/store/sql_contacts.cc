#include <algorithm>

#include "shell/store/sql_tables.h"
#include "shell/store/sql_values.h"

namespace muster::sql {

Contacts::Contacts(Database& database)
    : database_(database),
      find_(database,
            "SELECT subscription, approved, listed, name, groups FROM contacts"
            " WHERE account = ? AND contact = ?"),
      of_(database,
          "SELECT contact, version, subscription, approved, listed FROM contacts"
          " WHERE account = ? ORDER BY contact"),
      items_of_(database,
                "SELECT contact, name, groups, subscription, approved, listed FROM contacts"
                " WHERE account = ? AND listed ORDER BY contact"),
      requests_of_(database,
                   "SELECT contact, request FROM contacts"
                   " WHERE account = ? AND request IS NOT NULL ORDER BY contact"),
      holders_of_(database,
                  "SELECT accounts.local, accounts.domain, accounts.id, accounts.version, name,"
                  " groups, subscription, approved, listed FROM contacts"
                  " JOIN accounts ON accounts.id = contacts.account WHERE contact = ?"),
      count_(database, "SELECT count(*) FROM contacts WHERE account = ?"),
      count_items_(database, "SELECT count(*) FROM contacts WHERE account = ? AND listed"),
      set_relation_(database,
                    "INSERT INTO contacts VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', '', ?8)"
                    " ON CONFLICT (account, contact) DO UPDATE SET subscription = ?3,"
                    " approved = ?4, listed = ?5, version = ?6,"
                    " request = CASE WHEN ?7 THEN contacts.request ELSE ?8 END"),
      set_item_(database,
                "INSERT INTO contacts VALUES (?1, ?2, 0, FALSE, TRUE, ?3, ?4, ?5, NULL)"
                " ON CONFLICT (account, contact) DO UPDATE SET listed = TRUE, version = ?3,"
                " name = ?4, groups = ?5"),
      remove_(database, "DELETE FROM contacts WHERE account = ? AND contact = ?") {}

Relation Contacts::relation_in(const Rows& rows, int column) {
  return {enum_in(database_, rows.integer(column), Subscription::both),
          rows.integer(column + 1) != 0, rows.integer(column + 2) != 0};
}

Address Contacts::contact_in(const Rows& rows, int column) {
  return address_in(database_, rows.text(column));
}

std::vector<std::string> Contacts::groups_in(const Rows& rows, int column) {
  return netstrings_in(database_, rows.text(column));
}

Record Contacts::find(const Account& account, const Address& contact) {
  Rows rows = find_.rows(account.id, contact.text());
  if (!rows.next()) return {};
  return {relation_in(rows, 0), std::string(rows.text(3)), groups_in(rows, 4)};
}

std::vector<Contact> Contacts::of(const Account& account) {
  std::vector<Contact> contacts;
  Rows rows = of_.rows(account.id);
  while (rows.next()) {
    contacts.push_back(
        {contact_in(rows, 0), relation_in(rows, 2), static_cast<std::uint64_t>(rows.integer(1))});
  }
  return contacts;
}

std::vector<RosterItem> Contacts::items_of(const Account& account) {
  std::vector<RosterItem> items;
  Rows rows = items_of_.rows(account.id);
  while (rows.next()) {
    items.push_back(
        {contact_in(rows, 0), relation_in(rows, 3), std::string(rows.text(1)), groups_in(rows, 2)});
  }
  return items;
}

std::vector<PendingLoaded::Request> Contacts::requests_of(const Account& account) {
  std::vector<PendingLoaded::Request> requests;
  Rows rows = requests_of_.rows(account.id);
  while (rows.next())
    requests.push_back({contact_in(rows, 0), std::string(rows.text(1))});
  return requests;
}

std::vector<Contacts::Holder> Contacts::holders_of(const Address& contact) {
  std::vector<Holder> holders;
  Rows rows = holders_of_.rows(contact.text());
  while (rows.next()) {
    holders.push_back({address_in(database_, rows.text(0), rows.text(1)),
                       {rows.integer(2), {}, static_cast<std::uint64_t>(rows.integer(3))},
                       {relation_in(rows, 6), std::string(rows.text(4)), groups_in(rows, 5)}});
  }
  std::sort(holders.begin(), holders.end(),
            [](const Holder& a, const Holder& b) { return a.address < b.address; });
  return holders;
}

std::uint32_t Contacts::count(const Account& account) {
  Rows rows = count_.rows(account.id);
  return rows.next() ? static_cast<std::uint32_t>(rows.integer(0)) : 0;
}

std::uint32_t Contacts::count_items(const Account& account) {
  Rows rows = count_items_.rows(account.id);
  return rows.next() ? static_cast<std::uint32_t>(rows.integer(0)) : 0;
}

void Contacts::set_relation(const Account& account, const Address& contact,
                            const Relation& relation, bool keep_stanza,
                            const std::optional<std::string_view>& stanza) {
  set_relation_.run(account.id, contact.text(), static_cast<std::int64_t>(relation.subscription),
                    relation.approved, relation.listed, account.version, keep_stanza, stanza);
}

void Contacts::set_item(const Account& account, const RosterItem& item) {
  set_item_.run(account.id, item.contact.text(), account.version, item.name,
                netstrings_of(item.groups));
}

void Contacts::remove(const Account& account, const Address& contact) {
  remove_.run(account.id, contact.text());
}

}  // namespace muster::sql
