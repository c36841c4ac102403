// How servers of a cluster exchange their document: pairs, and clusters of up to twelve. What each
// must come to know follows from the roles and the loads alone (DocumentsWorld::truth).
#include "server/load_control/documents.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "support/documents_world.h"

namespace muster {
namespace load_control_documents_test {

using cluster::LoadLevel;
using cluster::Role;
using test::DocumentsWorld;
using Words = std::vector<std::string>;

constexpr Duration kDelay = Duration::milliseconds(1);

// The messages of a kind that were sent since the last look.
int count(DocumentsWorld& world, std::string_view begins) {
  int count = 0;
  for (const DocumentsWorld::Sent& sent : world.sent())
    count += sent.bytes.starts_with(begins) ? 1 : 0;
  return count;
}

TEST(Documents, two_servers_come_to_know_each_other) {
  DocumentsWorld world;
  world.make(2);
  EXPECT_EQ(world.strayed(), Words());
  EXPECT_EQ(world.documents(1).picture().active_number, 2U);
}

TEST(Documents, a_server_alone_is_its_own_picture) {
  DocumentsWorld world;
  world.make(1);
  world.set_load(0, {{7}, LoadLevel{100}, 5});
  EXPECT_EQ(world.strayed(), Words());
  EXPECT_EQ(world.documents(0).picture().loads[0].current, LoadLevel{7});
}

TEST(Documents, twelve_servers_agree) {
  DocumentsWorld world;
  world.make(12);
  for (int i = 0; i < 12; ++i)
    world.set_load(i, {{static_cast<std::uint32_t>(10 + i)}, LoadLevel{100}, 3});
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.strayed(), Words());
  EXPECT_EQ(world.documents(11).picture().total_users_number, 36U);
}

// Twice the window, and what the links take: to the main, and from it.
TEST(Documents, a_change_is_everywhere_within_two_windows) {
  DocumentsWorld world;
  world.make(12);
  for (std::uint32_t level = 1; level < 60; ++level) {
    world.set_load(5, {{level}, {}, level});
    world.set_load(7, {{2 * level}, {}, level});
    world.run_for(kCoalescingWindow * 2 + kDelay * 2);
    ASSERT_EQ(world.strayed(), Words()) << level;
    world.run_for(Duration::milliseconds(level));
  }
}

TEST(Documents, the_first_change_after_a_silence_goes_at_once) {
  DocumentsWorld world;
  world.make(3);
  world.set_load(1, {{9}, {}, 9});
  world.run_for(kDelay * 2);
  EXPECT_EQ(world.strayed(), Words());
}

TEST(Documents, changes_within_a_window_go_in_one_notify) {
  DocumentsWorld world;
  world.make(3);
  world.set_load(1, {{1}, {}, 1});
  world.run_for(kCoalescingWindow / 4);
  world.sent().clear();
  for (std::uint32_t level = 2; level < 12; ++level) {
    world.set_load(1, {{level}, {}, level});
    world.run_for(kCoalescingWindow / 20);
  }
  world.run_for(Duration::milliseconds(100));
  EXPECT_EQ(count(world, "NOTIFY sip:s01."), 1);
  EXPECT_EQ(world.strayed(), Words());
}

// The world sees to it that there is never a second unanswered one.
TEST(Documents, what_happens_while_a_notify_is_unanswered_goes_in_the_next) {
  DocumentsWorld world;
  world.make(2);
  world.delay = [] { return Duration::milliseconds(500); };
  world.sent().clear();
  for (std::uint32_t level = 1; level <= 90; ++level) {
    world.set_load(1, {{level}, {}, 0});
    world.run_for(Duration::milliseconds(10));
  }
  EXPECT_EQ(count(world, "NOTIFY sip:s01."), 1);
  world.run_for(Duration::seconds(5));
  EXPECT_EQ(count(world, "NOTIFY sip:s01."), 2);
  EXPECT_EQ(world.strayed(), Words());
}

TEST(Documents, the_document_is_full_first_and_then_partial) {
  DocumentsWorld world;
  world.make(2);
  EXPECT_EQ(std::count_if(world.sent().begin(), world.sent().end(),
                          [](const auto& sent) {
                            return sent.bytes.find("<p:pidf-full") != std::string::npos;
                          }),
            2);
  world.sent().clear();
  world.set_load(1, {{1}, {}, 0});
  world.run_for(Duration::seconds(1));
  ASSERT_EQ(count(world, "NOTIFY "), 2);
  for (const auto& sent : world.sent()) {
    EXPECT_EQ(sent.bytes.find("<p:pidf-full"), std::string::npos) << sent.bytes;
  }
}

TEST(Documents, roles_make_candidates_and_close_endpoints) {
  DocumentsWorld world;
  world.make(3);
  const int candidate = world.add(Role::standby);
  world.set_role(1, Role::draining);
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.strayed(), Words());
  const cluster::Document& picture = world.documents(2).picture();
  EXPECT_EQ(picture.candidates, Words{world.at(candidate).svr_id});
  EXPECT_EQ(picture.active_number, 3U);
  EXPECT_FALSE(picture.endpoints[2].open);
  EXPECT_TRUE(picture.endpoints[4].open);
  world.set_role(1, Role::running);
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.strayed(), Words());
}

