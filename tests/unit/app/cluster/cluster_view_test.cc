#include "app/cluster/cluster_view.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>
#include <utility>

#include "app/data/server_place.h"
#include "app/user/control_door.h"
#include "shell/clock.h"
#include "shell/control/control_wire.h"
#include "shell/control/unix_socket.h"

namespace muster {
namespace {

ServerSeen server(std::uint64_t incarnation) {
  ServerSeen seen;
  seen.member.self.svr_id = "sip:s" + std::to_string(incarnation) + ".example.com";
  seen.member.incarnation = cluster::Incarnation(incarnation);
  return seen;
}

ServerSeen::Own own(std::uint32_t level, std::uint32_t users) {
  return {{{level}, users}, 5, 4, 3, 0, {}};
}

// A control socket that says the same to whatever it is asked; nothing, if that is nothing.
class FakeServer {
 public:
  FakeServer(const DataDirectory& data, const std::string& id,
             const std::optional<ControlReply>& reply)
      : listener_(*listen_unix(ServerPlace::make(data, id)->control())) {
    if (!reply) return;
    thread_ = std::thread([this, line = to_json(*reply) + "\n"] { answer(line); });
  }
  ~FakeServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void answer(const std::string& line) const {
    pollfd waits{listener_.get(), POLLIN, 0};
    while (::poll(&waits, 1, -1) > 0 && (waits.revents & POLLHUP) == 0) {
      const Fd peer(::accept(listener_.get(), nullptr, nullptr));
      char c = 0;
      while (::recv(peer.get(), &c, 1, 0) == 1 && c != '\n') {
      }
      ::send(peer.get(), line.data(), line.size(), MSG_NOSIGNAL);
    }
  }

  Fd listener_;
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

}  // namespace
}  // namespace muster
