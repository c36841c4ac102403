#include "model/cluster/document.h"

#include <gtest/gtest.h>

#include <utility>

#include "support/cluster_documents.h"

namespace muster::cluster {
namespace cluster_document_test {

Contradiction after(void (*change)(Document&), Parts parts = Parts::none) {
  Document document = test::example_document();
  change(document);
  return contradiction_of(document, parts);
}

TEST(Document, the_example_does_not_contradict_itself) {
  EXPECT_EQ(contradiction_of(test::example_document(), Parts::none), Contradiction::none);
  EXPECT_EQ(contradiction_of(Document(), Parts::none), Contradiction::none);
}

TEST(Document, what_is_there_twice_contradicts) {
  EXPECT_EQ(after([](Document& d) { d.loads.push_back(d.loads.back()); }),
            Contradiction::duplicate);
  EXPECT_EQ(after([](Document& d) { d.endpoints.push_back(d.endpoints.back()); }),
            Contradiction::duplicate);
  EXPECT_EQ(after([](Document& d) { d.lists.push_back(d.lists.back()); }),
            Contradiction::duplicate);
  EXPECT_EQ(after([](Document& d) { d.candidates.push_back(d.candidates.front()); }),
            Contradiction::duplicate);
  EXPECT_EQ(after([](Document& d) { std::swap(d.loads[0], d.loads[1]); }),
            Contradiction::duplicate);
}

TEST(Document, endpoints_and_lists_are_of_servers_that_run) {
  EXPECT_EQ(after([](Document& d) { d.endpoints.back().svr_id = "sip:s9.example.com"; }),
            Contradiction::unknown_server);
  EXPECT_EQ(after([](Document& d) { d.lists.back().server_id = "sip:s9.example.com"; }),
            Contradiction::unknown_server);
}

TEST(Document, the_number_of_servers_is_that_of_their_levels) {
  EXPECT_EQ(after([](Document& d) { d.active_number = 3; }), Contradiction::active_number);
}

TEST(Document, a_list_has_all_its_users_or_none) {
  const auto two_of_three = [](Document& d) {
    d.lists[0] = test::example_users();
    d.lists[0].users.pop_back();
  };
  EXPECT_EQ(after([](Document& d) { d.lists[0] = test::example_users(); }), Contradiction::none);
  EXPECT_EQ(after(two_of_three), Contradiction::users_number);
  EXPECT_EQ(after(two_of_three, Parts::allowed), Contradiction::none);
  const auto three_of_two = [](Document& d) {
    d.lists[0] = test::example_users();
    d.lists[0].number = 2;
    d.total_users_number = 3;
  };
  EXPECT_EQ(after(three_of_two, Parts::allowed), Contradiction::users_number);
}

TEST(Document, the_total_is_the_sum_where_all_lists_are_told) {
  EXPECT_EQ(after([](Document& d) { d.total_users_number = 5; }), Contradiction::total_number);
  EXPECT_EQ(after([](Document& d) { d.total_users_number = 3; }), Contradiction::total_number);
  // Of the second server it is not known how many it has.
  EXPECT_EQ(after([](Document& d) { d.lists.pop_back(); }), Contradiction::none);
  const auto too_few = [](Document& d) {
    d.lists.pop_back();
    d.total_users_number = 2;
  };
  EXPECT_EQ(after(too_few), Contradiction::total_number);
}

}  // namespace cluster_document_test
}  // namespace muster::cluster
