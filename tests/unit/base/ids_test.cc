#include "base/ids.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace muster {
namespace base_ids_test {

using ShardNumber = Id<struct ShardNumberTag, std::uint8_t>;
using TicketNumber = Id<struct TicketNumberTag, std::uint64_t>;
using OtherNumber = Id<struct OtherNumberTag, std::uint64_t>;
using Link = SlotId<struct LinkTag>;
using Session = SlotId<struct SessionTag>;

static_assert(sizeof(ShardNumber) == 1 && sizeof(TicketNumber) == 8 && sizeof(Link) == 8);
static_assert(!std::is_convertible_v<std::uint64_t, TicketNumber>);
static_assert(!std::is_convertible_v<TicketNumber, std::uint64_t>);
static_assert(!std::is_convertible_v<TicketNumber, OtherNumber>);
static_assert(!std::is_constructible_v<OtherNumber, TicketNumber>);
static_assert(!std::is_convertible_v<Link, Session>);

TEST(Id, ComparesByNumber) {
  EXPECT_EQ(TicketNumber(7), TicketNumber(7));
  EXPECT_NE(TicketNumber(7), TicketNumber(8));
  EXPECT_LT(TicketNumber(7), TicketNumber(8));
  EXPECT_EQ(TicketNumber().number(), 0u);
  EXPECT_EQ(TicketNumber(7).number(), 7u);
}

TEST(SlotId, DefaultMadeNamesNothing) {
  EXPECT_FALSE(Link().valid());
  EXPECT_FALSE((Link{5, 0}.valid()));
  EXPECT_TRUE((Link{0, 1}.valid()));
}

TEST(SlotId, GoesThroughOneNumberAndBack) {
  for (const Link id : {Link{}, Link{0, 1}, Link{0xffff'ffff, 1}, Link{1, 0xffff'ffff}}) {
    EXPECT_EQ(Link::from_number(id.number()), id);
  }
  EXPECT_EQ((Link{2, 1}.number()), 0x1'0000'0002u);
}

TEST(SlotId, SameSlotOfAnotherGenerationIsAnother) {
  EXPECT_NE((Link{3, 1}), (Link{3, 2}));
  EXPECT_NE((Link{3, 1}.number()), (Link{3, 2}.number()));
}

TEST(Ids, AreKeysOfUnorderedContainers) {
  std::unordered_set<TicketNumber> tickets{TicketNumber(1), TicketNumber(2), TicketNumber(1)};
  EXPECT_EQ(tickets.size(), 2u);
  std::unordered_set<Link> links{{0, 1}, {0, 2}, {1, 1}, {0, 1}};
  EXPECT_EQ(links.size(), 3u);
}

}  // namespace base_ids_test
}  // namespace muster
