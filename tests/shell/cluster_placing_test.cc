// Two servers of a cluster over real sockets and files: users of both protocols land anywhere, and
// are served where they belong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/address/ip.h"
#include "shell/process_world.h"
#include "shell/server_process.h"
#include "shell/store/cluster_sqlite.h"
#include "shell/store/sqlite_store.h"

namespace muster::testing {
namespace shell_cluster_placing_test {

using ::testing::HasSubstr;

// What stands between two texts.
std::string between(std::string_view text, std::string_view before, std::string_view behind) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + before.size();
  return std::string(text.substr(begin, text.find(behind, begin) - begin));
}

class ClusterPlacing : public ProcessWorld {
 protected:
  ClusterPlacing() {
    std::string name = ::testing::TempDir() + "muster-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ + "/key") << std::string(32, 'k');
    ::chmod((folder_ + "/key").c_str(), 0600);
    for (std::size_t i = 0; i < servers.size(); ++i)
      start(i);
  }
  ~ClusterPlacing() override {
    streams_.clear();  // a server that stops waits for its peers, up to a time
    for (auto& server : servers)
      server.reset();
    std::filesystem::remove_all(folder_);
  }

  const Endpoint& xmpp(std::size_t server) const { return servers[server]->endpoints().xmpp[0]; }
  const Endpoint& sip(std::size_t server) const { return servers[server]->endpoints().sip[0]; }

  // Where the user is sent from that server; nothing if she is served there.
  std::optional<Endpoint> sent(std::size_t server, const std::string& user) {
    XmppStream stream(xmpp(server), user, "secret");
    const std::string heard = stream.bind();
    const std::string where = between(heard, "xmpp-streams'>", "</see-other-host>");
    if (where.empty()) {
      EXPECT_THAT(heard, HasSubstr("<jid>"));
      streams_.push_back(std::make_unique<XmppStream>(std::move(stream)));
      return std::nullopt;
    }
    return parse_endpoint(where);
  }
  // A user of each server, once each knows of the other: before, who lands where there is no lease
  // yet is not let in, and then all stay where they come.
  std::array<std::string, 2> one_user_each() {
    for (const auto& server : servers)
      wait_until_it_knows_all(*server);
    std::array<std::string, 2> users;
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (int i = 0; users[0].empty() || users[1].empty(); ++i) {
      if (std::chrono::steady_clock::now() > patience) {
        ADD_FAILURE() << "one server got all users";
        break;
      }
      const std::string user = "user" + std::to_string(i);
      users[sent(0, user) ? 1 : 0] = user;
    }
    return users;
  }

  std::array<std::unique_ptr<ServerProcess>, 2> servers;

 private:
  static bool knows_all(ServerProcess& server) {
    std::promise<AdminReply> told;
    server.ask(ListServers{}, [&](AdminReply reply) { told.set_value(std::move(reply)); });
    const std::vector<ServerSeen> all = told.get_future().get().servers;
    return all.size() == 2 && std::all_of(all.begin(), all.end(), [](const ServerSeen& one) {
             return one.load && (one.itself || one.linked);
           });
  }
  static void wait_until_it_knows_all(ServerProcess& server) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!knows_all(server)) {
      ASSERT_LT(std::chrono::steady_clock::now(), patience);
    }
  }
  void start(std::size_t number) {
    const Endpoint any{IpAddress::v4(127, 0, 0, 1), 0};
    ServerOptions options;
    options.shards = 2;
    options.xmpp = {any};
    options.sip = {any};
    options.cluster = {any};
    options.cluster_credentials = SharedKeyFile{folder_ + "/key"};
    options.settings.domains = {"example.com"};
    options.settings.plain_without_tls = true;
    options.settings.auto_accounts = true;
    options.settings.loopback_sip_trusted = true;
    options.settings.allow_all_watchers = true;
    ClusterSettings& cluster = options.settings.cluster.emplace();
    cluster.self.svr_id = "sip:s" + std::to_string(number + 1) + ".example.com";
    cluster.self.link = any;
    cluster.lease_time = Duration::seconds(10);
    options.fenced = [] { FAIL() << "nobody is to be fenced"; };
    auto store = SqliteStore::open({folder_ + "/muster.db"}, SqliteStore::Company::one_of_many);
    ASSERT_TRUE(store.ok()) << store.error();
    auto users = cluster::SqliteClusterStore::open({.file = {folder_ + "/cluster.db"}});
    ASSERT_TRUE(users.ok()) << users.error();
    auto started = ServerProcess::start(std::move(options), std::move(*store), std::move(*users));
    ASSERT_TRUE(started.ok()) << started.error();
    servers[number] = std::move(*started);
  }

  std::string folder_;
  std::vector<std::unique_ptr<XmppStream>> streams_;
};

