#include "model/cluster/sorted.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "model/cluster/document.h"
#include "support/heap.h"

namespace muster::cluster {
namespace cluster_sorted_test {

struct Number {
  int value = 0;
  int key() const { return value; }
  friend bool operator==(const Number&, const Number&) = default;
};

TEST(Sorted, insert_keeps_the_order_and_takes_a_key_once) {
  std::vector<Number> set;
  for (const int value : {3, 1, 5, 2, 4})
    EXPECT_TRUE(insert(set, Number{value}));
  EXPECT_EQ(set, (std::vector<Number>{{1}, {2}, {3}, {4}, {5}}));
  EXPECT_FALSE(insert(set, Number{5}));
  EXPECT_FALSE(insert(set, Number{1}));
  EXPECT_EQ(set.size(), 5U);
}

TEST(Sorted, find_and_erase_go_by_the_key) {
  std::vector<Number> set{{1}, {3}};
  EXPECT_EQ(find(set, 3), &set[1]);
  EXPECT_EQ(find(set, 2), nullptr);
  EXPECT_EQ(find(set, 4), nullptr);
  EXPECT_FALSE(erase(set, 2));
  EXPECT_TRUE(erase(set, 1));
  EXPECT_EQ(set, (std::vector<Number>{{3}}));
}

TEST(Sorted, is_sorted_set_refuses_what_is_twice_or_out_of_order) {
  EXPECT_TRUE(is_sorted_set(std::vector<Number>{}));
  EXPECT_TRUE(is_sorted_set(std::vector<Number>{{1}, {2}}));
  EXPECT_FALSE(is_sorted_set(std::vector<Number>{{1}, {1}}));
  EXPECT_FALSE(is_sorted_set(std::vector<Number>{{2}, {1}}));
}

// A server that holds a list of 100,000, inserted one by one, with addresses of 47 bytes.
TEST(Sorted, a_list_of_users_is_within_its_bytes) {
  constexpr std::size_t kUsers = 100'000;
  const std::string domain(40, 'd');
  const std::size_t before = test::heap_bytes();
  std::vector<User> users;
  for (std::size_t i = 0; i < kUsers; ++i) {
    const std::string number = std::to_string(1'000'000 + i).substr(1);
    EXPECT_TRUE(insert(users, User{Address::of_canonical(number, domain), PresType::sip, 1, {}}));
  }
  ASSERT_EQ(users.back().user_id.text().size(), 47U);
  EXPECT_LE(test::heap_bytes() - before, kUsers * kUserBytesMax);
}

}  // namespace cluster_sorted_test
}  // namespace muster::cluster
