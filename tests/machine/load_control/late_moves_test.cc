// Which phones may go when they register: as many as could not go, at their pace.
#include "server/load_control/late_moves.h"

#include <gtest/gtest.h>

#include "machine/load_control/servers.h"

namespace muster::cluster {
namespace load_control_late_moves_test {

LoadSettings fast() {
  LoadSettings settings;
  settings.moved_users_per_second = settings.moved_dialogs_per_second = kMovedPerSecondMax;
  return settings;
}

bool goes(LateMoves& moves, std::int64_t ms, std::uint32_t dialogs = 0) {
  if (!moves.allows(at(ms), dialogs)) return false;
  moves.take(dialogs);
  return true;
}

TEST(LateMoves, AsManyGoAsCouldNot) {
  LateMoves moves(fast());
  EXPECT_FALSE(goes(moves, 0)) << "nobody waits";
  moves.wait(at(1'000), 1);
  moves.wait(at(500), 1);
  EXPECT_TRUE(goes(moves, 0));
  EXPECT_TRUE(goes(moves, 999)) << "until the later of both";
  EXPECT_FALSE(goes(moves, 999));
}

TEST(LateMoves, UntilEachPhoneHasRegistered) {
  LateMoves moves(fast());
  moves.wait(at(1'000), 5);
  EXPECT_FALSE(goes(moves, 1'000));
  moves.wait(at(2'000), 1);
  EXPECT_TRUE(goes(moves, 1'001));
  EXPECT_FALSE(goes(moves, 1'001)) << "those before have registered";
}

TEST(LateMoves, AnyNumberMayWait) {
  LateMoves moves(fast());
  moves.wait(at(1'000), 0xFFFFFFFF);
  moves.wait(at(1'000), 2);
  EXPECT_TRUE(goes(moves, 0));
}

TEST(LateMoves, SoManyAreInFlight) {
  LoadSettings settings = fast();
  settings.moves_in_flight_max = 2;
  LateMoves moves(settings);
  moves.wait(at(1'000), 9);
  EXPECT_TRUE(goes(moves, 0));
  EXPECT_TRUE(goes(moves, 0));
  EXPECT_FALSE(goes(moves, 0));
  moves.ended(1);
  EXPECT_TRUE(goes(moves, 0));
  EXPECT_FALSE(goes(moves, 0));
}

TEST(LateMoves, AtThePaceOfUsersAndOfDialogs) {
  LoadSettings settings = fast();
  settings.moved_users_per_second = 20;
  LateMoves users(settings);
  users.wait(at(9'000), 9);
  EXPECT_TRUE(goes(users, 0));
  EXPECT_TRUE(goes(users, 0)) << "a tenth of what a second brings";
  EXPECT_FALSE(goes(users, 49));
  EXPECT_TRUE(goes(users, 50));
  settings = fast();
  settings.moved_dialogs_per_second = 30;
  LateMoves dialogs(settings);
  dialogs.wait(at(9'000), 9);
  EXPECT_TRUE(goes(dialogs, 0, 3));
  EXPECT_FALSE(goes(dialogs, 0, 1));
  EXPECT_TRUE(goes(dialogs, 0)) << "who has none";
  EXPECT_TRUE(goes(dialogs, 34, 1));
}

}  // namespace load_control_late_moves_test
}  // namespace muster::cluster
