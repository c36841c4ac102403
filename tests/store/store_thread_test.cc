#include "shell/store/store_thread.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/store_world.h"

namespace muster {
namespace store_store_thread_test {

using testing::address;

// Answers at once, or when it is let go; what it is asked and what it answers the test reads.
class ScriptedBackend : public StoreBackend {
 public:
  struct Script {
    std::mutex mutex;
    std::condition_variable changed;
    bool held = false;
    std::string trouble;
    std::vector<std::vector<std::string>> groups;  // the accounts that were asked for

    void hold(bool now) {
      const std::lock_guard lock(mutex);
      held = now;
      changed.notify_all();
    }
    void wait_for_groups(std::size_t count) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return groups.size() >= count; });
    }
  };

  explicit ScriptedBackend(Script& script) : script_(script) {}

  std::vector<StoreResult> carry_out(const std::vector<StoreTask>& group) override {
    std::vector<StoreResult> results;
    std::vector<std::string> asked;
    for (const StoreTask& task : group) {
      if (const auto* request = std::get_if<StoreRequest>(&task)) {
        asked.push_back(std::get<LoadUser>(*request).account.text());
        results.push_back(StoreReply(UserLoaded{true, {}, {}, {}, 0}));
      } else {
        const auto& load = std::get<LoadCredentials>(std::get<AccountRequest>(task));
        asked.push_back("credentials of " + load.account.text());
        results.push_back(AccountReply(CredentialsLoaded{true, std::nullopt}));
      }
    }
    std::unique_lock lock(script_.mutex);
    script_.groups.push_back(std::move(asked));
    script_.changed.notify_all();
    script_.changed.wait(lock, [&] { return !script_.held; });
    return results;
  }

  std::string trouble() const override {
    const std::lock_guard lock(script_.mutex);
    return script_.trouble;
  }

 private:
  Script& script_;
};

// Somebody who asks, and waits for what she is told.
class Asker {
 public:
  explicit Asker(StoreThread& store)
      : id(store.know([this](std::vector<StoreThread::Answer> answers) {
          const std::lock_guard lock(mutex_);
          for (auto& answer : answers)
            answers_.push_back(std::move(answer));
          came_.notify_all();
        })) {}

  std::vector<StoreThread::Answer> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return answers_.size() >= count; });
    return answers_;
  }
  std::size_t answers() {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }
  StoreThread::Question question(std::uint64_t ticket, const std::string& user) const {
    return {id, Ticket(ticket), StoreRequest(LoadUser{address(user)})};
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<StoreThread::Answer> answers_;

 public:
  const AskerId id;
};

std::vector<StoreThread::Question> questions(const Asker& asker, std::uint64_t first,
                                             std::size_t count) {
  std::vector<StoreThread::Question> all;
  for (std::uint64_t i = 0; i < count; ++i) {
    all.push_back(asker.question(first + i, "u" + std::to_string(first + i)));
  }
  return all;
}

class StoreThreadTest : public ::testing::Test {
 protected:
  void ask(std::vector<StoreThread::Question> all) {
    store_->ask(all);
    EXPECT_TRUE(all.empty());
  }
  // The backend has a group of one and does not let it go.
  void hold_backend() {
    script_.hold(true);
    ask({first_->question(0, "first")});
    script_.wait_for_groups(1);
  }

  ScriptedBackend::Script script_;
  std::vector<std::string> reports_;
  std::unique_ptr<StoreThread> store_ = std::make_unique<StoreThread>(
      std::make_unique<ScriptedBackend>(script_),
      [this](const std::string& trouble) { reports_.push_back(trouble); });
  std::unique_ptr<Asker> first_ = std::make_unique<Asker>(*store_);
};

TEST_F(StoreThreadTest, AnswersWhoAskedInOrder) {
  Asker second(*store_);
  std::vector<StoreThread::Question> mixed = {
      first_->question(1, "alice"),
      second.question(1, "bob"),
      {second.id, Ticket(2), AccountRequest(LoadCredentials{address("carol")})},
      first_->question(2, "dan"),
  };
  ask(std::move(mixed));
  const auto answers = second.wait_for(2);
  EXPECT_EQ(answers[0].ticket, Ticket(1));
  EXPECT_TRUE(std::holds_alternative<StoreReply>(answers[0].result));
  EXPECT_EQ(answers[1].ticket, Ticket(2));
  EXPECT_TRUE(std::holds_alternative<AccountReply>(answers[1].result));
  const auto firsts = first_->wait_for(2);
  EXPECT_EQ(firsts[0].ticket, Ticket(1));
  EXPECT_EQ(firsts[1].ticket, Ticket(2));
}

TEST_F(StoreThreadTest, WhatWaitsBecomesOneGroup) {
  hold_backend();
  ask(questions(*first_, 1, 3));
  ask(questions(*first_, 4, 2));
  script_.hold(false);
  first_->wait_for(6);
  const std::lock_guard lock(script_.mutex);
  ASSERT_EQ(script_.groups.size(), 2u);
  EXPECT_EQ(script_.groups[1],
            (std::vector<std::string>{"u1@example.com", "u2@example.com", "u3@example.com",
                                      "u4@example.com", "u5@example.com"}));
}

