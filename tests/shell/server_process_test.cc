#include "shell/server_process.h"

#include <gmock/gmock.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>

#include "shell/held_store.h"
#include "shell/process_world.h"

namespace muster::testing {
namespace shell_server_process_test {

using ::testing::HasSubstr;

class ServerProcessTest : public ProcessWorld {};

TEST_F(ServerProcessTest, PresenceCrossesShardsAndProtocols) {
  start();
  // Of these names some live on either shard.
  std::vector<std::unique_ptr<XmppPeer>> users;
  WaitingPeer phone(sip(), SOCK_DGRAM);
  for (int i = 0; i < 8; ++i) {
    const std::string name = "user" + std::to_string(i);
    users.push_back(std::make_unique<XmppPeer>(xmpp(), name, "secret"));
    phone.say(subscribe("watcher", name, "UDP", phone, i));
    const std::string heard = phone.hear_until("open</basic>");
    phone.say(answer_to_notify(heard));
    EXPECT_THAT(heard, HasSubstr("entity='pres:" + name));
  }
}

TEST_F(ServerProcessTest, AStopIsSaid) {
  start();
  XmppPeer user(xmpp(), "user", "secret");
  process->ask_stop();
  EXPECT_THAT(user.hear_until("</stream:stream>"), HasSubstr("<system-shutdown"));
  EXPECT_EQ(user.hear(), "");
  process->join();
}

// A watcher that does not answer its last NOTIFY, and a peer that keeps its end of the link.
TEST_F(ServerProcessTest, AStopWaitsForNobodyForEver) {
  start();
  XmppPeer user(xmpp(), "user", "secret");
  WaitingPeer phone(sip(), SOCK_DGRAM);
  phone.say(subscribe("watcher", "user", "UDP", phone, 1));
  phone.hear_until("open</basic>");
  process->ask_stop();
  process->join();  // returns, by ShardThread::kStopTimeMax
  user.hear_until("<system-shutdown");
}

// --- the links of a cluster ----------------------------------------------------------------------

const Endpoint kAny{IpAddress::v4(127, 0, 0, 1), 0};

TEST_F(ServerProcessTest, WhereServersConnectThereAreCredentials) {
  EXPECT_EQ(try_to_start(nullptr, {kAny}, {}),
            "where other servers connect there is to be a shared key, or a certificate and a CA");
}

TEST_F(ServerProcessTest, WhoIsOfNoClusterGetsNowhere) {
  const std::string key = ::testing::TempDir() + "cluster-key";
  std::ofstream(key) << std::string(ClusterTls::kKeyBytesMin, 'k');
  std::filesystem::permissions(key, std::filesystem::perms::owner_read);
  ASSERT_EQ(try_to_start(nullptr, {kAny}, SharedKeyFile{key}), "");
  std::filesystem::remove(key);
  ASSERT_EQ(process->endpoints().cluster.size(), 1u);
  EXPECT_NE(process->endpoints().cluster[0].port, 0);
  const WaitingPeer peer(process->endpoints().cluster[0], SOCK_STREAM);
  peer.say("GET / HTTP/1.1\r\n\r\n");
  while (!peer.hear().empty()) {
  }
  XmppPeer user(xmpp(), "user", "secret");  // others are served
}

// Past kQuestionsMax a shard reads no more: its peers wait in the kernel's buffers, and none of
// what they said is lost.
TEST_F(ServerProcessTest, AStoreThatIsSlowHoldsPeersBack) {
  constexpr int kCount = static_cast<int>(ShardThread::kQuestionsMax) * 6;
  std::promise<void> go;
  start(std::make_unique<HeldStore>(go.get_future().share()));
  WaitingPeer phone(sip(), SOCK_STREAM);
  const int said = say_until_held_back(phone, kCount);
  EXPECT_LT(said, kCount) << "the server took all: nothing held it back";
  go.set_value();
  const std::string_view answer = "SIP/2.0 404";  // there is no such user
  std::string heard;
  std::size_t counted = 0;
  int answered = 0;
  while (answered < said) {
    const std::string more = phone.hear();
    ASSERT_FALSE(more.empty()) << answered << " of " << said;
    heard += more;
    for (std::size_t at = heard.find(answer, counted); at != std::string::npos;
         at = heard.find(answer, counted)) {
      counted = at + answer.size();
      ++answered;
    }
  }
  EXPECT_EQ(answered, said);
}

}  // namespace shell_server_process_test
}  // namespace muster::testing