TEST(Documents, a_candidate_follows_once_it_is_taken_in) {
  DocumentsWorld world;
  world.make(2);
  const int candidate = world.add(Role::standby);
  world.join(candidate, 0);
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.documents(candidate).picture().active_number, 0U);
  EXPECT_FALSE(world.documents(0).is_followed_by(world.at(candidate).life));
  const auto life = world.at(candidate).life;
  world.give(0, [life](Instant now, Documents& one) { one.invite(now, life); });
  world.run_for(Duration::seconds(1));
  EXPECT_FALSE(world.documents(0).is_followed_by(life));
  world.give(0, [life](Instant now, Documents& one) { one.confirm(now, life); });
  world.run_for(Duration::seconds(1));
  EXPECT_TRUE(world.documents(0).is_followed_by(world.at(candidate).life));
  EXPECT_EQ(world.documents(candidate).picture(), world.documents(0).picture());
  EXPECT_EQ(world.documents(candidate).picture().candidates, Words{world.at(candidate).svr_id});
}

TEST(Documents, a_new_main_takes_over_what_was_known) {
  DocumentsWorld world;
  world.make(4);
  for (int i = 0; i < 4; ++i)
    world.set_load(i, {{static_cast<std::uint32_t>(10 + i)}, {}, 1});
  world.run_for(Duration::seconds(1));
  const auto version = world.documents(0).picture().version;
  world.name_main(2);
  world.run_for(Duration());
  EXPECT_TRUE(world.documents(2).is_main());
  EXPECT_FALSE(world.documents(0).is_main());
  EXPECT_EQ(world.strayed().size(), 3U);  // the others still have the old epoch's
  EXPECT_EQ(world.documents(2).picture().loads.size(), 4U);
  world.run_for(Duration::seconds(2));
  EXPECT_EQ(world.strayed(), Words());
  EXPECT_GT(world.documents(3).picture().version, version);
}

TEST(Documents, a_main_that_dies_is_followed_by_another) {
  DocumentsWorld world;
  world.make(4);
  world.stop(0);
  world.run_for(Duration::seconds(1));
  world.name_main(3);
  world.run_for(Duration::seconds(2));
  EXPECT_EQ(world.strayed(), Words());
  EXPECT_EQ(world.documents(1).picture().active_number, 3U);
}

TEST(Documents, servers_that_learn_of_the_main_at_different_times_agree_in_the_end) {
  DocumentsWorld world;
  world.make(4);
  int lag = 0;
  world.directory_delay = [&lag] { return Duration::milliseconds(100 * lag++); };
  world.name_main(2);
  world.run_for(Duration::seconds(2));
  lag = 0;
  world.name_main(3);  // who learns of it last
  world.run_for(Duration::seconds(3));
  EXPECT_EQ(world.strayed(), Words());
}

// What was ended is not over yet when it is wanted again.
TEST(Documents, a_main_that_is_back_at_once_is_followed_again) {
  DocumentsWorld world;
  world.make(3);
  world.delay = [] { return Duration::milliseconds(50); };
  world.name_main(1);
  world.run_for(Duration::milliseconds(10));
  world.name_main(0);
  world.run_for(Duration::seconds(2));
  EXPECT_EQ(world.strayed(), Words());
}

TEST(Documents, what_a_lost_link_brought_is_stale_and_leaves_in_the_end) {
  DocumentsWorld world;
  world.make(3);
  world.set_load(1, {{5}, {}, 5});
  world.run_for(Duration::seconds(1));
  const std::string& lost = world.at(1).svr_id;
  const auto before = world.documents(0).report(lost);
  EXPECT_FALSE(before.stale);
  world.cut(0, 1);
  EXPECT_TRUE(world.documents(0).report(lost).stale);
  EXPECT_TRUE(world.documents(1).report(lost).stale);
  EXPECT_FALSE(world.documents(2).report(lost).stale);
  EXPECT_EQ(world.documents(0).picture().active_number, 3U);
  world.run_for(kUnlinkedTimeMax - Duration::milliseconds(1));
  EXPECT_EQ(world.documents(0).picture().active_number, 3U);
  world.run_for(Duration::milliseconds(30));
  EXPECT_EQ(world.documents(0).picture().active_number, 2U);
  EXPECT_EQ(world.documents(2).picture().active_number, 2U);
  world.join(0, 1);
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.strayed(), Words());
  EXPECT_FALSE(world.documents(0).report(lost).stale);
  EXPECT_GT(world.documents(0).report(lost).number, before.number);
}

