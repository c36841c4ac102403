#include "shell/mailbox.h"

#include <gmock/gmock.h>

#include <numeric>
#include <thread>

#include "shell/shard_thread.h"

namespace muster::testing {
namespace shell_mailbox_test {

using ::testing::ElementsAre;

TEST(Mailbox, WhatDoesNotFitStaysWithItsSender) {
  Mailbox<int> mailbox(ShardThread::kMailMax);
  Mailbox<int> sender(1);
  std::vector<int> batch(ShardThread::kMailMax);
  std::iota(batch.begin(), batch.end(), 0);
  EXPECT_TRUE(mailbox.post(batch, sender));
  batch = {1, 2};
  EXPECT_FALSE(mailbox.post(batch, sender));
  EXPECT_THAT(batch, ElementsAre(1, 2));

  EXPECT_TRUE(sender.prepare_sleep());
  std::vector<int> taken;
  mailbox.take(taken);
  EXPECT_EQ(taken.size(), ShardThread::kMailMax);
  EXPECT_FALSE(sender.prepare_sleep()) << "there is room again: it is woken";
  EXPECT_TRUE(mailbox.post(batch, sender));
  taken.clear();
  mailbox.take(taken);
  EXPECT_THAT(taken, ElementsAre(1, 2));
}

TEST(Mailbox, ABatchFitsInPart) {
  Mailbox<int> mailbox(3);
  Mailbox<int> sender(1);
  std::vector<int> batch{1, 2, 3, 4, 5};
  EXPECT_FALSE(mailbox.post(batch, sender));
  EXPECT_THAT(batch, ElementsAre(4, 5));
}

TEST(Mailbox, HeavyMailTakesMoreRoom) {
  Mailbox<int> mailbox(10, [](const int& mail) { return static_cast<std::size_t>(mail); });
  Mailbox<int> sender(1);
  std::vector<int> batch{4, 6, 1};
  EXPECT_FALSE(mailbox.post(batch, sender));
  EXPECT_THAT(batch, ElementsAre(1));
  std::vector<int> taken;
  EXPECT_EQ(mailbox.take(taken), 10u) << "what it weighed";
  EXPECT_EQ(mailbox.take(taken), 0u);
  batch = {11, 1};
  EXPECT_FALSE(mailbox.post(batch, sender)) << "the heaviest goes alone";
  EXPECT_THAT(batch, ElementsAre(1));
}

TEST(Mailbox, AMailWeighsWhatItsPeerSent) {
  StanzaForUser stanza;
  EXPECT_EQ(weight_of(FromShard{ShardId(0), stanza}), 1u);
  stanza.xml.assign(256 * 1'024, 'x');
  EXPECT_EQ(weight_of(FromShard{ShardId(0), stanza}), 257u);
  EXPECT_EQ(weight_of(StopAsked{}), 1u);
}

TEST(Mailbox, NobodySleepsOverMail) {
  Mailbox<int> mailbox(8);
  EXPECT_TRUE(mailbox.prepare_sleep());
  mailbox.post_one(1);
  EXPECT_FALSE(mailbox.prepare_sleep());
}

// Two threads that send more than fits to each other, as shards do: all arrives, in order.
TEST(Mailbox, TwoThatAreFullForEachOtherGoOn) {
  constexpr int kCount = 20'000;
  Mailbox<int> left(16);
  Mailbox<int> right(16);
  const auto shard = [&](Mailbox<int>& own, Mailbox<int>& other) {
    std::vector<int> outgoing(kCount);
    std::iota(outgoing.begin(), outgoing.end(), 0);
    std::vector<int> taken;
    int next = 0;
    bool in_order = true;
    while (next < kCount || !outgoing.empty()) {
      other.post(outgoing, own);
      own.take(taken);
      for (const int one : taken)
        in_order = one == next++ && in_order;
      taken.clear();
    }
    EXPECT_TRUE(in_order);
    EXPECT_EQ(next, kCount);
  };
  std::thread other([&] { shard(right, left); });
  shard(left, right);
  other.join();
}

}  // namespace shell_mailbox_test
}  // namespace muster::testing
