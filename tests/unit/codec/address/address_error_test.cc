#include "codec/address/address_error.h"

#include <gtest/gtest.h>

#include <set>

namespace muster {
namespace address_address_error_test {

TEST(AddressError, EachIsDescribedInItsOwnWords) {
  std::set<std::string_view> seen;
  for (const AddressError error :
       {AddressError::not_utf8, AddressError::empty, AddressError::too_long,
        AddressError::disallowed, AddressError::out_of_context, AddressError::mixed_direction,
        AddressError::unstable, AddressError::space_at_edge, AddressError::malformed_domainpart}) {
    EXPECT_FALSE(describe(error).empty());
    EXPECT_TRUE(seen.insert(describe(error)).second) << describe(error);
  }
}

}  // namespace address_address_error_test
}  // namespace muster
