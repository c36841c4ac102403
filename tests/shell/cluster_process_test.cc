// Servers of a cluster as real processes on one machine, over real files: leases, the main's flag,
// and what becomes of one that is killed or stands still.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "shell/held_store.h"
#include "shell/log.h"
#include "shell/server_process.h"
#include "shell/store/cluster_sqlite.h"
#include "shell/store/sqlite_store.h"
#include "support/child_process.h"
#include "support/raw_sqlite.h"

namespace muster {
namespace shell_cluster_process_test {

using cluster::Directory;
using cluster::Incarnation;
using cluster::Member;
using cluster::Role;
using testing::Child;

constexpr int kFencedExit = 42;

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
  // Longer than a slow machine keeps a process from renewing it.
  options.settings.cluster->lease_time = Duration::seconds(5);
  options.fenced = [] { ::_exit(kFencedExit); };
  return options;
}

// A server in a process of its own, until SIGTERM; what it logs comes to its parent.
std::unique_ptr<Child> run(const std::string& folder, const std::string& name) {
  return std::make_unique<Child>([&](int to) {
    ::dup2(to, STDERR_FILENO);
    open_log(Log::Level::info, LogFormat::text);
    sigset_t stop;
    ::sigemptyset(&stop);
    ::sigaddset(&stop, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
    const auto server =
        ServerProcess::start(options(name), open_store(folder), open_cluster(folder));
    ASSERT_TRUE(server.ok()) << server.error();
    int signal = 0;
    ::sigwait(&stop, &signal);
  });
}

// Waits until it has logged this.
bool says(Child& server, std::string_view event) {
  std::string line;
  for (char c = 0; server.read(c);) {
    if (c != '\n') {
      line.push_back(c);
    } else if (line.find(event) != std::string::npos) {
      return true;
    } else {
      line.clear();
    }
  }
  return false;
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

  // While nobody else can hold the file: whoever stands still within a write would hold up all.
  void stop_between_writes(Child& server) const {
    testing::RawSqlite file(folder_ + "/cluster.db");
    file.run("PRAGMA busy_timeout = 60000");
    file.run("BEGIN IMMEDIATE");
    server.stop();
    file.run("ROLLBACK");
  }
  std::string folder_;
  std::unique_ptr<cluster::SqliteClusterStore> watcher_;
  Incarnation watching_as_;
};

TEST_F(ClusterProcess, TheFlagOfAMainThatIsKilledIsTaken) {
  const auto one = run(folder_, "one");
  ASSERT_TRUE(says(*one, "main-taken"));
  const auto two = run(folder_, "two");
  ASSERT_TRUE(says(*two, "lease-taken"));
  const Incarnation lost = member("one").value().incarnation;
  EXPECT_EQ(directory().main, lost);

  one->send(SIGKILL);
  one->wait();
  ASSERT_TRUE(says(*two, "main-taken"));
  EXPECT_EQ(directory().epoch, cluster::Epoch(2));
  EXPECT_EQ(directory().main, member("two").value().incarnation);
  // It is buried: fenced in the store of users, then forgotten.
  ASSERT_TRUE(says(*two, "server-gone"));
  EXPECT_FALSE(member("one"));
  const auto store = open_store(folder_);
  const Address alice = Address::of_canonical("alice", "example.com");
  const StoreTask make = StoreRequest(LoadUser{alice, true});
  const auto made_by = [&](Incarnation life) {
    store->carry_out({ServerRequest(ActAs{life})});
    const auto results = store->carry_out({make});
    return std::holds_alternative<UserLoaded>(std::get<StoreReply>(results.at(0)));
  };
  EXPECT_FALSE(made_by(lost));
  EXPECT_TRUE(made_by(member("two").value().incarnation));
}

TEST_F(ClusterProcess, WhoStoodStillLearnsThatItIsOver) {
  const auto one = run(folder_, "one");
  ASSERT_TRUE(says(*one, "main-taken"));
  const auto two = run(folder_, "two");
  ASSERT_TRUE(says(*two, "lease-taken"));

  stop_between_writes(*one);
  ASSERT_TRUE(says(*two, "server-gone"));
  one->send(SIGCONT);
  const int status = one->wait();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kFencedExit) << status;
}

// A cluster.db from before what the store of users remembers: its numbers are taken.
TEST_F(ClusterProcess, WhoseNumberIsFencedBeginsAnew) {
  {
    const auto store = open_store(folder_);
    store->carry_out({ServerRequest(ActAs{Incarnation(9)})});
    store->carry_out({ServerRequest(FenceLife{Incarnation(1)})});
  }
  const auto one = run(folder_, "one");
  const int status = one->wait();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kFencedExit) << status;
  const auto again = run(folder_, "one");
  EXPECT_TRUE(says(*again, "lease-taken"));
  EXPECT_TRUE(says(*again, "main-taken"));
}

