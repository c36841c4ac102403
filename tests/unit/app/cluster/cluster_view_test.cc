#include "app/cluster/cluster_view.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "app/data/server_place.h"
#include "app/user/control_door.h"
#include "shell/clock.h"
#include "shell/control/control_wire.h"
#include "shell/control/unix_socket.h"

namespace muster {
namespace cluster_cluster_view_test {

ServerSeen server(std::uint64_t incarnation) {
  ServerSeen seen;
  seen.member.self.svr_id = "sip:s" + std::to_string(incarnation) + ".example.com";
  seen.member.incarnation = cluster::Incarnation(incarnation);
  return seen;
}

ServerSeen::Own own(std::uint32_t level, std::uint32_t users) {
  return {{{level}, users}, 5, 4, 3, 0, {}};
}

// A control socket that says one thing after the other to whatever it is asked, and the last again;
// nothing, if there is nothing.
class FakeServer {
 public:
  FakeServer(const DataDirectory& data, const std::string& id,
             const std::optional<ControlReply>& reply)
      : FakeServer(data, id, reply ? std::vector{*reply} : std::vector<ControlReply>()) {}
  FakeServer(const DataDirectory& data, const std::string& id,
             const std::vector<ControlReply>& replies)
      : listener_(*listen_unix(ServerPlace::make(data, id)->control())) {
    if (replies.empty()) return;
    for (const ControlReply& reply : replies)
      lines_.push_back(to_json(reply) + "\n");
    thread_ = std::thread([this] { answer(); });
  }
  ~FakeServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void answer() {
    pollfd waits{listener_.get(), POLLIN, 0};
    std::size_t next = 0;
    while (::poll(&waits, 1, -1) > 0 && (waits.revents & POLLHUP) == 0) {
      const Fd peer(::accept(listener_.get(), nullptr, nullptr));
      char c = 0;
      while (::recv(peer.get(), &c, 1, 0) == 1) {
        if (c != '\n') continue;
        const std::string& line = lines_[std::min(next++, lines_.size() - 1)];
        ::send(peer.get(), line.data(), line.size(), MSG_NOSIGNAL);
      }
    }
  }

  Fd listener_;
  std::vector<std::string> lines_;
  std::thread thread_;
};

class ClusterViewTest : public testing::Test {
 protected:
  void TearDown() override { data_.remove(); }

  DataDirectory data_ = *DataDirectory::make_temporary();
  ClusterView view_{data_};
};

TEST_F(ClusterViewTest, WhereNobodyRunsThatIsSaid) {
  const auto seen = view_.look();
  ASSERT_FALSE(seen.ok());
  EXPECT_EQ(seen.error(), "no server of a cluster runs in " + data_.path());
}

TEST_F(ClusterViewTest, EachServerIsBelievedOfItself) {
  ServerSeen one = server(1);
  one.itself = true;
  one.own = own(3, 4);
  ServerSeen two = server(2);
  two.load = {{9}, 9};
  const FakeServer first(data_, "s1", ServersListed{{one, two}});
  two.itself = true;
  two.own = own(7, 8);
  one.itself = false;
  one.own.reset();
  one.load = {{1}, 1};
  const FakeServer second(data_, "s2", ServersListed{{one, two}});
  const auto seen = view_.look();
  ASSERT_TRUE(seen.ok()) << seen.error();
  ASSERT_EQ(seen->size(), 2u);
  EXPECT_EQ(seen->at(0).load, (ServerSeen::Load{{3}, 4}));
  EXPECT_TRUE(seen->at(0).itself);
  EXPECT_EQ(seen->at(1).load, (ServerSeen::Load{{7}, 8}));
  EXPECT_EQ(seen->at(1).own, own(7, 8));
  EXPECT_FALSE(seen->at(1).itself) << "the first was asked";
}

// Who asked the others has been told what they have.
TEST_F(ClusterViewTest, WhoKnowsAllIsAskedAlone) {
  ServerSeen one = server(1);
  one.own = own(7, 8);
  ServerSeen gone = server(2);
  gone.member.role = cluster::Role::gone;
  const FakeServer first(data_, "s1", ServersListed{{one, gone}});
  const FakeServer silent(data_, "s2", std::nullopt);
  const Instant before = read_clocks().instant;
  const auto seen = view_.look();
  EXPECT_LT(read_clocks().instant - before, ControlDoor::kProbeTimeMax);
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen->at(0).own, own(7, 8));
}

TEST_F(ClusterViewTest, WhoDoesNotAnswerInTimeIsPassedOver) {
  const FakeServer silent(data_, "s1", std::nullopt);
  const Instant before = read_clocks().instant;
  const auto none = view_.look();
  EXPECT_GE(read_clocks().instant - before, ControlDoor::kProbeTimeMax);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().find("does not answer"), std::string::npos);
  const FakeServer other(data_, "s2", ServersListed{{server(2)}});
  EXPECT_TRUE(view_.look().ok());
  EXPECT_TRUE(view_.find(Address::of_canonical("alice", "example.com")).ok());
}

