#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace muster {
namespace base_result_test {

enum class Fault { disk_full, busy };

Result<int, Fault> half_of(int number) {
  if (number % 2 != 0) return Failure{Fault::busy};
  return number / 2;
}

TEST(Result, HoldsAValue) {
  const Result<int, Fault> result = half_of(42);
  EXPECT_TRUE(result.ok());
  EXPECT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(*result, 21);
  EXPECT_EQ(result.value(), 21);
}

TEST(Result, HoldsAnError) {
  const Result<int, Fault> result = half_of(41);
  EXPECT_FALSE(result.ok());
  EXPECT_FALSE(static_cast<bool>(result));
  EXPECT_EQ(result.error(), Fault::busy);
}

TEST(Result, ValueAndErrorMayBeOfOneType) {
  const Result<std::string, std::string> good(std::string("same"));
  const Result<std::string, std::string> bad(Failure{std::string("same")});
  EXPECT_TRUE(good.ok());
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(*good, bad.error());
}

TEST(Result, CanBeChangedInPlace) {
  Result<std::string, Fault> result(std::string("al"));
  result->append("ice");
  *result += "!";
  EXPECT_EQ(result.value(), "alice!");
  Result<int, std::string> bad(Failure{std::string("no")});
  bad.error() += "pe";
  EXPECT_EQ(bad.error(), "nope");
}

TEST(Result, GivesAwayWhatOnlyMoves) {
  Result<std::unique_ptr<int>, Fault> result(std::make_unique<int>(7));
  const std::unique_ptr<int> owned = std::move(result).value();
  EXPECT_EQ(*owned, 7);
  Result<std::unique_ptr<int>, Fault> other(std::make_unique<int>(8));
  EXPECT_EQ(**std::move(other), 8);
}

TEST(Result, OfVoidIsSuccessOrAnError) {
  const Result<void, Fault> good;
  const Result<void, Fault> bad(Failure{Fault::disk_full});
  EXPECT_TRUE(good.ok());
  EXPECT_TRUE(static_cast<bool>(good));
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error(), Fault::disk_full);
}

TEST(ResultDeathTest, AskingForWhatIsNotThereStops) {
  const auto bad = half_of(1);
  const auto good = half_of(2);
  const Result<void, Fault> fine;
  EXPECT_DEATH(static_cast<void>(bad.value()), "check failed");
  EXPECT_DEATH(static_cast<void>(*bad), "check failed");
  EXPECT_DEATH(static_cast<void>(good.error()), "check failed");
  EXPECT_DEATH(static_cast<void>(fine.error()), "check failed");
}

}  // namespace base_result_test
}  // namespace muster
