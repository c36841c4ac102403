#include "server/presence_db/user.h"

#include <algorithm>

namespace muster {

std::vector<Contact>::iterator contact_position(User& user, const Address& address) {
  return std::lower_bound(
      user.contacts.begin(), user.contacts.end(), address,
      [](const Contact& contact, const Address& wanted) { return contact.address < wanted; });
}

const Contact* find_contact(const User& user, const Address& address) {
  const auto found = contact_position(const_cast<User&>(user), address);
  return found != user.contacts.end() && found->address == address ? &*found : nullptr;
}

Relation relation_to(const User& user, const Address& address) {
  const Contact* contact = find_contact(user, address);
  return contact == nullptr ? Relation{} : contact->relation;
}

Address other_name(const Address& full, std::uint32_t number) {
  return full.with_resource(std::string(full.resource()) + "-" + std::to_string(number));
}

}  // namespace muster
