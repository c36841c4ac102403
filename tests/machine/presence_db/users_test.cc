// Users come in from the store when they are needed, and go when they are not.
#include "machine/presence_db/world.h"

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace muster::testing {
namespace {

TEST(PresenceDbUsers, WorldHasUsersOnBothShards) {
  for (const std::string_view name : {"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"})
    std::printf("%s %d\n", std::string(name).c_str(), home_shard(PresenceDbWorld::user(name).bare(), 2).number());
}

TEST(PresenceDbUsers, AreLoadedForASession) {
  PresenceDbWorld world;
  world.accounts({"alice"});
  world.on("alice", UserWanted{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("ready alice: loaded"));
}

}  // namespace
}  // namespace muster::testing