TEST_F(ClusterPlacing, AnXmppUserIsSentToHerServerFromAnyOther) {
  const auto users = one_user_each();
  // The second server is told of those whom the first gave it, and of those who are the first's.
  EXPECT_EQ(sent(1, users[1]), std::nullopt);
  EXPECT_EQ(sent(1, users[0]), xmpp(0));
  EXPECT_EQ(sent(0, users[0]), std::nullopt);
}

// She has something at her server, was sent there from here, and came back: it does not yield her.
TEST_F(ClusterPlacing, WhoDoesNotGoIsServedThroughWhereSheIs) {
  const auto users = one_user_each();
  ASSERT_EQ(sent(1, users[1]), std::nullopt);
  EXPECT_EQ(sent(0, users[1]), xmpp(1)) << "her server knows that she can come by herself";
  EXPECT_EQ(sent(0, users[1]), std::nullopt);
  EXPECT_EQ(sent(1, users[1]), std::nullopt) << "it serves her still";
}

// She was sent away and came back, as most clients do: her server has nothing of hers, and yields.
TEST_F(ClusterPlacing, WhoDoesNotGoIsServedWhereSheIs) {
  const auto users = one_user_each();
  EXPECT_EQ(sent(0, users[1]), std::nullopt);
  EXPECT_EQ(sent(1, users[1]), xmpp(0)) << "and is this server's from then on";
}

TEST_F(ClusterPlacing, SheMayAskBeforeSheBinds) {
  const auto users = one_user_each();
  ASSERT_EQ(sent(0, users[0]), std::nullopt);
  XmppStream stream(xmpp(1), users[0], "secret");
  stream.say("<iq type='get' id='r'><redirection xmlns='urn:muster:presence-cluster:1'/></iq>");
  EXPECT_EQ(between(stream.hear_until("</iq>"), "presence-cluster:1'>", "</redirection>"),
            to_text(xmpp(0)));
}

// The same user by her phone: 302 from the other server, and what it says is true.
TEST_F(ClusterPlacing, SoIsASipUser) {
  const auto users = one_user_each();
  const auto answer = [&](const Endpoint& to, int number) {
    WaitingPeer phone(to, SOCK_DGRAM);
    phone.say(subscribe(users[1], "somebody", "UDP", phone, number));
    return phone.hear();
  };
  const std::string elsewhere = answer(sip(0), 1);
  EXPECT_THAT(elsewhere, HasSubstr("SIP/2.0 302 "));
  const std::string contact = between(elsewhere, "Contact: <sip:somebody@", ">");
  EXPECT_EQ(parse_endpoint(contact), sip(1));
  EXPECT_THAT(answer(*parse_endpoint(contact), 2), HasSubstr("SIP/2.0 200 "));
}

// One service: who is served by one server sees who is served by the other, in either protocol, and
// writes to her; and hears it when that server ends.
TEST_F(ClusterPlacing, UsersOfTwoServersSeeEachOtherAndWrite) {
  const auto users = one_user_each();
  const auto address = [&](std::size_t which) { return users[which] + "@example.com"; };
  XmppPeer alice(xmpp(0), users[0], "secret");
  XmppPeer bob(xmpp(1), users[1], "secret");
  alice.say("<presence to='" + address(1) + "' type='subscribe'/>");
  bob.hear_until("from='" + address(0) + "' to='" + address(1) + "' type='subscribe'");
  bob.say("<presence to='" + address(0) + "' type='subscribed'/>");
  alice.hear_until("<presence from='" + address(1) + "/");
  bob.say("<presence><show>dnd</show><status>at the desk</status></presence>");
  alice.hear_until("<show>dnd</show><status>at the desk</status>");
  alice.say("<message type='chat' to='" + address(1) + "'><body>Lunch?</body></message>");
  bob.hear_until("<body>Lunch?</body>");

  WaitingPeer phone(sip(0), SOCK_STREAM);
  phone.say(subscribe(users[0], users[1], "TCP", phone, 1));
  phone.hear_until("at the desk");
  servers[1]->ask_stop();
  alice.hear_until("type='unavailable'");
}

}  // namespace shell_cluster_placing_test
}  // namespace muster::testing
