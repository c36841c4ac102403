// Phones whose users move from server to server, and a phone that watches them: SIP, in virtual
// time.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/load_control/residents.h"
#include "sim/placing_phones.h"

namespace muster::sim {
namespace sim_phones_moving_test {

using What = OrderServer::What;

constexpr std::size_t kPhones = 12;

// How often the watcher saw somebody go whom it had seen.
class Sights : public AgentWatch {
 public:
  explicit Sights(AgentId watcher) : watcher_(watcher) {}

  void happened(const Happened& fact) override {
    if (fact.agent != watcher_) return;
    const auto* saw = std::get_if<SawPicture>(&fact.what);
    if (saw == nullptr) return;
    bool& present = present_[saw->presentity];
    if (present && saw->picture.empty()) ++gone[saw->presentity];
    present = !saw->picture.empty();
  }
  std::map<Address, int> gone;

 private:
  AgentId watcher_;
  std::map<Address, bool> present_;
};

class PhonesMoving : public ::testing::Test {
 protected:
  PhonesMoving() : watcher(add("watcher")), sights(watcher) {
    crowd.watch(sights);
    for (std::size_t i = 0; i < kPhones; ++i) {
      names.push_back("phone" + std::to_string(i));
      phones.push_back(add(names.back()));
      crowd.wish(phones.back(), Show{{"", "at my desk"}});
      crowd.wish(phones.back(), GoOnline{});
      crowd.wish(watcher, StartWatching{address(names.back())});
      cluster.world.run_for(Duration::milliseconds(500));
    }
    crowd.wish(watcher, GoOnline{});
    cluster.world.run_for(Duration::seconds(30));
  }

  static Address address(const std::string& name) {
    return Address::of_canonical(name, "example.com");
  }
  AgentId add(const std::string& name) {
    cluster.world.store().memory().carry_out(
        LoadUser{address(name), true, {}, WatcherPolicy::allow});
    Phone::Habits habits;
    habits.transport = Transport::tcp;
    return add_phone(cluster, crowd, name, habits);
  }
  // All are where they wanted to be, and the watcher sees each of them as she is.
  void expect_all_well() {
    const auto pictures = crowd.agent(watcher).pictures();
    for (std::size_t i = 0; i < phones.size(); ++i) {
      const Agent& phone = crowd.agent(phones[i]);
      EXPECT_TRUE(phone.online()) << names[i];
      EXPECT_TRUE(phone.content()) << names[i];
      EXPECT_FALSE(phone.own_picture().empty()) << names[i];
      const auto seen = pictures.find(address(names[i]));
      ASSERT_NE(seen, pictures.end()) << names[i];
      EXPECT_EQ(seen->second, phone.own_picture()) << names[i];
    }
  }
  // The users of phones that this server has, by the store.
  std::size_t users_of(std::size_t server) { return cluster.users_of(server, names); }

  PlacingWorld cluster{PlacingWorld::Options{.distance = Duration::milliseconds(5)}};
  Crowd crowd{cluster.world};
  AgentId watcher;
  Sights sights;
  std::vector<std::string> names;
  std::vector<AgentId> phones;
};

// A phone is told when it next registers or publishes, at half of its 600 seconds.
TEST_F(PhonesMoving, NobodySeesHerGo) {
  expect_all_well();
  std::size_t drained = 0;
  while (users_of(drained) == 0 || cluster.users_of(drained, {"watcher"}) > 0) {
    ++drained;
    ASSERT_LT(drained, cluster.world.server_count()) << "all are where the watcher is";
  }
  ASSERT_EQ(cluster.order(cluster.main(), What::drain, drained), AdminReply::Outcome::done);
  cluster.world.run_for(Duration::minutes(15));
  EXPECT_EQ(users_of(drained), 0u);
  expect_all_well();
  EXPECT_TRUE(sights.gone.empty());
}

// What she watches she goes on watching: her dialogs end with reason=deactivated.
TEST_F(PhonesMoving, AWatcherWhoMovesWatchesOn) {
  expect_all_well();
  std::size_t drained = 0;
  while (cluster.users_of(drained, {"watcher"}) == 0) {
    ++drained;
    ASSERT_LT(drained, cluster.world.server_count()) << "the watcher is nobody's";
  }
  ASSERT_EQ(cluster.order(cluster.main(), What::drain, drained), AdminReply::Outcome::done);
  cluster.world.run_for(Duration::minutes(15));
  EXPECT_EQ(cluster.users_of(drained, {"watcher"}), 0u);
  EXPECT_TRUE(crowd.agent(watcher).content());
  expect_all_well();
}

// How many dialogs its users have a server says; so many move at once (rebalance.h). A round ends
// when its phones have had their time (residents.h), and there are few rounds: not one for each who
// has a dialog.
TEST_F(PhonesMoving, WhoHasDialogsLeavesAsFastAsOthers) {
  const std::size_t before = names.size();
  for (std::size_t i = 0; i < 3 * kPhones; ++i) {
    names.push_back("watching" + std::to_string(i));
    phones.push_back(add(names.back()));
    crowd.wish(phones.back(), StartWatching{address(names.front())});
    crowd.wish(phones.back(), GoOnline{});
    cluster.world.run_for(Duration::milliseconds(500));
  }
  cluster.world.run_for(Duration::seconds(30));
  const std::vector<std::string> watching(names.begin() + static_cast<std::ptrdiff_t>(before),
                                          names.end());
  std::size_t drained = 0;
  while (cluster.users_of(drained, watching) < kPhones) {
    ++drained;
    ASSERT_LT(drained, cluster.world.server_count()) << "there are fewer than a third everywhere";
  }
  ASSERT_EQ(cluster.order(cluster.main(), What::drain, drained), AdminReply::Outcome::done);
  const auto is_empty = [&] { return users_of(drained) == 0; };
  EXPECT_TRUE(until(cluster.world, is_empty, Residents::kMoveTimeMax * 3));
}

}  // namespace sim_phones_moving_test
}  // namespace muster::sim
