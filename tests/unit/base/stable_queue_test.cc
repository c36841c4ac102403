#include "base/stable_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace muster {
namespace base_stable_queue_test {

using Texts = StableQueue<std::string>;
constexpr std::size_t kMany = Texts::kBlockItems * (Texts::kBlocksKept + 3);

TEST(StableQueue, GivesBackInOrder) {
  StableQueue<std::size_t> queue;
  for (std::size_t i = 0; i < kMany; ++i)
    queue.emplace_back(i);
  for (std::size_t i = 0; i < kMany; ++i) {
    ASSERT_FALSE(queue.empty());
    ASSERT_EQ(queue.front(), i);
    queue.pop_front();
  }
  EXPECT_TRUE(queue.empty());
}

TEST(StableQueue, TheFrontStaysWhereItIsWhileOthersJoin) {
  Texts queue;
  queue.emplace_back("the first, too long for a string that has its text inside itself");
  const std::string* first = &queue.front();
  const char* text = first->data();
  for (std::size_t i = 0; i < kMany; ++i)
    queue.emplace_back("another");
  EXPECT_EQ(&queue.front(), first);
  EXPECT_EQ(queue.front().data(), text);
}

TEST(StableQueue, IsFilledAnewAfterItWasEmptied) {
  Texts queue;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < kMany; ++i)
      queue.emplace_back(std::to_string(i));
    for (std::size_t i = 0; i < kMany; ++i) {
      ASSERT_EQ(queue.front(), std::to_string(i));
      queue.pop_front();
    }
    ASSERT_TRUE(queue.empty());
  }
}

TEST(StableQueue, ItsItemsEndWhenTheyAreTakenOrWithIt) {
  const auto counted = std::make_shared<int>(0);
  {
    StableQueue<std::shared_ptr<int>> queue;
    for (int i = 0; i < 3; ++i)
      queue.emplace_back(counted);
    EXPECT_EQ(counted.use_count(), 4);
    queue.pop_front();
    EXPECT_EQ(counted.use_count(), 3);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(StableQueueDeathTest, AnEmptyOneHasNoFront) {
  StableQueue<int> queue;
  EXPECT_DEATH(queue.front(), "");
  EXPECT_DEATH(queue.pop_front(), "");
}

}  // namespace base_stable_queue_test
}  // namespace muster