TEST_F(ClusterViewTest, WhoIsNotOfItsClusterIsPassedOver) {
  const FakeServer alone(data_, "s1", ControlRefused{ControlRefused::Why::no_lease});
  EXPECT_NE(view_.look().error().find("is not of its cluster"), std::string::npos);
  const FakeServer other(data_, "s2", ServersListed{{server(2)}});
  EXPECT_EQ(view_.look()->size(), 1u);
}

// --- the users of a server -----------------------------------------------------------------------

UserPage page_of(std::size_t count, const std::string& name) {
  UserPage page;
  for (std::size_t i = 0; i < count; ++i)
    page.users.push_back({Address::of_canonical(name + std::to_string(i), "example.com")});
  return page;
}

class ClusterViewUsersTest : public ClusterViewTest {
 protected:
  // The sizes of the pages that are shown, until so many were.
  std::vector<std::size_t> pages(std::size_t most = 100) {
    std::vector<std::size_t> all;
    done_ = view_.users("sip:s1.example.com", [&](const std::vector<UserSeen>& users) {
      all.push_back(users.size());
      return all.size() < most;
    });
    return all;
  }
  Result<void, std::string> done_;
};

TEST_F(ClusterViewUsersTest, AreAskedForUntilAPageIsNotFull) {
  const FakeServer one(data_, "s1",
                       std::vector<ControlReply>{page_of(kUsersListedMax, "a"),
                                                 page_of(kUsersListedMax, "b"), page_of(3, "c")});
  EXPECT_EQ(pages(), (std::vector<std::size_t>{kUsersListedMax, kUsersListedMax, 3}));
  EXPECT_TRUE(done_.ok());
}

TEST_F(ClusterViewUsersTest, AreNotAskedForFurtherThanTheyAreWanted) {
  const FakeServer one(data_, "s1", page_of(kUsersListedMax, "a"));
  EXPECT_EQ(pages(2).size(), 2u);
  EXPECT_TRUE(done_.ok());
}

TEST_F(ClusterViewUsersTest, AreThoseThatTheFirstOfItsClusterTells) {
  const FakeServer none(data_, "s1", ControlRefused{ControlRefused::Why::no_lease});
  const FakeServer one(data_, "s2", page_of(2, "a"));
  EXPECT_EQ(pages(), std::vector<std::size_t>{2});
}

// Another server would begin with the first page.
TEST_F(ClusterViewUsersTest, EndWhereTheirListEnds) {
  const FakeServer one(data_, "s1",
                       std::vector<ControlReply>{page_of(kUsersListedMax, "a"),
                                                 ControlRefused{ControlRefused::Why::no_answer}});
  const FakeServer two(data_, "s2", page_of(2, "a"));
  EXPECT_EQ(pages(), std::vector<std::size_t>{kUsersListedMax});
  ASSERT_FALSE(done_.ok());
  EXPECT_EQ(done_.error(), "the server did not say whom it has");
}

}  // namespace cluster_cluster_view_test
}  // namespace muster
