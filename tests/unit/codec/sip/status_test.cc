#include "codec/sip/status.h"

#include <gtest/gtest.h>

namespace muster::sip {
namespace sip_status_test {

TEST(Status, PhrasesAreTheRfcs) {
  EXPECT_EQ(reason_phrase(Status::trying), "Trying");
  EXPECT_EQ(reason_phrase(Status::ok), "OK");
  EXPECT_EQ(reason_phrase(Status::moved_temporarily), "Moved Temporarily");
  EXPECT_EQ(reason_phrase(Status::interval_too_brief), "Interval Too Brief");
  EXPECT_EQ(reason_phrase(Status::conditional_request_failed), "Conditional Request Failed");
  EXPECT_EQ(reason_phrase(Status::bad_event), "Bad Event");
  EXPECT_EQ(reason_phrase(Status::server_internal_error), "Server Internal Error");
  EXPECT_EQ(reason_phrase(Status::decline), "Decline");
}

// RFC 3261 section 8.1.3.2.
TEST(Status, AnUnknownOneIsTakenForItsClass) {
  EXPECT_EQ(reason_phrase(status_of(199)), "Session Progress");
  EXPECT_EQ(reason_phrase(status_of(299)), "OK");
  EXPECT_EQ(reason_phrase(status_of(399)), "Multiple Choices");
  EXPECT_EQ(reason_phrase(status_of(431)), "Bad Request");
  EXPECT_EQ(reason_phrase(status_of(599)), "Server Internal Error");
  EXPECT_EQ(reason_phrase(status_of(699)), "Busy Everywhere");
}

TEST(Status, Classes) {
  EXPECT_TRUE(is_provisional(status_of(199)));
  EXPECT_FALSE(is_provisional(Status::ok));
  EXPECT_TRUE(is_final(Status::ok));
  EXPECT_TRUE(is_success(Status::accepted));
  EXPECT_FALSE(is_success(Status::multiple_choices));
  EXPECT_EQ(number_of(Status::bad_event), 489);
}

}  // namespace sip_status_test
}  // namespace muster::sip
