// Random requests to SQLite, to PostgreSQL and to the model store, compared reply by reply.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/postgres_server.h"
#include "support/store_world.h"

namespace muster {
namespace store_store_random_test {

using testing::RandomRequests;

using Open = std::function<std::unique_ptr<StoreBackend>()>;

// In groups of one commit, or now and then on a store that was closed and opened again.
void compare(std::uint64_t seed, int steps, const Open& open, std::map<std::size_t, int>& kinds) {
  sim::MemoryStore model;
  std::unique_ptr<StoreBackend> store = open();
  RandomRequests random(seed);
  for (int step = 0; step < steps;) {
    std::vector<StoreRequest> group;
    for (std::uint64_t i = 1 + random.below(24); i > 0; --i)
      group.push_back(random.next());
    const std::vector<StoreReply> replies = testing::carry_out(*store, group);
    ASSERT_EQ(replies.size(), group.size());
    for (std::size_t i = 0; i < group.size(); ++i, ++step) {
      const std::string expected = testing::words(model.carry_out(group[i]));
      ASSERT_EQ(testing::words(replies[i]), expected)
          << "seed " << seed << ", step " << step << ": " << testing::words(group[i]);
      ++kinds[replies[i].index()];
    }
    if (random.below(16) != 0 && step < steps) continue;
    store.reset();
    store = open();
    const auto users = RandomRequests::users();
    ASSERT_EQ(
        testing::contents(users, [&](StoreRequest r) { return testing::carry_out(*store, r); }),
        testing::contents(users, [&](const StoreRequest& r) { return model.carry_out(r); }))
        << "seed " << seed << ", step " << step;
  }
}

// `open_new` makes an empty store, and gives what opens it again.
void compare_seeds(const std::function<Open()>& open_new) {
  std::map<std::size_t, int> kinds;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    compare(seed, 3'000, open_new(), kinds);
    if (::testing::Test::HasFatalFailure()) return;
  }
  // Every reply but StoreFailed, the last, came more than once.
  ASSERT_EQ(kinds.size(), std::variant_size_v<StoreReply> - 1);
  for (const auto& [kind, count] : kinds)
    EXPECT_GT(count, 20) << kind;
}

TEST(StoreRandom, SqliteDoesWhatTheModelDoes) {
  compare_seeds([] {
    const auto folder = std::make_shared<testing::TemporaryFolder>();
    return [folder] { return testing::open_sqlite({.path = folder->file()}); };
  });
}

TEST(StoreRandom, PostgresDoesWhatTheModelDoes) {
  compare_seeds([] {
    const std::string database = testing::PostgresServer::instance().make_database();
    return [database] { return testing::open_postgres({.connection = database}); };
  });
}

}  // namespace store_store_random_test
}  // namespace muster
