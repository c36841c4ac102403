// What is known of the servers, and how users on their way are counted.
#include "server/load_control/picture.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "machine/load_control/servers.h"

namespace muster::cluster {
namespace load_control_picture_test {

LoadReport report(std::uint32_t level, std::uint64_t settled) {
  return {LoadLevel{level}, level, 0, settled};
}

class Pictured : public ::testing::Test {
 protected:
  void SetUp() override { picture.follow({{member(1), member(2)}, {}, {}}); }
  const ServerPicture& two() const { return picture.servers()[1]; }

  Picture picture;
  const Incarnation second{2};
};

TEST_F(Pictured, AReportAndAnAssignmentThatCrossCountOnce) {
  picture.take_report(second, report(10, 0));
  picture.reserve(second, 1);
  EXPECT_EQ(two().level().value, 11u);
  picture.take_report(second, report(10, 0));  // it was on its way
  EXPECT_EQ(two().level().value, 11u);
  EXPECT_EQ(picture.commit(second, 1), 1u);
  EXPECT_EQ(two().level().value, 11u);
  picture.take_report(second, report(12, 0));  // two users of others; ours is still to come
  EXPECT_EQ(two().level().value, 13u);
  picture.take_report(second, report(13, 1));  // she came
  EXPECT_EQ(two().level().value, 13u);
  picture.take_report(second, report(9, 1));  // she and others went
  EXPECT_EQ(two().level().value, 9u);
}

TEST_F(Pictured, WhoNeverComesIsSettledToo) {
  picture.take_report(second, report(10, 0));
  picture.reserve(second, 3);
  EXPECT_EQ(picture.commit(second, 2), 2u);
  EXPECT_EQ(picture.commit(second, 1), 3u);
  picture.take_report(second, report(11, 2));  // one came, one is not awaited any longer
  EXPECT_EQ(two().level().value, 12u);
}

TEST_F(Pictured, WhoIsNotCommittedIsForgotten) {
  picture.take_report(second, report(10, 0));
  picture.reserve(second, 2);
  picture.release(second, 1);
  EXPECT_EQ(two().level().value, 11u);
  EXPECT_EQ(picture.commit(second, 1), 1u);  // what was released has no number
  EXPECT_EQ(two().level().value, 11u);
}

TEST_F(Pictured, NothingIsKnownBeforeTheFirstReport) {
  EXPECT_FALSE(two().known());
  EXPECT_FALSE(two().has_room());
  EXPECT_TRUE(picture.take_report(second, report(99, 0)));
  EXPECT_TRUE(two().has_room());
  EXPECT_TRUE(picture.take_report(second, report(100, 0)));
  EXPECT_FALSE(two().has_room());
  EXPECT_FALSE(picture.take_report(Incarnation(3), report(1, 0)));
  EXPECT_EQ(picture.servers().size(), 2u);
}

TEST_F(Pictured, TheDirectorySaysWhoRuns) {
  picture.take_report(second, report(10, 0));
  picture.reserve(second, 1);
  picture.commit(second, 1);
  picture.follow({{member(2, Role::draining, std::nullopt), member(3, Role::gone)}, {}, {}});
  ASSERT_EQ(picture.servers().size(), 1u);
  const ServerPicture& draining = picture.servers()[0];
  EXPECT_TRUE(draining.drains());
  EXPECT_FALSE(draining.has_room());
  EXPECT_EQ(draining.max, std::nullopt);
  EXPECT_EQ(draining.level().value, 11u);
  // A candidate again, it says nothing of its load; what it was given keeps its number.
  picture.follow({{member(2, Role::standby)}, {}, {}});
  EXPECT_FALSE(picture.take_report(second, report(10, 1)));
  picture.follow({{member(2)}, {}, {}});
  EXPECT_FALSE(picture.servers()[0].known());
  picture.reserve(second, 1);
  EXPECT_EQ(picture.commit(second, 1), 2u);
}

TEST_F(Pictured, WhoIsGoneTakesItsCountsAlong) {
  picture.reserve(second, 1);
  picture.follow({{member(1), member(2, Role::gone)}, {}, {}});
  EXPECT_EQ(picture.commit(second, 1), 0u);
  picture.release(second, 1);
  picture.reserve(second, 1);
  EXPECT_EQ(picture.servers().size(), 1u);
}

TEST_F(Pictured, WrongNumbersHaveBounds) {
  picture.take_report(second, report(10, 5));  // of none
  EXPECT_EQ(two().level().value, 10u);
  picture.release(second, 1);
  EXPECT_EQ(two().level().value, 10u);
  picture.take_report(second, report(std::numeric_limits<std::uint32_t>::max(), 0));
  picture.reserve(second, 1);
  EXPECT_EQ(two().level().value, std::numeric_limits<std::uint32_t>::max());
}

}  // namespace load_control_picture_test
}  // namespace muster::cluster
