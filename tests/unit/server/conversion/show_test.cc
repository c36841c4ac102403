#include "server/conversion/show.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "codec/pidf/read.h"

namespace muster {
namespace conversion_show_test {

using pidf::Extension;

// RFC 6121 section 4.7.2.1.
TEST(Show, has_the_four_values_of_rfc_6121) {
  for (const std::string_view name : {"away", "chat", "dnd", "xa"}) {
    EXPECT_NE(read_show(name), Show::free);
    EXPECT_EQ(name_of(read_show(name)), name);
  }
  EXPECT_EQ(name_of(Show::free), "");
  for (const std::string_view other : {"", "online", "Away", "away ", "invisible"}) {
    EXPECT_EQ(read_show(other), Show::free) << other;
  }
}

// RFC 8048 section 6.2: of several, the most available counts.
TEST(Show, is_in_order_of_availability) {
  EXPECT_LT(Show::chat, Show::free);
  EXPECT_LT(Show::free, Show::dnd);
  EXPECT_LT(Show::dnd, Show::away);
  EXPECT_LT(Show::away, Show::xa);
}

TEST(Show, has_words_in_rpid_and_they_mean_the_same) {
  EXPECT_EQ(activity_of(Show::dnd), "busy");
  EXPECT_EQ(activity_of(Show::away), "away");
  EXPECT_EQ(activity_of(Show::xa), "away");
  EXPECT_EQ(activity_of(Show::free), "");
  EXPECT_EQ(activity_of(Show::chat), "");
  EXPECT_EQ(show_of_activity(activity_of(Show::dnd)), Show::dnd);
  EXPECT_EQ(show_of_activity(activity_of(Show::away)), Show::away);
}

// All that RFC 4480 section 3.2 defines.
TEST(Show, of_each_activity_of_rfc_4480) {
  const std::vector<std::pair<std::string_view, Show>> activities = {
      {"appointment", Show::dnd},
      {"away", Show::away},
      {"breakfast", Show::away},
      {"busy", Show::dnd},
      {"dinner", Show::away},
      {"holiday", Show::xa},
      {"in-transit", Show::away},
      {"looking-for-work", Show::free},
      {"lunch", Show::away},
      {"meal", Show::away},
      {"meeting", Show::dnd},
      {"on-the-phone", Show::dnd},
      {"other", Show::free},
      {"performance", Show::dnd},
      {"permanent-absence", Show::xa},
      {"playing", Show::free},
      {"presentation", Show::dnd},
      {"shopping", Show::away},
      {"sleeping", Show::xa},
      {"spectator", Show::away},
      {"steering", Show::dnd},
      {"travel", Show::away},
      {"tv", Show::free},
      {"unknown", Show::free},
      {"vacation", Show::xa},
      {"working", Show::free},
      {"worship", Show::dnd},
      {"no-such-activity", Show::free},
      {"", Show::free},
  };
  for (const auto& [activity, show] : activities) {
    EXPECT_EQ(show_of_activity(activity), show) << activity;
  }
}

const UnixTime kNow = UnixTime::at(Duration::seconds(1'117'451'384));  // 2005-05-30T11:09:44Z

std::vector<Extension> activities(std::vector<pidf::Value> values, std::string from = {},
                                  std::string until = {}) {
  Extension extension = pidf::enumeration(Extension::Kind::activities, std::move(values));
  extension.from = std::move(from);
  extension.until = std::move(until);
  return {extension};
}

// The example of section 3.2: vacation, breakfast, other.
TEST(Show, of_several_activities_is_the_least_available) {
  EXPECT_EQ(show_of(activities({{"vacation", ""}, {"breakfast", ""}, {"other", "reading"}}), kNow),
            Show::xa);
  EXPECT_EQ(show_of(activities({{"on-the-phone", ""}, {"away", ""}}), kNow), Show::away);
  EXPECT_EQ(show_of(activities({{"working", ""}}), kNow), Show::free);
  EXPECT_EQ(show_of({}, kNow), Show::free);
}

TEST(Show, does_not_come_from_other_extensions) {
  const Extension mood = pidf::enumeration(Extension::Kind::mood, {{"away", ""}});
  EXPECT_EQ(show_of({mood}, kNow), Show::free);
}

// Section 3.1: "the absolute time when the element assumed this value and the absolute time until
// which this element is expected to be valid".
TEST(Show, comes_of_activities_that_hold_now) {
  const auto at = [](std::string from, std::string until) {
    return show_of(activities({{"meeting", ""}}, std::move(from), std::move(until)), kNow);
  };
  EXPECT_EQ(at("2005-05-30T11:09:44Z", ""), Show::dnd);
  EXPECT_EQ(at("2005-05-30T11:09:45Z", ""), Show::free);
  EXPECT_EQ(at("", "2005-05-30T11:09:45Z"), Show::dnd);
  EXPECT_EQ(at("", "2005-05-30T11:09:44Z"), Show::free);
  EXPECT_EQ(at("2005-05-30T12:00:00+05:00", "2005-05-30T17:00:00+05:00"), Show::dnd);
  EXPECT_EQ(at("2005-05-30T06:09:44-05:00", "2005-05-30T06:09:45.5-05:00"), Show::dnd);
  EXPECT_EQ(at("2005-05-30T16:39:45+05:30", ""), Show::free);
  EXPECT_EQ(at("2004-02-29T00:00:00Z", "2005-06-01T00:00:00"), Show::dnd);
  EXPECT_EQ(at("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), Show::dnd);
  EXPECT_EQ(at("2100-03-01T00:00:00Z", ""), Show::free);
  EXPECT_EQ(at("yesterday", "tomorrow"), Show::dnd);  // nothing that could be known
}

// Known days, so that the calendar is right on both sides of a leap day and of 1970.
TEST(Show, knows_the_calendar) {
  const auto holds_from = [](std::string_view from, std::int64_t seconds) {
    const auto extension = activities({{"busy", ""}}, std::string(from)).front();
    return holds_at(extension, UnixTime::at(Duration::seconds(seconds))) &&
           !holds_at(extension, UnixTime::at(Duration::seconds(seconds - 1)));
  };
  EXPECT_TRUE(holds_from("1970-01-01T00:00:00Z", 0));
  EXPECT_TRUE(holds_from("1969-12-31T23:59:59Z", -1));
  EXPECT_TRUE(holds_from("2000-02-29T12:00:00Z", 951'825'600));
  EXPECT_TRUE(holds_from("2000-03-01T00:00:00Z", 951'868'800));
  EXPECT_TRUE(holds_from("2026-11-22T14:03:05Z", 1'795'356'185));
}

}  // namespace conversion_show_test
}  // namespace muster
