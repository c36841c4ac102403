// The thread of the cluster's store: what store_thread_test.cc says of that of users, as far as the
// tasks are others.
#include "shell/store/cluster_thread.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/cluster_world.h"
#include "support/faulty_disk.h"

namespace muster::cluster {
namespace store_cluster_thread_test {

using testing::a_server;
using testing::address;
using testing::FaultyDisk;

// Somebody who asks, and waits for what she is told.
class Asker {
 public:
  explicit Asker(ClusterStoreThread& store)
      : store_(store), id_(store.know([this](std::vector<ClusterStoreThread::Answer> answers) {
          const std::lock_guard lock(mutex_);
          for (auto& answer : answers)
            answers_.push_back(std::move(answer));
          came_.notify_all();
        })) {}

  void ask(std::vector<ClusterRequest> requests) {
    std::vector<ClusterStoreThread::Question> questions;
    for (ClusterRequest& request : requests)
      questions.push_back({id_, Ticket(next_++), std::move(request)});
    store_.ask(questions);
    EXPECT_TRUE(questions.empty());
  }
  std::vector<ClusterStoreThread::Answer> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return answers_.size() >= count; });
    return std::exchange(answers_, {});
  }

 private:
  ClusterStoreThread& store_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<ClusterStoreThread::Answer> answers_;
  std::uint64_t next_ = 0;
  const AskerId id_;
};

TEST(ClusterStoreThread, AnswersAGroupWithOneCommit) {
  const testing::TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  ClusterStoreThread thread(testing::open_cluster(
      {.file = {.path = folder.file("cluster.db"), .vfs = FaultyDisk::kName}}));
  Asker asker(thread);
  asker.ask({TakeLease{a_server("a"), false, Duration::seconds(10)}});
  const auto taken = std::get<LeaseTaken>(asker.wait_for(1).front().result).incarnation;
  std::vector<ClusterRequest> group;
  for (int i = 0; i < 500; ++i) {
    group.push_back(AssignUsers{taken, {{address("user" + std::to_string(i)), {}, taken}}});
  }
  // The only one that is flushed.
  group.push_back(SetRole{taken, {}, taken, Role::running, Role::draining});
  disk.count_anew();
  asker.ask(group);
  const auto answers = asker.wait_for(group.size());
  group.pop_back();
  EXPECT_EQ(disk.flushes, 1);
  for (std::size_t i = 0; i < group.size(); ++i) {
    EXPECT_EQ(answers[i].ticket, Ticket(i + 1));
    EXPECT_EQ(testing::words(answers[i].result), "owners 1");
  }
}

// Holds what it is asked first until it is let go.
class HeldBackend final : public ClusterBackend {
 public:
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool asked = false;
    bool open = false;
  };
  explicit HeldBackend(Gate& gate) : gate_(gate) {}

  std::vector<ClusterReply> carry_out(const std::vector<ClusterRequest>& group) override {
    std::unique_lock lock(gate_.mutex);
    gate_.asked = true;
    gate_.changed.notify_all();
    gate_.changed.wait(lock, [&] { return gate_.open; });
    return std::vector<ClusterReply>(group.size(), LeaseEnded{});
  }
  std::string trouble() const override { return {}; }

 private:
  Gate& gate_;
};

TEST(ClusterStoreThread, WhatIsTooMuchIsBusyAtOnce) {
  HeldBackend::Gate gate;
  ClusterStoreThread thread(std::make_unique<HeldBackend>(gate));
  Asker asker(thread);
  asker.ask({EndLease{}});
  {
    std::unique_lock lock(gate.mutex);
    gate.changed.wait(lock, [&] { return gate.asked; });
  }
  const std::vector<ClusterRequest> many(ClusterStoreThread::kWaitingMax + 1, EndLease{});
  asker.ask(many);
  const auto refused = asker.wait_for(1);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].ticket, Ticket(many.size()));
  EXPECT_EQ(testing::words(refused[0].result), "failed: busy");
  {
    const std::lock_guard lock(gate.mutex);
    gate.open = true;
    gate.changed.notify_all();
  }
  for (const auto& answer : asker.wait_for(many.size()))
    EXPECT_EQ(testing::words(answer.result), "lease ended");
}

TEST(ClusterTasks, OwnersAreAsManyAsUsers) {
  const std::vector<Address> users(2, address("alice"));
  const Owners two{{Incarnation(1), Incarnation(2)}};
  for (const ClusterRequest& request : std::vector<ClusterRequest>{
           FindOwners{{}, users}, ReleaseUsers{{}, users}, AssignUsers{{}, {{}, {}}}}) {
    EXPECT_TRUE(ClusterTasks::answers(request, two));
    EXPECT_FALSE(ClusterTasks::answers(request, Owners{{Incarnation(1)}}));
    EXPECT_TRUE(ClusterTasks::answers(request, StoreFailed{}));
  }
  EXPECT_FALSE(ClusterTasks::answers(EndLease{}, Owners{}));
}

}  // namespace store_cluster_thread_test
}  // namespace muster::cluster