TEST_F(StoreThreadTest, AGroupHasALimit) {
  for (const std::size_t extra : {std::size_t{0}, std::size_t{1}}) {
    script_.groups.clear();
    const std::size_t before = first_->answers();
    hold_backend();
    ask(questions(*first_, 1, StoreThread::kGroupMax + extra));
    script_.hold(false);
    first_->wait_for(before + 1 + StoreThread::kGroupMax + extra);
    const std::lock_guard lock(script_.mutex);
    ASSERT_EQ(script_.groups.size(), 2 + extra);
    EXPECT_EQ(script_.groups[1].size(), StoreThread::kGroupMax);
    EXPECT_EQ(script_.groups.back().size(), extra == 0 ? StoreThread::kGroupMax : extra);
  }
}

TEST_F(StoreThreadTest, WhatIsTooMuchIsBusyAtOnce) {
  hold_backend();
  ask(questions(*first_, 1, StoreThread::kWaitingMax - 1));
  EXPECT_EQ(first_->answers(), 0u);
  ask(questions(*first_, 1'000'000, 2));
  ASSERT_EQ(first_->answers(), 1u);
  ask({{first_->id, Ticket(1'000'002), AccountRequest(LoadCredentials{address("alice")})}});
  ASSERT_EQ(first_->answers(), 2u);
  const auto refused = first_->wait_for(2);
  EXPECT_EQ(refused[0].ticket, Ticket(1'000'001));
  EXPECT_EQ(testing::words(std::get<StoreReply>(refused[0].result)), "failed: busy");
  EXPECT_EQ(refused[1].ticket, Ticket(1'000'002));
  EXPECT_EQ(std::get<StoreFailed>(std::get<AccountReply>(refused[1].result)).why,
            StoreFailed::Why::busy);
  script_.hold(false);
  const auto answers = first_->wait_for(2 + 1 + StoreThread::kWaitingMax);
  EXPECT_EQ(answers.back().ticket, Ticket(1'000'000));
  // There is room again.
  ask(questions(*first_, 2'000'000, 1));
  EXPECT_EQ(first_->wait_for(answers.size() + 1).back().ticket, Ticket(2'000'000));
}

TEST_F(StoreThreadTest, AnswersWhatWaitsBeforeItEnds) {
  hold_backend();
  ask(questions(*first_, 1, 2 * StoreThread::kGroupMax));
  std::thread ending([this] { store_.reset(); });
  script_.hold(false);
  ending.join();
  EXPECT_EQ(first_->answers(), 1 + 2 * StoreThread::kGroupMax);
}

TEST_F(StoreThreadTest, ReportsThatItFailsAndThatItWorksAgain) {
  const auto carry_out_with = [this](const std::string& trouble) {
    {
      const std::lock_guard lock(script_.mutex);
      script_.trouble = trouble;
    }
    const std::size_t before = first_->answers();
    ask(questions(*first_, 1, 1));
    first_->wait_for(before + 1);
  };
  for (const char* trouble : {"", "full", "full", "", ""})
    carry_out_with(trouble);
  EXPECT_EQ(reports_, (std::vector<std::string>{"full", ""}));
}

// Many askers on threads of their own, over a real file: each gets its own answers, in order.
TEST(StoreThread, ServesManyAskersAtOnce) {
  const testing::TemporaryFolder folder;
  StoreThread store(testing::open_sqlite({.path = folder.file()}));
  constexpr int kAskers = 4;
  constexpr std::uint64_t kQuestions = 400;
  std::vector<std::unique_ptr<Asker>> askers;
  for (int i = 0; i < kAskers; ++i)
    askers.push_back(std::make_unique<Asker>(store));
  std::vector<std::thread> threads;
  for (int i = 0; i < kAskers; ++i) {
    threads.emplace_back([&, i] {
      const Address account = address("user" + std::to_string(i));
      for (std::uint64_t n = 0; n < kQuestions; ++n) {
        StoreRequest request = LoadUser{account, true};
        if (n != 0) request = SetRosterItem{account, address("c"), std::to_string(n), {}, 1};
        std::vector<StoreThread::Question> one = {
            {askers[static_cast<std::size_t>(i)]->id, Ticket(n), std::move(request)}};
        store.ask(one);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const auto& asker : askers) {
    const auto answers = asker->wait_for(kQuestions);
    ASSERT_EQ(answers.size(), kQuestions);
    for (std::uint64_t n = 1; n < kQuestions; ++n) {
      EXPECT_EQ(answers[n].ticket, Ticket(n));
      EXPECT_EQ(
          testing::words(std::get<StoreReply>(answers[n].result)),
          "item v" + std::to_string(n) + " c@example.com none listed '" + std::to_string(n) + "'");
    }
  }
}

}  // namespace store_store_thread_test
}  // namespace muster
