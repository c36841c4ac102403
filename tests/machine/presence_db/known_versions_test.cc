#include "server/presence_db/known_versions.h"

#include <gtest/gtest.h>

namespace muster {
namespace presence_db_known_versions_test {

TEST(KnownVersions, AreWholeUpToTheFirstThatIsWanting) {
  KnownVersions known(7);
  EXPECT_EQ(known.whole(), 7U);
  EXPECT_TRUE(known.note(8));
  EXPECT_EQ(known.whole(), 8U);
  EXPECT_TRUE(known.note(10));
  EXPECT_TRUE(known.note(11));
  EXPECT_TRUE(known.note(13));
  EXPECT_EQ(known.whole(), 8U);
  EXPECT_TRUE(known.note(9));
  EXPECT_EQ(known.whole(), 11U);
  EXPECT_TRUE(known.note(12));
  EXPECT_EQ(known.whole(), 13U);
}

TEST(KnownVersions, AreNewsOnce) {
  KnownVersions known(7);
  EXPECT_FALSE(known.note(7));
  EXPECT_FALSE(known.note(1));
  EXPECT_TRUE(known.note(9));
  EXPECT_FALSE(known.note(9));
  EXPECT_TRUE(known.note(8));
  EXPECT_FALSE(known.note(9));
}

TEST(KnownVersions, OfAllUpToOneNoneIsNews) {
  KnownVersions known(7);
  EXPECT_TRUE(known.note(12));
  known.note_all(11);
  EXPECT_EQ(known.whole(), 12U);
  EXPECT_FALSE(known.note(9));
  known.note_all(9);
  EXPECT_EQ(known.whole(), 12U);
  EXPECT_TRUE(known.note(13));
}

TEST(KnownVersions, DoNotWaitForOneThatIsTooFarBehind) {
  KnownVersions known;
  for (std::uint64_t version = 2; version <= KnownVersions::kAheadMax; ++version)
    EXPECT_TRUE(known.note(version));
  EXPECT_EQ(known.whole(), 0U);
  EXPECT_TRUE(known.note(KnownVersions::kAheadMax + 1));
  EXPECT_EQ(known.whole(), KnownVersions::kAheadMax + 1);
  EXPECT_FALSE(known.note(1));
  EXPECT_TRUE(known.note(1'000'000));
  EXPECT_EQ(known.whole(), 1'000'000U - KnownVersions::kAheadMax);
}

TEST(KnownVersions, MayComeAllTheWrongWayRound) {
  KnownVersions known;
  for (std::uint64_t version = KnownVersions::kAheadMax; version > 1; --version)
    EXPECT_TRUE(known.note(version));
  EXPECT_EQ(known.whole(), 0U);
  EXPECT_TRUE(known.note(1));
  EXPECT_EQ(known.whole(), KnownVersions::kAheadMax);
  EXPECT_TRUE(known.note(KnownVersions::kAheadMax + 1));
  EXPECT_EQ(known.whole(), KnownVersions::kAheadMax + 1);
}

}  // namespace presence_db_known_versions_test
}  // namespace muster
