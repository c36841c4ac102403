#include "server/conversion/names.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/pidf/id.h"

namespace muster {
namespace conversion_names_test {

// RFC 8048 table 1 note 2.
TEST(Names, of_an_id_with_the_prefix_is_the_resource_it_was_made_of) {
  EXPECT_EQ(resource_name_of_id("ID-dr4hcr0st3lup4c"), "dr4hcr0st3lup4c");
  for (const std::string resource :
       {"orchard", "1", "a b", "\u265a", "_x0041_", "ID-x", "a:b/c", "\U0001F600"}) {
    EXPECT_EQ(resource_name_of_id(pidf::to_id(kIdPrefix, resource)), resource);
  }
}

TEST(Names, of_another_id_is_the_id) {
  EXPECT_EQ(resource_name_of_id("t4109"), "t4109");
  EXPECT_EQ(resource_name_of_id("id-x"), "id-x");
  EXPECT_EQ(resource_name_of_id("a_x0020_b"), "a_x0020_b");
}

TEST(Names, are_resourceparts_or_sip) {
  EXPECT_EQ(resource_name_of_id(""), "sip");
  EXPECT_EQ(resource_name_of_id("ID-"), "sip");
  EXPECT_EQ(resource_name_of_id("ID-_x0000_"), "sip");
  EXPECT_EQ(resource_name_of_id("ID-_x0020_"), "sip");
  EXPECT_EQ(resource_name("\xff"), "sip");
  EXPECT_EQ(resource_name("a\tb"), "sip");
}

// RFC 7622 section 3.4: OpaqueString has Normalization Form C.
TEST(Names, are_canonical) {
  EXPECT_EQ(resource_name("e\u0301"), "\u00e9");
}

TEST(Names, are_limited) {
  const std::string longest(kGivenNameBytesMax, 'x');
  EXPECT_EQ(resource_name(longest), longest);
  EXPECT_EQ(resource_name(longest + "x"), "sip");
  EXPECT_EQ(resource_name(std::string(100'000, 'x')), "sip");
}

}  // namespace conversion_names_test
}  // namespace muster