TEST_F(ClusterProcess, NoServerStartsWithAStoreThatDoesNotFence) {
  auto alone = SqliteStore::open({folder_ + "/muster.db"});
  ASSERT_TRUE(alone.ok());
  const auto started =
      ServerProcess::start(options("one"), std::move(*alone), open_cluster(folder_));
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error(), "this store of users cannot be shared by the servers of a cluster");
}

// The lease is the cluster's store's, and not to be missed for what the store of users does.
TEST_F(ClusterProcess, ALeaseIsRenewedWhileTheStoreOfUsersHangs) {
  std::promise<void> go;
  ServerOptions alone = options("one");
  alone.shards = 1;
  alone.settings.loopback_sip_trusted = true;
  alone.settings.limits.sip_requests_per_shard_max = 1'000'000;
  auto started = ServerProcess::start(std::move(alone),
                                      std::make_unique<testing::HeldStore>(go.get_future().share()),
                                      open_cluster(folder_));
  ASSERT_TRUE(started.ok()) << started.error();
  // Before the server goes, whose store would wait for ever.
  const std::unique_ptr<std::promise<void>, void (*)(std::promise<void>*)> let_go(
      &go, [](std::promise<void>* held) { held->set_value(); });
  const testing::WaitingPeer phone((*started)->endpoints().sip.at(0), SOCK_STREAM);
  constexpr int kMost = static_cast<int>(ShardThread::kQuestionsMax) * 6;
  EXPECT_LT(testing::say_until_held_back(phone, kMost), kMost);
  // Each time that more of it is left than before it was renewed; else it runs out.
  Duration left = member("one").value().time_left;
  for (int renewed = 0; renewed < 3;) {
    const Duration now = member("one").value().time_left;
    ASSERT_GT(now, Duration()) << "it was not renewed";
    renewed += now > left;
    left = now;
  }
}

// A server that listens everywhere cannot say where it is.
TEST_F(ClusterProcess, WhoListensOnEveryAddressIsToHaveAName) {
  ServerOptions everywhere = options("one");
  everywhere.xmpp = {{IpAddress::v4(0, 0, 0, 0), 0}};
  const auto nameless =
      ServerProcess::start(std::move(everywhere), open_store(folder_), open_cluster(folder_));
  ASSERT_FALSE(nameless.ok());
  EXPECT_NE(nameless.error().find("a name of its own"), std::string::npos);
  ServerOptions named = options("one");
  named.xmpp = {{IpAddress::v4(0, 0, 0, 0), 0}};
  named.settings.cluster->host_name = "s1.example.com";
  const auto started =
      ServerProcess::start(std::move(named), open_store(folder_), open_cluster(folder_));
  ASSERT_TRUE(started.ok()) << started.error();
  const std::string port = std::to_string((*started)->endpoints().xmpp.at(0).port);
  std::optional<Member> itself;
  for (int looks = 0; !itself && looks < 10'000; ++looks)
    itself = member("one");
  ASSERT_TRUE(itself.has_value());
  EXPECT_EQ(itself->self.endpoints.back().contact, "xmpp:s1.example.com:" + port);
}

TEST_F(ClusterProcess, WhoStopsInOrderLeavesNothingBehind) {
  const auto one = run(folder_, "one");
  ASSERT_TRUE(says(*one, "main-taken"));
  one->send(SIGTERM);
  EXPECT_EQ(one->wait(), 0);
  EXPECT_EQ(directory().members.size(), 1u);
  EXPECT_EQ(directory().main, Incarnation());
}

}  // namespace shell_cluster_process_test
}  // namespace muster
