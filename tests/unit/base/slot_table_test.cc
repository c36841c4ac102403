#include "base/slot_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"

namespace muster {
namespace base_slot_table_test {

using Table = SlotTable<std::string>;

TEST(SlotTable, FindsWhatItHoldsAndNothingElse) {
  Table table;
  EXPECT_TRUE(table.empty());
  const auto [id, alice] = table.emplace("alice");
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.find(id), alice);
  EXPECT_EQ(*std::as_const(table).find(id), "alice");
  EXPECT_EQ(table.find(Table::Id{}), nullptr);
  EXPECT_EQ(table.find(Table::Id{id.slot, id.generation + 1}), nullptr);
  EXPECT_EQ(table.find(Table::Id{id.slot + 1, 1}), nullptr);  // a free slot of the same block
  EXPECT_EQ(table.find(Table::Id{1'000'000, 1}), nullptr);    // beyond every block
}

TEST(SlotTable, AnIdOfWhatIsGoneFindsNothing) {
  Table table;
  const auto first = table.emplace("alice").first;
  EXPECT_TRUE(table.erase(first));
  EXPECT_EQ(table.find(first), nullptr);
  EXPECT_FALSE(table.erase(first));
  const auto second = table.emplace("bob").first;
  EXPECT_EQ(second.slot, first.slot);  // the slot is used again,
  EXPECT_NE(second, first);            // under another name
  EXPECT_EQ(table.find(first), nullptr);
  EXPECT_FALSE(table.erase(first));
  EXPECT_EQ(*table.find(second), "bob");
  EXPECT_EQ(table.size(), 1u);
}

TEST(SlotTable, ErasingDestroysAtOnce) {
  SlotTable<std::shared_ptr<int>> table;
  const auto owned = std::make_shared<int>(1);
  const auto id = table.emplace(owned).first;
  EXPECT_EQ(owned.use_count(), 2);
  table.erase(id);
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(SlotTable, ObjectsDoNotMoveWhileItGrows) {
  struct Fixed {
    explicit Fixed(int n) : number(n) {}
    Fixed(const Fixed&) = delete;
    Fixed& operator=(const Fixed&) = delete;
    int number;
  };
  SlotTable<Fixed> table;
  std::vector<std::pair<SlotTable<Fixed>::Id, Fixed*>> all;
  for (int i = 0; i < 1000; ++i)
    all.push_back(table.emplace(i));
  for (int i = 0; i < 1000; ++i) {
    const auto& [id, object] = all[static_cast<std::size_t>(i)];
    EXPECT_EQ(table.find(id), object);
    EXPECT_EQ(object->number, i);
  }
}

TEST(SlotTable, VisitsInTheOrderOfSlots) {
  Table table;
  const auto a = table.emplace("a").first;
  table.emplace("b");
  table.emplace("c");
  table.erase(a);
  table.emplace("again in the first slot");
  std::vector<std::string> seen;
  std::as_const(table).for_each([&](Table::Id id, const std::string& text) {
    EXPECT_EQ(std::as_const(table).find(id), &text);
    seen.push_back(text);
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"again in the first slot", "b", "c"}));
}

TEST(SlotTable, AVisitorMayEraseWhatItIsShown) {
  SlotTable<int> table;
  for (int i = 0; i < 200; ++i)
    table.emplace(i);
  int visited = 0;
  table.for_each([&](SlotTable<int>::Id id, int number) {
    ++visited;
    if (number % 2 == 0) table.erase(id);
  });
  EXPECT_EQ(visited, 200);
  EXPECT_EQ(table.size(), 100u);
  table.for_each([](SlotTable<int>::Id, int number) { EXPECT_EQ(number % 2, 1); });
}

TEST(SlotTable, AgreesWithAMapOverAnyHistory) {
  Prng prng(Prng::seed_of(8));
  SlotTable<std::uint64_t> table;
  std::map<SlotTable<std::uint64_t>::Id, std::uint64_t> model;
  std::vector<SlotTable<std::uint64_t>::Id> gone;
  std::size_t peak = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (model.empty() || prng.below(100) < 52) {
      const std::uint64_t number = prng.next();
      const auto id = table.emplace(number).first;
      ASSERT_TRUE(model.emplace(id, number).second) << "an id was given out twice";
      ASSERT_LE(id.slot, peak) << "a free slot was passed over";
    } else {
      auto victim = std::next(model.begin(), static_cast<long>(prng.below(model.size())));
      ASSERT_EQ(*table.find(victim->first), victim->second);
      ASSERT_TRUE(table.erase(victim->first));
      gone.push_back(victim->first);
      model.erase(victim);
    }
    ASSERT_EQ(table.size(), model.size());
    peak = std::max(peak, model.size());
  }
  for (const auto& [id, number] : model)
    EXPECT_EQ(*table.find(id), number);
  for (const auto id : gone)
    EXPECT_EQ(table.find(id), nullptr);
}

}  // namespace base_slot_table_test
}  // namespace muster
