// Servers of a cluster as real processes on one machine, over real files: leases, the main's flag,
// and what becomes of one that is killed or stands still. Time is the machine's: what is waited for
// has a bound that is far from what it takes.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "shell/server_process.h"
#include "shell/store/cluster_sqlite.h"
#include "shell/store/sqlite_store.h"
#include "support/child_process.h"

namespace muster {
namespace {

using cluster::Directory;
using cluster::Incarnation;
using cluster::Member;
using cluster::Role;
using testing::Child;

constexpr int kFencedExit = 42;
constexpr auto kWaitMax = std::chrono::seconds(60);

std::unique_ptr<SqliteStore> open_store(const std::string& folder) {
  auto opened = SqliteStore::open({folder + "/muster.db"}, SqliteStore::Company::one_of_many);
  EXPECT_TRUE(opened.ok()) << opened.error();
  return std::move(*opened);
}
std::unique_ptr<cluster::SqliteClusterStore> open_cluster(const std::string& folder) {
  auto opened = cluster::SqliteClusterStore::open({.file = {folder + "/cluster.db"}});
  EXPECT_TRUE(opened.ok()) << opened.error();
  return std::move(*opened);
}

ServerOptions options(const std::string& name) {
  const Endpoint any{IpAddress::v4(127, 0, 0, 1), 0};
  ServerOptions options;
  options.shards = 2;
  options.xmpp = {any};
  options.sip = {any};
  options.settings.domains = {"example.com"};
  options.settings.cluster.emplace();
  options.settings.cluster->self.svr_id = "sip:" + name + ".example.com";
  options.fenced = [] { ::_exit(kFencedExit); };
  return options;
}

// A server in a process of its own.
std::unique_ptr<Child> run(const std::string& folder, const std::string& name) {
  return std::make_unique<Child>([&](int) {
    auto server = ServerProcess::start(options(name), open_store(folder), open_cluster(folder));
    ASSERT_TRUE(server.ok()) << server.error();
    for (;;)
      ::pause();
  });
}

class ClusterProcess : public ::testing::Test {
 protected:
  ClusterProcess() {
    std::string name = ::testing::TempDir() + "muster-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ClusterProcess() override { std::filesystem::remove_all(folder_); }

  // Looks on, as a candidate of the cluster.
  Directory directory() {
    if (watcher_ == nullptr) watcher_ = open_cluster(folder_);
    cluster::TakeLease take;
    take.self.svr_id = "sip:watcher.example.com";
    take.standby = true;
    take.time = Duration::seconds(60);
    const cluster::ClusterRequest request =
        watching_as_ == Incarnation()
            ? cluster::ClusterRequest(take)
            : cluster::ClusterRequest(cluster::RenewLease{watching_as_, take.time});
    const auto reply = watcher_->carry_out({request}).at(0);
    if (const auto* taken = std::get_if<cluster::LeaseTaken>(&reply)) {
      watching_as_ = taken->incarnation;
      return taken->directory;
    }
    const auto* renewed = std::get_if<cluster::LeaseRenewed>(&reply);
    EXPECT_NE(renewed, nullptr);
    return renewed == nullptr ? Directory() : renewed->directory;
  }
  static std::optional<Member> member(const Directory& directory, const std::string& name) {
    for (const Member& member : directory.members) {
      if (member.self.svr_id == "sip:" + name + ".example.com" && member.role != Role::gone) {
        return member;
      }
    }
    return std::nullopt;
  }
  std::optional<Member> member(const std::string& name) { return member(directory(), name); }
  // Its lease is there, and so is the flag.
  bool is_main(const std::string& name) {
    const Directory directory = this->directory();
    const auto found = member(directory, name);
    return found && directory.main == found->incarnation;
  }
  bool becomes_so(const std::function<bool()>& is_so) {
    const auto end = std::chrono::steady_clock::now() + kWaitMax;
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  std::string folder_;
  std::unique_ptr<cluster::SqliteClusterStore> watcher_;
  Incarnation watching_as_;
};

TEST_F(ClusterProcess, TheFlagOfAMainThatIsKilledIsTaken) {
  const auto one = run(folder_, "one");
  ASSERT_TRUE(becomes_so([&] { return is_main("one"); }));
  const auto two = run(folder_, "two");
  ASSERT_TRUE(becomes_so([&] { return member("two").has_value(); }));
  const Incarnation lost = member("one")->incarnation;
  EXPECT_TRUE(is_main("one"));

  one->send(SIGKILL);
  one->wait();
  ASSERT_TRUE(becomes_so([&] { return is_main("two"); }));
  EXPECT_EQ(directory().epoch, cluster::Epoch(2));
  // It is buried: fenced in the store of users, then forgotten.
  ASSERT_TRUE(becomes_so([&] { return directory().members.size() == 2; }));
  const auto store = open_store(folder_);
  const Address alice = Address::of_canonical("alice", "example.com");
  const StoreTask make = StoreRequest(LoadUser{alice, true});
  store->carry_out({ServerRequest(ActAs{lost})});
  EXPECT_TRUE(
      std::holds_alternative<StoreFailed>(std::get<StoreReply>(store->carry_out({make}).at(0))));
  store->carry_out({ServerRequest(ActAs{member("two")->incarnation})});
  EXPECT_TRUE(
      std::holds_alternative<UserLoaded>(std::get<StoreReply>(store->carry_out({make}).at(0))));

  two->send(SIGKILL);
  two->wait();
}

TEST_F(ClusterProcess, WhoStoodStillLearnsThatItIsOver) {
  const auto one = run(folder_, "one");
  ASSERT_TRUE(becomes_so([&] { return is_main("one"); }));
  const auto two = run(folder_, "two");
  ASSERT_TRUE(becomes_so([&] { return member("two").has_value(); }));

  one->send(SIGSTOP);
  ASSERT_TRUE(becomes_so([&] { return is_main("two"); }));
  ASSERT_TRUE(becomes_so([&] { return directory().members.size() == 2; }));
  one->send(SIGCONT);
  const int status = one->wait();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kFencedExit) << status;

  two->send(SIGKILL);
  two->wait();
}

TEST_F(ClusterProcess, WhoStopsInOrderLeavesNothingBehind) {
  {
    auto server = ServerProcess::start(options("one"), open_store(folder_), open_cluster(folder_));
    ASSERT_TRUE(server.ok()) << server.error();
    ASSERT_TRUE(becomes_so([&] { return is_main("one"); }));
  }
  EXPECT_EQ(directory().members.size(), 1u);
  EXPECT_EQ(directory().main, Incarnation());
}

}  // namespace
}  // namespace muster
