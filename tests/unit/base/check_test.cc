#include "base/check.h"

#include <gtest/gtest.h>

namespace muster {
namespace base_check_test {

TEST(CheckDeathTest, StopsWithTheConditionAndItsPlace) {
  const int answer = 41;
  EXPECT_DEATH(MUSTER_CHECK(answer == 42), "check_test\\.cc:[0-9]+: check failed: answer == 42");
}

TEST(CheckDeathTest, UnreachableSaysWhy) {
  EXPECT_DEATH(MUSTER_UNREACHABLE("no such state"),
               "check_test\\.cc:[0-9]+: check failed: unreachable: no such state");
}

TEST(Check, EvaluatesItsConditionOnce) {
  int evaluated = 0;
  MUSTER_CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(Check, IsAnExpressionThatBindsToNoElse) {
  bool reached_else = false;
  if (false)
    MUSTER_CHECK(true);
  else
    reached_else = true;
  EXPECT_TRUE(reached_else);
}

TEST(Check, TakesWhatConvertsToBoolExplicitly) {
  struct Answer {
    explicit operator bool() const { return true; }
  };
  MUSTER_CHECK(Answer{});
}

}  // namespace base_check_test
}  // namespace muster