TEST(Documents, each_report_counts) {
  DocumentsWorld world;
  world.make(3);
  const std::string& server = world.at(1).svr_id;
  const auto at_main = world.documents(0).report(server).number;
  const auto elsewhere = world.documents(2).report(server).number;
  const auto of_another = world.documents(2).report(world.at(0).svr_id).number;
  world.set_load(1, {{5}, {}, 5});
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.documents(0).report(server).number, at_main + 1);
  EXPECT_EQ(world.documents(2).report(server).number, elsewhere + 1);
  EXPECT_EQ(world.documents(2).report(world.at(0).svr_id).number, of_another);
  // A refresh says nothing new.
  world.run_for(kSubscriptionTime);
  EXPECT_EQ(world.documents(0).report(server).number, at_main + 1);
  EXPECT_EQ(world.documents(2).report(server).number, elsewhere + 1);
}

TEST(Documents, a_server_that_is_gone_is_gone_from_the_picture) {
  DocumentsWorld world;
  world.make(3);
  world.stop(1);
  world.run_for(Duration::milliseconds(100));
  EXPECT_EQ(world.strayed(), Words());
  world.start(1);
  world.join(1, 0);
  world.join(1, 2);
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.strayed(), Words());
  EXPECT_EQ(world.documents(0).picture().active_number, 3U);
}

TEST(Documents, subscriptions_are_refreshed_and_bring_the_full_document) {
  DocumentsWorld world;
  world.make(2);
  world.sent().clear();
  world.run_for(kSubscriptionTime / 2 - Duration::seconds(2));
  EXPECT_EQ(count(world, "SUBSCRIBE "), 0);
  world.run_for(Duration::seconds(4));
  EXPECT_EQ(count(world, "SUBSCRIBE "), 2);
  EXPECT_EQ(count(world, "NOTIFY "), 2);
  world.run_for(kSubscriptionTime * 3);
  world.set_load(1, {{5}, {}, 5});
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.strayed(), Words());
  EXPECT_EQ(world.at(0).refused.size() + world.at(1).refused.size(), 0U);
}

// The refresh does not get through: the notifier ends the subscription, and it begins anew.
TEST(Documents, a_subscription_that_is_not_refreshed_ends) {
  DocumentsWorld world;
  world.make(2);
  world.swallows = [](const DocumentsWorld::Sent& sent) {
    return sent.bytes.starts_with("SUBSCRIBE ");
  };
  world.run_for(kSubscriptionTime);
  EXPECT_FALSE(world.documents(0).is_followed_by(world.at(1).life));
  const auto terminated =
      std::count_if(world.sent().begin(), world.sent().end(), [](const auto& sent) {
        return sent.bytes.find("Subscription-State: terminated;reason=timeout") !=
               std::string::npos;
      });
  EXPECT_EQ(terminated, 2);
  world.swallows = [](const DocumentsWorld::Sent&) { return false; };
  world.set_load(0, {{3}, {}, 3});
  world.run_for(kAnswerTimeMax * 2);
  EXPECT_EQ(world.strayed(), Words());
}

// Timer F: a subscriber that does not answer is forgotten, and finds its way back.
TEST(Documents, a_notify_that_nobody_answers_ends_the_subscription) {
  DocumentsWorld world;
  world.make(2);
  world.swallows = [](const DocumentsWorld::Sent& sent) {
    return sent.from == 0 && sent.bytes.starts_with("NOTIFY ");
  };
  world.set_load(0, {{3}, {}, 3});
  world.run_for(kAnswerTimeMax);
  EXPECT_FALSE(world.documents(0).is_followed_by(world.at(1).life));
  EXPECT_EQ(world.documents(0).counters().of(DocumentFault::not_answered), 1U);
  world.swallows = [](const DocumentsWorld::Sent&) { return false; };
  world.run_for(kSubscriptionTime);
  EXPECT_EQ(world.strayed(), Words());
}

TEST(Documents, a_server_that_leaves_ends_its_subscriptions) {
  DocumentsWorld world;
  world.make(3);
  world.sent().clear();
  world.give(1, [](Instant now, Documents& one) { one.leave(now); });
  world.run_for(Duration::milliseconds(100));
  EXPECT_TRUE(world.documents(1).has_left());
  EXPECT_FALSE(world.documents(0).is_followed_by(world.at(1).life));
  int ended = 0;
  for (const auto& sent : world.sent()) {
    ended += sent.bytes.find("terminated;reason=noresource") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(count(world, "SUBSCRIBE sip:s01."), 1);
}

TEST(Documents, a_main_that_leaves_sends_its_subscribers_elsewhere) {
  DocumentsWorld world;
  world.make(3);
  world.sent().clear();
  world.give(0, [](Instant now, Documents& one) { one.leave(now); });
  world.run_for(Duration::milliseconds(100));
  EXPECT_TRUE(world.documents(0).has_left());
  int moved = 0;
  for (const auto& sent : world.sent()) {
    moved += sent.bytes.find("terminated;reason=deactivated") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(moved, 2);
  world.stop(0);
  world.name_main(1);
  world.run_for(Duration::seconds(2));
  EXPECT_EQ(world.strayed(), Words());
}

}  // namespace load_control_documents_test
}  // namespace muster
