#include "app/command_line/addresses.h"

#include <utility>

#include "codec/address/jid.h"

namespace muster {

CLI::Validator bare_address() {
  const auto check = [](const std::string& found) -> std::string {
    const std::string form = "\"" + found + "\" is no address, as alice@example.com: ";
    const auto address = parse_jid(found);
    if (!address) return form + std::string(describe(address.error()));
    if (!address->has_local()) return form + "there is nothing before the domain";
    if (address->has_resource()) return form + "a resource (/...) is too much";
    return {};
  };
  return CLI::Validator(check, "");
}

Address address_of(const std::string& text) {
  return std::move(parse_jid(text)).value();
}

}  // namespace muster
