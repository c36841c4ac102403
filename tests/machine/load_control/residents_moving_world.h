// Residents of a shard some of whom are to move to another server, for their tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "machine/load_control/residents_world.h"

namespace muster::testing {

using Users = std::vector<Address>;

inline constexpr LinkId kLink{3, 1};
inline constexpr std::uint64_t kThere = 7;  // the incarnation that they move to

inline Address user(std::string_view name) {
  return Address::of_canonical(name, "example.com");
}
inline const Address kAlice = user("alice");
inline const Address kBob = user("bob");

inline std::shared_ptr<const ServerContacts> contacts(bool xmpp = true, bool sip = true) {
  ServerContacts there;
  there.svr_id = "sip:s7.example.com";
  if (xmpp) there.xmpp = Redirection{"s7.example.com", 5222, {}};
  if (sip) there.sip = "sip:s7.example.com";
  return std::make_shared<const ServerContacts>(std::move(there));
}

class ResidentsMoving : public ResidentsWorld {
 protected:
  using ResidentsWorld::ResidentsWorld;

  // How many moves have ended by this.
  static std::uint32_t ended(const ModuleWorld::Happened& happened) {
    std::uint32_t users = 0;
    for (const MovesEnded& one : told<MovesEnded>(happened)) {
      EXPECT_EQ(one.to, kThere);
      EXPECT_FALSE(one.by_phone);
      users += one.users;
    }
    return users;
  }

  void place_here(const Address& who, bool again = false) {
    give(StreamToPlace{kLink, who, again});
    give(OwnerFound{who, {UserPlace::Outcome::here, nullptr}});
  }
  // Who has a session, or a phone, or both; and SIP subscriptions.
  void come(const Address& who, bool xmpp = true, bool sip = false,
            std::uint32_t subscriptions = 0) {
    place_here(who);
    if (xmpp || sip) give(ResidentChanged{who, xmpp, sip, 0});
    if (subscriptions > 0) give(SubscriptionsCounted{who, subscriptions});
  }
  void go(const Address& who) { give(ResidentChanged{who, false, false, 0}); }

  Users choose(UsersToMove order) {
    order.to = kThere;
    if (order.at == nullptr) order.at = contacts();
    const auto answers = told<MovesChosen>(give(order));
    EXPECT_EQ(answers.size(), 1u);
    if (answers.size() != 1) return {};
    EXPECT_EQ(answers[0].shard, ShardId(1));
    EXPECT_EQ(answers[0].to, kThere);
    EXPECT_EQ(answers[0].asked, order.users);
    return answers[0].accounts;
  }
  Users choose(std::uint32_t users, std::uint32_t dialogs = 1'000, bool all = false) {
    return choose(UsersToMove{kThere, nullptr, users, dialogs, all});
  }
  // She is the other server's, as the store says; or is not.
  ModuleWorld::Happened decide(const Address& who, bool moves = true) {
    return give(MoveDecided{who, kThere, moves ? contacts() : nullptr});
  }
  // She has a session here, and is on her way.
  void begin_move(const Address& who) {
    come(who);
    ASSERT_EQ(choose(1), Users{who});
    ASSERT_EQ(events<UserLeaves>(decide(who)).size(), 1u);
  }
};

}  // namespace muster::testing
