#include "model/cluster/change.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "support/cluster_documents.h"

namespace muster::cluster {
namespace cluster_change_test {

const std::string kS1 = "sip:s1.example.com";
const std::string kS9 = "sip:s9.example.com";

// What applying one change to the example, with its first list of users, ends in.
std::optional<ApplyError> applied(Change change, const Limits& limits = {}) {
  Document document = test::example_document();
  document.lists[0] = test::example_users();
  std::vector<Change> changes;
  changes.push_back(std::move(change));
  const auto result = apply(std::move(changes), limits, document);
  if (result.ok()) return std::nullopt;
  return result.error();
}

// Any two documents.
TEST(Change, a_diff_makes_the_one_of_the_other) {
  Prng prng(Prng::seed_of(1));
  for (int i = 0; i < 2000; ++i) {
    Document document = test::random_document(prng);
    const Document now = test::random_document(prng);
    ASSERT_TRUE(apply(diff(document, now), Limits(), document).ok()) << i;
    ASSERT_EQ(document, now) << i;
  }
}

TEST(Change, the_same_has_no_difference) {
  EXPECT_TRUE(diff(test::example_document(), test::example_document()).empty());
}

TEST(Change, a_level_that_moves_is_one_change) {
  Document now = test::example_document();
  now.loads[0].current = {88};
  EXPECT_EQ(diff(test::example_document(), now),
            (std::vector<Change>{SetLevel{kS1, LoadLevel{88}}}));
}

TEST(Change, candidates_keep_their_order) {
  Document now = test::example_document();
  now.candidates = {"sip:s4.example.com:5080", kS9};
  EXPECT_EQ(diff(test::example_document(), now),
            (std::vector<Change>{RemoveCandidate{"sip:s3.example.com"}, AddCandidate{kS9}}));
  now.candidates = {kS9, "sip:s4.example.com:5080"};
  EXPECT_EQ(diff(test::example_document(), now),
            (std::vector<Change>{ReplaceCandidates{now.candidates}}));
}

TEST(Change, what_is_not_there_cannot_be_changed) {
  const auto kNoTarget = ApplyError::no_target;
  const auto kSip = ServerEndpoint::Kind::sip;
  const Address zoe = Address::of_canonical("zoe", "example.com");
  EXPECT_EQ(applied(SetLevel{kS9, {1}}), kNoTarget);
  EXPECT_EQ(applied(Replace<ServerLoad>{{kS9, {1}, {}}}), kNoTarget);
  EXPECT_EQ(applied(RemoveLoad{kS9}), kNoTarget);
  EXPECT_EQ(applied(RemoveCandidate{kS9}), kNoTarget);
  EXPECT_EQ(applied(SetOpen{kS9, kSip, true}), kNoTarget);
  EXPECT_EQ(applied(Replace<ServerEndpoint>{{kS9, kSip, true, kS9}}), kNoTarget);
  EXPECT_EQ(applied(RemoveEndpoint{kS9, kSip}), kNoTarget);
  EXPECT_EQ(applied(Replace<UsersList>{{kS9, 0, {}}}), kNoTarget);
  EXPECT_EQ(applied(RemoveList{kS9}), kNoTarget);
  EXPECT_EQ(applied(SetUsersNumber{kS9, 1}), kNoTarget);
  EXPECT_EQ(applied(AddUsers{kS9, {}}), kNoTarget);
  EXPECT_EQ(applied(ReplaceUser{kS1, test::user_of("zoe", PresType::sip, 1)}), kNoTarget);
  EXPECT_EQ(applied(RemoveUser{kS1, zoe}), kNoTarget);
  EXPECT_EQ(applied(RemoveUser{kS9, zoe}), kNoTarget);
  EXPECT_EQ(applied(SetResourceNumber{kS1, zoe, 1}), kNoTarget);
}

TEST(Change, what_is_there_cannot_be_added) {
  EXPECT_EQ(applied(Add<ServerLoad>{{kS1, {1}, {}}}), ApplyError::no_target);
  EXPECT_EQ(applied(Add<ServerEndpoint>{{kS1, ServerEndpoint::Kind::sip, true, kS1}}),
            ApplyError::no_target);
  EXPECT_EQ(applied(Add<UsersList>{{kS1, 3, {}}}), ApplyError::no_target);
  EXPECT_EQ(applied(AddUsers{kS1, {test::user_of("bob", PresType::sip, 1)}}),
            ApplyError::no_target);
}

TEST(Change, a_result_that_contradicts_itself_is_refused) {
  EXPECT_EQ(applied(SetNumber{SetNumber::Of::active_number, 3}), ApplyError::contradictory);
  EXPECT_EQ(applied(AddCandidate{"sip:s3.example.com"}), ApplyError::contradictory);
  EXPECT_EQ(applied(AddUsers{kS1, {test::user_of("zoe", PresType::sip, 1)}}),
            ApplyError::contradictory);
}

TEST(Change, a_count_has_32_bits) {
  EXPECT_EQ(applied(SetNumber{SetNumber::Of::total_users_number, 1ULL << 32U}),
            ApplyError::bad_number);
  EXPECT_EQ(applied(SetNumber{SetNumber::Of::epoch, 1ULL << 63U}), std::nullopt);
}

TEST(Change, a_copy_does_not_grow_past_the_limits) {
  const Change server = Add<ServerLoad>{{kS9, {1}, {}}};
  EXPECT_EQ(applied(server, {.servers_max = 2}), ApplyError::too_many_servers);
  EXPECT_EQ(applied(server, {.servers_max = 3}), ApplyError::contradictory);
  EXPECT_EQ(applied(AddCandidate{kS9}, {.candidates_max = 2}), ApplyError::too_many_candidates);
  EXPECT_EQ(applied(AddCandidate{kS9}, {.candidates_max = 3}), std::nullopt);
  const Change user = AddUsers{kS1, {test::user_of("zoe", PresType::sip, 1)}};
  EXPECT_EQ(applied(user, {.users_max = 3}), ApplyError::too_many_users);
  EXPECT_EQ(applied(user, {.users_max = 4}), ApplyError::contradictory);
}

TEST(Change, a_failure_undoes_all_but_the_users_of_touched_lists) {
  Document document = test::example_document();
  document.lists[0] = test::example_users();
  document.lists[1].users = {test::user_of("dora", PresType::xmpp, 1)};
  const Document before = document;
  std::vector<Change> changes{SetLevel{kS1, {1}}, RemoveCandidate{"sip:s3.example.com"},
                              SetUsersNumber{"sip:s2.example.com", 7},
                              RemoveUser{kS1, before.lists[0].users[0].user_id}, RemoveLoad{kS9}};
  EXPECT_FALSE(apply(std::move(changes), Limits(), document).ok());
  Document expected = before;
  expected.lists[0].users.clear();
  EXPECT_EQ(document, expected);
}

TEST(Change, a_failure_brings_a_removed_list_back_as_its_number) {
  Document document = test::example_document();
  const Document before = document;
  EXPECT_FALSE(apply({RemoveList{kS1}, RemoveLoad{kS9}}, Limits(), document).ok());
  EXPECT_EQ(document, before);
}

}  // namespace cluster_change_test
}  // namespace muster::cluster
