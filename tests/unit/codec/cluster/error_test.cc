#include "codec/cluster/error.h"

#include <gtest/gtest.h>

namespace muster::cluster {
namespace cluster_error_test {

TEST(ClusterError, what_an_application_of_changes_says_has_its_name_here) {
  EXPECT_EQ(to_string(error_of(ApplyError::no_target)), "no_target");
  EXPECT_EQ(to_string(error_of(ApplyError::bad_number)), "bad_number");
  EXPECT_EQ(to_string(error_of(ApplyError::too_many_servers)), "too_many_servers");
  EXPECT_EQ(to_string(error_of(ApplyError::too_many_candidates)), "too_many_candidates");
  EXPECT_EQ(to_string(error_of(ApplyError::too_many_users)), "too_many_users");
  EXPECT_EQ(to_string(error_of(ApplyError::contradictory)), "contradictory");
}

}  // namespace cluster_error_test
}  // namespace muster::cluster
