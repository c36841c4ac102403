#include "shell/control/control_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <array>
#include <filesystem>

#include "shell/control/control_wire.h"
#include "shell/control/unix_socket.h"
#include "shell/store/sqlite_store.h"

namespace muster {
namespace control_control_socket_test {

// Longer than anything takes on a slow machine: who waits in vain fails its test.
constexpr timeval kPatience{60, 0};

class ControlSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    auto backend = SqliteStore::open({folder_ / "muster.db"});
    ASSERT_TRUE(backend.ok()) << backend.error();
    store_ = std::make_unique<StoreThread>(std::move(*backend));
  }
  void TearDown() override {
    socket_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open(Duration silence_max = ControlSocket::kSilenceMax) {
    auto socket = ControlSocket::open(
        path(), {{"1", {"example.com"}, WatcherPolicy::ask, true, 10},
                 store_.get(),
                 [](const AdminRequest&, const std::function<void(AdminReply)>&) {},
                 silence_max});
    ASSERT_TRUE(socket.ok()) << socket.error();
    socket_ = std::move(*socket);
  }
  Fd connected() {
    auto fd = connect_unix(path());
    EXPECT_TRUE(fd.ok());
    ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    return std::move(*fd);
  }
  std::string path() const { return folder_ / "control"; }

  std::filesystem::path folder_;
  std::unique_ptr<StoreThread> store_;
  std::unique_ptr<ControlSocket> socket_;
};

void say(const Fd& peer, const std::string& text) {
  ASSERT_EQ(::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
}

// A line; what came of it if the peer is closed first.
std::string hear(const Fd& peer) {
  std::string line;
  char c = 0;
  while (::recv(peer.get(), &c, 1, 0) == 1 && c != '\n')
    line.push_back(c);
  return line;
}

const std::string kDescribe = to_json(ControlRequest(DescribeService{}));
const std::string kMalformed = to_json(ControlReply(ControlRefused{}));

TEST_F(ControlSocketTest, AnswersInOrder) {
  open();
  const Fd peer = connected();
  say(peer, to_json(ControlRequest(ListAccounts{"example.com", {}, 5})) + "\n" + kDescribe + "\n");
  EXPECT_EQ(hear(peer), to_json(ControlReply(AccountsListed{})));
  EXPECT_TRUE(hear(peer).starts_with(R"({"default_policy")"));
}

TEST_F(ControlSocketTest, IsItsOwnersAlone) {
  open();
  struct stat file {};
  ASSERT_EQ(::stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600u);
}

TEST_F(ControlSocketTest, HasRoomForSoManyPeers) {
  open();
  std::vector<Fd> peers;
  for (std::size_t i = 0; i < ControlSocket::kPeersMax; ++i) {
    peers.push_back(connected());
    say(peers.back(), kDescribe + "\n");
    EXPECT_NE(hear(peers.back()), "");
  }
  const Fd one_more = connected();
  EXPECT_EQ(hear(one_more), to_json(ControlReply(ControlRefused{ControlRefused::Why::too_busy})));
  EXPECT_EQ(hear(one_more), "");
  say(peers.front(), kDescribe + "\n");
  EXPECT_NE(hear(peers.front()), "");
}

TEST_F(ControlSocketTest, ALineHasAMost) {
  open();
  const Fd longest = connected();
  // Spaces around a value mean nothing.
  say(longest, std::string(kControlRequestBytesMax - kDescribe.size() - 1, ' ') + kDescribe + "\n");
  EXPECT_TRUE(hear(longest).starts_with(R"({"default_policy")"));
  const Fd longer = connected();
  say(longer, std::string(kControlRequestBytesMax - kDescribe.size(), ' ') + kDescribe + "\n");
  EXPECT_EQ(hear(longer), kMalformed);
  EXPECT_EQ(hear(longer), "");
}

TEST_F(ControlSocketTest, WhoIsSilentIsClosed) {
  open(Duration::milliseconds(1));
  EXPECT_EQ(hear(connected()), "");
  const Fd begun = connected();
  ::send(begun.get(), "{", 1, MSG_NOSIGNAL);  // it may be closed already
  EXPECT_EQ(hear(begun), "");
}

}  // namespace control_control_socket_test
}  // namespace muster
