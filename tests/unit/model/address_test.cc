#include "model/address.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace muster {
namespace model_address_test {

TEST(Address, HasItsPartsAndItsText) {
  const Address full = Address::of_canonical("alice", "example.com", "phone");
  EXPECT_EQ(full.local(), "alice");
  EXPECT_EQ(full.domain(), "example.com");
  EXPECT_EQ(full.resource(), "phone");
  EXPECT_EQ(full.bare(), "alice@example.com");
  EXPECT_EQ(full.text(), "alice@example.com/phone");
  EXPECT_TRUE(full.has_local());
  EXPECT_TRUE(full.has_resource());
  EXPECT_FALSE(full.empty());
}

TEST(Address, PartsMayBeAbsent) {
  const Address bare = Address::of_canonical("alice", "example.com");
  EXPECT_EQ(bare.text(), "alice@example.com");
  EXPECT_EQ(bare.bare(), bare.text());
  EXPECT_FALSE(bare.has_resource());
  EXPECT_EQ(bare.resource(), "");

  const Address domain = Address::of_canonical("", "example.com");
  EXPECT_EQ(domain.text(), "example.com");
  EXPECT_FALSE(domain.has_local());
  EXPECT_EQ(domain.local(), "");
  EXPECT_EQ(domain.domain(), "example.com");

  const Address service = Address::of_canonical("", "example.com", "a@b/c");
  EXPECT_EQ(service.text(), "example.com/a@b/c");
  EXPECT_EQ(service.bare(), "example.com");
  EXPECT_EQ(service.domain(), "example.com");
  EXPECT_EQ(service.resource(), "a@b/c");
}

TEST(Address, DefaultMadeNamesNobody) {
  const Address nobody;
  EXPECT_TRUE(nobody.empty());
  EXPECT_FALSE(nobody.has_local());
  EXPECT_FALSE(nobody.has_resource());
  EXPECT_EQ(nobody.domain(), "");
  EXPECT_EQ(nobody.bare(), "");
  EXPECT_NE(nobody, Address::of_canonical("", "example.com"));
}

TEST(Address, GoesBetweenBareAndFull) {
  const Address bare = Address::of_canonical("alice", "example.com");
  const Address phone = bare.with_resource("phone");
  EXPECT_EQ(phone, Address::of_canonical("alice", "example.com", "phone"));
  EXPECT_EQ(phone.resource(), "phone");
  EXPECT_EQ(phone.domain(), "example.com");
  EXPECT_EQ(phone.to_bare(), bare);
  EXPECT_EQ(phone.with_resource("desk"), bare.with_resource("desk"));
  EXPECT_EQ(phone.with_resource(""), bare);
  EXPECT_EQ(bare.to_bare(), bare);
  EXPECT_TRUE(phone.same_bare(bare));
  EXPECT_FALSE(phone.same_bare(Address::of_canonical("bob", "example.com", "phone")));
}

TEST(Address, IsEqualAndOrderedAsItsText) {
  const std::vector<Address> sorted = {Address(), Address::of_canonical("a", "example.com"),
                                       Address::of_canonical("a", "example.com", "1"),
                                       Address::of_canonical("b", "example.com"),
                                       Address::of_canonical("", "c.example.com")};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(sorted[i] == sorted[j], i == j);
      EXPECT_EQ(sorted[i] < sorted[j], i < j);
    }
  }
}

TEST(Address, IsAKeyOfUnorderedContainers) {
  std::unordered_map<Address, int> map;
  map[Address::of_canonical("alice", "example.com")] = 1;
  map[Address::of_canonical("alice", "example.com", "phone")] = 2;
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.at(Address::of_canonical("alice", "example.com")), 1);
}

// RFC 7622 section 3.1: 1023 bytes a part, 3071 in all.
TEST(Address, TakesPartsUpToKPartBytesMax) {
  const std::string longest(Address::kPartBytesMax, 'x');
  const Address address = Address::of_canonical(longest, longest, longest);
  EXPECT_EQ(address.text().size(), 3071u);
  EXPECT_EQ(address.local(), longest);
  EXPECT_EQ(address.domain(), longest);
  EXPECT_EQ(address.resource(), longest);
  EXPECT_EQ(address.to_bare().with_resource(longest), address);
}

TEST(AddressDeathTest, MoreOrNoDomainIsABug) {
  const std::string too_long(Address::kPartBytesMax + 1, 'x');
  EXPECT_DEATH(Address::of_canonical(too_long, "d", "r"), "check failed");
  EXPECT_DEATH(Address::of_canonical("l", too_long, "r"), "check failed");
  EXPECT_DEATH(Address::of_canonical("l", "d", too_long), "check failed");
  EXPECT_DEATH(Address::of_canonical("l", "d").with_resource(too_long), "check failed");
  EXPECT_DEATH(Address::of_canonical("l", "", "r"), "check failed");
  EXPECT_DEATH(Address().with_resource("r"), "check failed");
}

}  // namespace model_address_test
}  // namespace muster
