#include "server/load_control/users_desk.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace load_control_users_desk_test {

using cluster::Incarnation;
using Outcome = AdminReply::Outcome;

constexpr Ticket kTicket(77);
constexpr Incarnation kTwo(2);
constexpr Incarnation kThree(3);

Now at(Duration time) {
  return {Instant::at(time), {}};
}

// "u0001@example.com" is one of them.
Address user(std::size_t number) {
  std::string local = std::to_string(number);
  local.insert(0, 4 - local.size(), '0');
  return Address::of_canonical("u" + local, "example.com");
}
std::vector<cluster::User> users(std::size_t count) {
  std::vector<cluster::User> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back({user(i), cluster::PresType::both, 7, "<presence/>"});
  return all;
}

class UsersDeskTest : public ::testing::Test {
 protected:
  bool ask(Incarnation of, const Address& after = {}) { return desk.ask(now, kTicket, of, after); }
  // What was answered, to whom all is one ticket.
  std::vector<AdminReply> replies() {
    std::vector<AdminReply> all;
    for (AnswerAdmin& answered : desk.take_answered()) {
      EXPECT_EQ(answered.ticket, kTicket);
      all.push_back(std::move(answered.reply));
    }
    return all;
  }

  UsersDesk desk;
  Now now = at(Duration());
};

TEST_F(UsersDeskTest, AListIsGivenInPages) {
  ASSERT_TRUE(ask(kTwo));
  EXPECT_TRUE(replies().empty());
  desk.came(now, kTwo, users(kUsersListedMax + 2));
  const auto first = replies();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].outcome, Outcome::done);
  ASSERT_EQ(first[0].users.size(), kUsersListedMax);
  EXPECT_EQ(first[0].users[0], (UserSeen{user(0), cluster::PresType::both, 7}));
  EXPECT_FALSE(ask(kTwo, first[0].users.back().account)) << "it is kept";
  const auto second = replies();
  ASSERT_EQ(second.size(), 1u);
  ASSERT_EQ(second[0].users.size(), 2u);
  EXPECT_EQ(second[0].users[0].account, user(kUsersListedMax));
  EXPECT_EQ(second[0].users[1].account, user(kUsersListedMax + 1));
}

TEST_F(UsersDeskTest, TheFirstPageIsOfAListThatIsAskedForAnew) {
  ASSERT_TRUE(ask(kTwo));
  desk.came(now, kTwo, users(3));
  replies();
  EXPECT_TRUE(ask(kTwo));
  EXPECT_TRUE(replies().empty());
  desk.came(now, kTwo, users(1));
  EXPECT_EQ(replies().at(0).users.size(), 1u);
}

TEST_F(UsersDeskTest, OneListIsKeptForSoLong) {
  ASSERT_TRUE(ask(kTwo));
  desk.came(now, kTwo, users(3));
  replies();
  now = at(UsersDesk::kKeptTime - Duration::milliseconds(1));
  desk.wake(now);
  EXPECT_FALSE(ask(kTwo, user(1)));
  EXPECT_EQ(replies().at(0).users.size(), 1u);
  ASSERT_EQ(desk.next_deadline(), now.instant + UsersDesk::kKeptTime) << "from its last page on";
  now.instant = *desk.next_deadline();
  desk.wake(now);
  EXPECT_EQ(desk.next_deadline(), std::nullopt);
  EXPECT_TRUE(ask(kTwo, user(1))) << "it is asked for once more";
  desk.came(now, kTwo, users(3));
  EXPECT_EQ(replies().at(0).users.size(), 1u) << "and the page is the one that was meant";
  // Another takes its place.
  ASSERT_TRUE(ask(kThree));
  desk.came(now, kThree, users(1));
  EXPECT_TRUE(ask(kTwo, user(1)));
}

TEST_F(UsersDeskTest, WhoeverWaitsForAListIsGivenIt) {
  EXPECT_TRUE(ask(kTwo));
  EXPECT_TRUE(ask(kTwo));
  EXPECT_TRUE(ask(kThree));
  EXPECT_TRUE(desk.waits_for(kTwo));
  desk.came(now, kTwo, users(3));
  EXPECT_EQ(replies().size(), 2u);
  EXPECT_FALSE(desk.waits_for(kTwo));
  EXPECT_TRUE(desk.waits_for(kThree));
  desk.came(now, kTwo, users(3));
  EXPECT_TRUE(replies().empty()) << "nobody asked for this one";
}

TEST_F(UsersDeskTest, AListThatDoesNotComeIsSaidNotToHave) {
  ask(kTwo);
  ask(kThree);
  desk.failed(kTwo);
  const auto failed = replies();
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].outcome, Outcome::no_answer);
  ASSERT_EQ(desk.next_deadline(), now.instant + UsersDesk::kAnswerTimeMax);
  desk.wake(at(UsersDesk::kAnswerTimeMax - Duration::milliseconds(1)));
  EXPECT_TRUE(replies().empty());
  desk.wake(at(UsersDesk::kAnswerTimeMax));
  EXPECT_EQ(replies().at(0).outcome, Outcome::no_answer);
}

TEST_F(UsersDeskTest, HasRoomForSoManyQuestions) {
  for (std::size_t i = 0; i < UsersDesk::kQuestionsMax; ++i)
    EXPECT_TRUE(ask(kTwo));
  EXPECT_FALSE(ask(kTwo));
  EXPECT_EQ(replies().at(0).outcome, Outcome::no_answer);
}

}  // namespace load_control_users_desk_test
}  // namespace muster
