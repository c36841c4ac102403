#include "base/time.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace muster {
namespace base_time_test {

static_assert(sizeof(Duration) == 8 && sizeof(Instant) == 8 && sizeof(UnixTime) == 8);
static_assert(!std::is_convertible_v<Instant, UnixTime>);
static_assert(!std::is_convertible_v<UnixTime, Instant>);
static_assert(!std::is_convertible_v<std::int64_t, Duration>);

TEST(Duration, SaysItsUnits) {
  EXPECT_EQ(Duration::hours(2), Duration::minutes(120));
  EXPECT_EQ(Duration::minutes(2), Duration::seconds(120));
  EXPECT_EQ(Duration::seconds(2), Duration::milliseconds(2'000));
  EXPECT_EQ(Duration::milliseconds(2), Duration::microseconds(2'000));
  EXPECT_EQ(Duration::milliseconds(1'999).in_seconds(), 1);
  EXPECT_EQ(Duration::microseconds(1'999).in_milliseconds(), 1);
  EXPECT_EQ(Duration::seconds(1).in_microseconds(), 1'000'000);
  EXPECT_EQ(Duration().in_microseconds(), 0);
}

TEST(Duration, Calculates) {
  EXPECT_EQ(Duration::seconds(5) + Duration::seconds(7), Duration::seconds(12));
  EXPECT_EQ(Duration::seconds(5) - Duration::seconds(7), Duration::seconds(-2));
  EXPECT_EQ(Duration::seconds(5) * 3, Duration::seconds(15));
  EXPECT_EQ(Duration::seconds(5) / 2, Duration::milliseconds(2'500));
  EXPECT_LT(Duration::seconds(-1), Duration());
  EXPECT_LT(Duration::milliseconds(999), Duration::seconds(1));
}

TEST(Instant, MovesByDurations) {
  const Instant start = Instant::at(Duration::seconds(100));
  EXPECT_EQ(start.since_zero(), Duration::seconds(100));
  EXPECT_EQ(start + Duration::seconds(5) - start, Duration::seconds(5));
  EXPECT_EQ(start - Duration::seconds(5), Instant::at(Duration::seconds(95)));
  EXPECT_LT(start, start + Duration::microseconds(1));
  EXPECT_EQ(Instant(), Instant::at(Duration()));
}

TEST(UnixTime, MovesByDurations) {
  const UnixTime then = UnixTime::at(Duration::seconds(100));
  EXPECT_EQ((then + Duration::seconds(5)) - then, Duration::seconds(5));
  EXPECT_EQ(then.since_epoch(), Duration::seconds(100));
  EXPECT_LT(UnixTime(), then);
}

UnixTime at_second(std::int64_t second) {
  return UnixTime::at(Duration::seconds(second));
}

TEST(Rfc3339, WritesUtcInWholeSeconds) {
  EXPECT_EQ(rfc3339(UnixTime()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(at_second(86'399)), "1970-01-01T23:59:59Z");
  EXPECT_EQ(rfc3339(at_second(86'400)), "1970-01-02T00:00:00Z");
  EXPECT_EQ(rfc3339(at_second(951'782'400)), "2000-02-29T00:00:00Z");  // 400 divides 2000
  EXPECT_EQ(rfc3339(at_second(1'234'567'890)), "2009-02-13T23:31:30Z");
  EXPECT_EQ(rfc3339(at_second(4'107'542'400)), "2100-03-01T00:00:00Z");  // 100 divides 2100
  EXPECT_EQ(rfc3339(at_second(1) + Duration::microseconds(999'999)), "1970-01-01T00:00:01Z");
}

TEST(Rfc3339, EndsWithTheYear9999) {
  EXPECT_EQ(rfc3339(at_second(253'402'300'799)), "9999-12-31T23:59:59Z");
}

TEST(Rfc3339DeathTest, YearsItCannotWriteAreABug) {
  EXPECT_DEATH(rfc3339(at_second(253'402'300'800)), "check failed");
  EXPECT_DEATH(rfc3339(UnixTime::at(Duration::microseconds(-1))), "check failed");
  // 65536 years after 2000: a year that is kept in 16 bits would come round to 2000.
  EXPECT_DEATH(rfc3339(at_second(951'782'400 + std::int64_t{65'536} * 31'556'952)), "check failed");
}

}  // namespace base_time_test
}  // namespace muster
