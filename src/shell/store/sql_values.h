// What the cells of the store's tables say. A cell that cannot mean anything is the database's
// trouble, and its value an empty one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "shell/store/sql.h"

namespace muster::sql {

Address address_in(Database& database, std::string_view local, std::string_view domain,
                   std::string_view resource = {});
// RFC 7622 section 3.1: the first '/' begins the resource, the first '@' before it ends the local.
Address address_in(Database& database, std::string_view text);

template <class Enum>
Enum enum_in(Database& database, std::int64_t number, Enum last) {
  if (number < 0 || number > static_cast<std::int64_t>(last)) {
    database.refuse("corrupt: a state that is none");
    return Enum{};
  }
  return static_cast<Enum>(number);
}

// Texts one after another, as "7:Friends,6:Family,".
std::string netstrings_of(const std::vector<std::string>& texts);
std::vector<std::string> netstrings_in(Database& database, std::string_view stored);

}  // namespace muster::sql
