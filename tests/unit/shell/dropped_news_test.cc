#include "shell/dropped_news.h"

#include <gtest/gtest.h>

namespace muster {
namespace shell_dropped_news_test {

Now at(std::int64_t seconds) {
  Now now;
  now.instant = Instant::at(Duration::seconds(seconds));
  return now;
}

TEST(DroppedNews, TheFirstIsToldAtOnceAndTheRestInTime) {
  DroppedNews news;
  SipCounters counters;
  EXPECT_EQ(news.of(at(0), counters), std::nullopt);
  EXPECT_EQ(news.due(), std::nullopt);
  counters.count(SipDrop::not_sip);
  EXPECT_EQ(news.of(at(5), counters), "not_sip 1");
  EXPECT_EQ(news.of(at(6), counters), std::nullopt);
  EXPECT_EQ(news.due(), std::nullopt) << "all is told";
  counters.count(SipDrop::not_sip);
  counters.count(SipDrop::stray_ack);
  EXPECT_EQ(news.of(at(64), counters), std::nullopt);
  ASSERT_EQ(news.due(), at(5).instant + DroppedNews::kTellEvery);
  counters.count(SipDrop::not_sip);
  EXPECT_EQ(news.of(at(65), counters), "not_sip 2, stray_ack 1");
  EXPECT_EQ(news.of(at(1'000), counters), std::nullopt);
}

TEST(DroppedNews, AtTheEndTheRestIsTold) {
  DroppedNews news;
  SipCounters counters;
  EXPECT_EQ(news.rest(counters), std::nullopt);
  counters.count(SipDrop::not_sip);
  EXPECT_EQ(news.of(at(0), counters), "not_sip 1");
  EXPECT_EQ(news.rest(counters), std::nullopt);
  counters.count(SipDrop::stray_ack);
  EXPECT_EQ(news.of(at(1), counters), std::nullopt);
  EXPECT_EQ(news.rest(counters), "stray_ack 1");
  EXPECT_EQ(news.due(), std::nullopt);
}

TEST(DroppedNews, WhatHappensWhereAllIsWellIsNone) {
  DroppedNews news;
  SipCounters counters;
  for (const SipDrop usual : {SipDrop::keep_alive, SipDrop::stray_response, SipDrop::link_silent})
    counters.count(usual);
  EXPECT_EQ(news.of(at(0), counters), std::nullopt);
  EXPECT_EQ(news.due(), std::nullopt);
}

}  // namespace shell_dropped_news_test
}  // namespace muster
