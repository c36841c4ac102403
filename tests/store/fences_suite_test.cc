// In whose name the store of users is changed, by the servers of a cluster, and that who is fenced
// changes nothing any more (server/cluster_port.h), whichever store it is.
#include "shell/store/sql_fences.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

#include "support/postgres_server.h"
#include "support/store_world.h"

namespace muster {
namespace store_fences_suite_test {

using cluster::Incarnation;
using testing::address;
using enum sql::Company;

enum class Kind { sqlite, postgres };

class FencesSuite : public ::testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<StoreBackend> open(sql::Company company) {
    if (GetParam() == Kind::sqlite) {
      return testing::opened(SqliteStore::open({.path = folder_.file()}, company));
    }
    if (connection_.empty()) connection_ = testing::PostgresServer::instance().make_database();
    return testing::opened(PostgresStore::open({.connection = connection_}, company));
  }
  static ServerReply ask(StoreBackend& store, ServerRequest request) {
    return std::get<ServerReply>(store.carry_out({StoreTask(request)}).at(0));
  }
  // Whether it could make this account, or find it.
  static bool makes(StoreBackend& store, const char* name) {
    const auto reply = store.carry_out({StoreRequest(LoadUser{address(name), true})}).at(0);
    return std::holds_alternative<UserLoaded>(std::get<StoreReply>(reply));
  }
  static bool finds(StoreBackend& store, const char* name) {
    const auto reply = store.carry_out({StoreRequest(LoadUser{address(name)})}).at(0);
    const auto* loaded = std::get_if<UserLoaded>(&std::get<StoreReply>(reply));
    return loaded != nullptr && loaded->exists;
  }

 private:
  testing::TemporaryFolder folder_;
  std::string connection_;
};

INSTANTIATE_TEST_SUITE_P(All, FencesSuite, ::testing::Values(Kind::sqlite, Kind::postgres),
                         [](const auto& tested) {
                           return std::string(tested.param == Kind::sqlite ? "sqlite" : "postgres");
                         });

TEST_P(FencesSuite, OneOfManyChangesNothingBeforeItHasAName) {
  const auto store = open(one_of_many);
  EXPECT_FALSE(makes(*store, "alice"));
  EXPECT_NE(store->trouble().find("no lease"), std::string::npos);
  EXPECT_TRUE(std::holds_alternative<ActingAs>(ask(*store, ActAs{Incarnation(1)})));
  EXPECT_TRUE(makes(*store, "alice"));
  EXPECT_EQ(store->trouble(), "");
}

TEST_P(FencesSuite, WhoIsFencedReadsAndChangesNothing) {
  const auto one = open(one_of_many);
  const auto two = open(one_of_many);
  ask(*one, ActAs{Incarnation(1)});
  ask(*two, ActAs{Incarnation(2)});
  EXPECT_TRUE(makes(*one, "alice"));
  const ServerReply fenced = ask(*two, FenceLife{Incarnation(1)});
  ASSERT_TRUE(std::holds_alternative<LifeFenced>(fenced));
  EXPECT_EQ(std::get<LifeFenced>(fenced).life, Incarnation(1));
  EXPECT_FALSE(makes(*one, "bob"));
  EXPECT_NE(one->trouble().find("declared gone"), std::string::npos);
  EXPECT_TRUE(finds(*one, "alice"));
  EXPECT_FALSE(finds(*two, "bob"));
  EXPECT_TRUE(makes(*two, "bob"));
  // It stays so, and to say it again is no fault.
  EXPECT_TRUE(std::holds_alternative<LifeFenced>(ask(*two, FenceLife{Incarnation(1)})));
  const auto again = open(one_of_many);
  ask(*again, ActAs{Incarnation(1)});
  EXPECT_FALSE(makes(*again, "carol"));
  EXPECT_TRUE(std::holds_alternative<StoreFailed>(ask(*again, FenceLife{Incarnation(2)})));
}

// A group of nothing but what needs no answer from the database, too.
TEST_P(FencesSuite, WhoIsFencedFencesNobody) {
  const auto one = open(one_of_many);
  const auto two = open(one_of_many);
  ask(*one, ActAs{Incarnation(1)});
  ask(*two, ActAs{Incarnation(2)});
  ask(*two, FenceLife{Incarnation(1)});
  EXPECT_TRUE(std::holds_alternative<StoreFailed>(ask(*one, FenceLife{Incarnation(2)})));
  EXPECT_TRUE(makes(*two, "alice"));
}

// What stands before it in a group is done in its name as well.
TEST_P(FencesSuite, ANameIsThatOfTheWholeGroup) {
  const auto store = open(one_of_many);
  const auto results = store->carry_out({StoreRequest(LoadUser{address("alice"), true}),
                                         ServerRequest(ActAs{Incarnation(1)}),
                                         StoreRequest(LoadUser{address("bob"), true})});
  for (const std::size_t place : {std::size_t{0}, std::size_t{2}}) {
    EXPECT_TRUE(std::holds_alternative<UserLoaded>(std::get<StoreReply>(results.at(place))));
  }
}

TEST_P(FencesSuite, WhoIsAloneHasNoNeedOfANameAndGetsNone) {
  const auto store = open(alone);
  EXPECT_TRUE(makes(*store, "alice"));
  EXPECT_TRUE(std::holds_alternative<StoreFailed>(ask(*store, ActAs{Incarnation(1)})));
}

// The cluster's own store was lost, and numbers lives anew.
TEST_P(FencesSuite, WhoTakesANameThatIsFencedIsTold) {
  const auto store = open(one_of_many);
  ask(*store, ActAs{Incarnation(9)});
  ask(*store, FenceLife{Incarnation(1)});
  const ServerReply reply = ask(*store, ActAs{Incarnation(1)});
  ASSERT_TRUE(std::holds_alternative<LifeFenced>(reply));
  EXPECT_EQ(std::get<LifeFenced>(reply).life, Incarnation(1));
}

}  // namespace store_fences_suite_test
}  // namespace muster
