// Phones in a simulated cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/agents/crowd.h"
#include "sim/agents/phone.h"
#include "sim/placing_world.h"

namespace muster::sim {

// One that is set up with the main's address, as phones are that know one.
inline AgentId add_phone(PlacingWorld& cluster, Crowd& crowd, const std::string& name,
                         const Phone::Habits& habits = {}) {
  const auto number = static_cast<std::uint8_t>(crowd.size() + 1);
  Identity identity;
  identity.account = Address::of_canonical(name, "example.com");
  identity.password = "secret";
  identity.name = "desk";
  identity.at = {IpAddress::v4(10, 2, 0, number), 40'000};
  identity.server = cluster.world.server(cluster.main()).sip_at();
  cluster.world.verifier().set_password(identity.account, identity.password);
  const RandomStreams streams(number);
  return crowd.add(std::make_unique<Phone>(identity, habits, streams.stream("phone")));
}

}  // namespace muster::sim
