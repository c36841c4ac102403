// The paper's figure 5 in virtual time: how servers talk. A candidate joins by INVITE from the main
// server, gets the data that there are by SUBSCRIBE and NOTIFY, and then changes reach it, and
// leave it, by NOTIFY; BYE lets it go. What they say is read off their link, and it is the same
// whoever the users are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/ascii.h"
#include "codec/cluster/frame.h"
#include "sim/placing_phones.h"

namespace muster::sim {
namespace sim_figure5_test {

using cluster::LoadLevel;
using cluster::Role;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using What = OrderServer::What;

// The SIP messages that servers say to one another, in order; of each who says it.
class Spoken : public TurnWatch {
 public:
  struct Message {
    std::size_t by = 0;
    Instant at;
    std::string text;
  };
  std::vector<Message> messages;

  void entered(const Server& server, ShardId shard, Now, const Input& input) override {
    const auto* opened = std::get_if<LinkOpened>(&input);
    if (opened == nullptr || opened->use != LinkUse::server) return;
    links_[{server.id(), shard, opened->link}].open_lanes();
  }
  void ordered(const Server& server, ShardId shard, const Order& order) override {
    const auto* send = std::get_if<SendBytes>(&order);
    if (send == nullptr) return;
    const auto link = links_.find({server.id(), shard, send->link});
    if (link == links_.end()) return;
    std::string_view bytes = send->bytes;
    while (const auto frame = link->second.next(bytes)) {
      if (frame->lane != cluster::Lane::documents) continue;
      messages.push_back({server.id().number(), server.now().instant, std::string(frame->payload)});
    }
  }

  // Those that begin so, from the first on that has not been taken yet.
  std::vector<std::string> take(std::size_t by, std::string_view begin) {
    std::vector<std::string> found;
    std::erase_if(messages, [&](const Message& message) {
      if (message.by != by || !message.text.starts_with(begin)) return false;
      found.push_back(message.text);
      return true;
    });
    return found;
  }
  // Of each message who says it, and its method or the method that it answers.
  std::vector<std::string> words() const {
    std::vector<std::string> all;
    for (const Message& message : messages) {
      const std::string first = message.text.substr(0, message.text.find(' '));
      const std::size_t cseq = message.text.find("CSeq: ");
      const std::string asked = message.text.substr(cseq, message.text.find("\r\n", cseq) - cseq);
      const std::string method = asked.substr(asked.rfind(' ') + 1);
      all.push_back(std::to_string(message.by) + " " +
                    (first == "SIP/2.0" ? message.text.substr(8, 3) + " " + method : first));
    }
    return all;
  }

 private:
  using Place = std::tuple<ServerId, ShardId, LinkId>;
  std::map<Place, cluster::FrameReader> links_;
};

enum class Who { messengers, phones };
void PrintTo(Who who, std::ostream* out) {
  *out << (who == Who::phones ? "phones" : "messengers");
}

// Server 0 is main, and has room for two users who weigh one each; server 1 is the candidate.
class Figure5 : public ::testing::TestWithParam<Who> {
 protected:
  Figure5() {
    cluster.world.watch(spoken);
    for (std::size_t i = 0; i < 4; ++i) {
      users.push_back("user" + std::to_string(i));
      cluster.give_contacts(users.back());
    }
    // Nothing is left of how they came to know one another.
    cluster.world.server(1).crash();
    cluster.world.start(1);
    cluster.world.run_for(Duration::seconds(10));
    spoken.messages.clear();
  }
  void come(std::size_t user) {
    EXPECT_TRUE(until(cluster.world, served(users[user]), Duration::seconds(5)));
  }
  // Lands at the main.
  std::function<bool()> served(const std::string& user) {
    if (GetParam() == Who::messengers) {
      return [&agent = cluster.land(user, 0)] { return agent.bound; };
    }
    const AgentId id = add_phone(cluster, phones, user);
    phones.wish(id, Show{{"", "at my desk"}});
    phones.wish(id, GoOnline{});
    return [this, id] { return phones.agent(id).content(); };
  }

  PlacingWorld cluster{PlacingWorld::Options{
      .servers = 2, .standbys = 1, .max = LoadLevel{2}, .distance = Duration::milliseconds(5)}};
  Crowd phones{cluster.world};
  Spoken spoken;
  std::vector<std::string> users;
};
INSTANTIATE_TEST_SUITE_P(Of, Figure5, ::testing::Values(Who::messengers, Who::phones),
                         ::testing::PrintToStringParamName());

TEST_P(Figure5, ACandidateJoinsByInviteAndIsToldByNotify) {
  ASSERT_EQ(cluster.main(), 0u);
  come(0);
  come(1);
  cluster.world.run_for(Duration::seconds(5));
  EXPECT_THAT(spoken.words(), IsEmpty()) << "a candidate is told nothing";

  // The third finds no room: the main invites the candidate.
  come(2);
  ASSERT_EQ(cluster.member(1)->role, Role::running);
  cluster.world.run_for(Duration::seconds(5));
  const std::vector<std::string> words = spoken.words();
  ASSERT_GE(words.size(), 3u);
  EXPECT_THAT((std::vector<std::string>{words[0], words[1]}),
              ElementsAre("0 INVITE", "1 200 INVITE"));
  const auto at = [&](const char* what) {
    const auto found = std::find(words.begin(), words.end(), what);
    EXPECT_NE(found, words.end()) << what;
    return found - words.begin();
  };
  EXPECT_LT(at("0 ACK"), at("1 SUBSCRIBE"));
  EXPECT_LT(at("1 SUBSCRIBE"), at("0 200 SUBSCRIBE"));
  EXPECT_LT(at("0 200 SUBSCRIBE"), at("0 NOTIFY"));
  const auto invites = spoken.take(0, "INVITE");
  ASSERT_EQ(invites.size(), 1u);
  EXPECT_THAT(invites[0], StartsWith("INVITE sip:s1.example.com SIP/2.0"));
  EXPECT_THAT(invites[0], HasSubstr("Content-Type: application/sdp"));
  EXPECT_THAT(invites[0], Not(HasSubstr("\r\nm="))) << "no media";

  // The data that there are: all of them at first, in the paper's elements.
  const auto subscribes = spoken.take(1, "SUBSCRIBE");
  ASSERT_EQ(subscribes.size(), 1u);
  EXPECT_THAT(subscribes[0], StartsWith("SUBSCRIBE sip:example.com SIP/2.0"));
  EXPECT_THAT(subscribes[0], HasSubstr("Event: muster-cluster"));
  auto told = spoken.take(0, "NOTIFY");
  ASSERT_GE(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("<p:pidf-full"));
  for (const char* element :
       {"svr-loadlevel-list", "svr-load svr-id='sip:s0.example.com'", "current-loadlevel",
        "max-loadlevel", "active-svr-number", "current-users-list server-id='sip:s0.example.com'",
        "current-users-number", "total-users-number"})
    EXPECT_THAT(told[0], HasSubstr(std::string("<c:") + element));

  // Changes leave it by NOTIFY to the main, and reach it by NOTIFY from the main: what changed.
  EXPECT_THAT(spoken.take(0, "SUBSCRIBE"),
              ElementsAre(StartsWith("SUBSCRIBE sip:s1.example.com SIP/2.0")));
  spoken.messages.clear();
  come(3);
  cluster.world.run_for(Duration::seconds(1));
  const auto from_it = spoken.take(1, "NOTIFY");
  ASSERT_GE(from_it.size(), 1u);
  EXPECT_THAT(from_it[0], HasSubstr("<p:pidf-diff"));
  EXPECT_THAT(from_it[0], HasSubstr("svr-load[@svr-id='sip:s1.example.com']"));
  const auto to_it = spoken.take(0, "NOTIFY");
  ASSERT_GE(to_it.size(), 1u);
  EXPECT_THAT(to_it[0], HasSubstr("<p:pidf-diff"));
  EXPECT_THAT(to_it[0], HasSubstr("total-users-number"));
  EXPECT_THAT(spoken.words(), Not(IsEmpty()));
  EXPECT_THAT(spoken.words(), Each(HasSubstr("200 NOTIFY"))) << "and nothing else is said";
}

TEST_P(Figure5, ByeLetsItGo) {
  ASSERT_EQ(cluster.order(0, What::recruit, 1), AdminReply::Outcome::done);
  cluster.world.run_for(Duration::seconds(5));
  ASSERT_EQ(cluster.member(1)->role, Role::running);
  spoken.messages.clear();
  ASSERT_EQ(cluster.order(0, What::release, 1), AdminReply::Outcome::done);
  cluster.world.run_for(Duration::seconds(10));
  EXPECT_EQ(cluster.member(1)->role, Role::standby);
  ASSERT_EQ(spoken.take(0, "BYE").size(), 1u);
  spoken.messages.clear();
  come(0);
  cluster.world.run_for(Duration::seconds(5));
  EXPECT_THAT(spoken.words(), IsEmpty()) << "it is told nothing any more";
  // Nor does it say what it was told before.
  std::vector<ServerSeen> seen;
  cluster.world.server(1).administer(ListServers{},
                                     [&](AdminReply reply) { seen = std::move(reply.servers); });
  cluster.world.run_for(Duration::seconds(1));
  ASSERT_EQ(seen.size(), 2u);
  for (const ServerSeen& server : seen)
    EXPECT_EQ(server.load.has_value(), server.itself) << server.member.self.svr_id;
}

// What a partial document says it is by now.
std::optional<std::uint32_t> level_in(std::string_view notify, const std::string& svr_id) {
  const std::string begin = "c:svr-load[@svr-id='" + svr_id + "']/c:current-loadlevel/text()\">";
  const std::size_t at = notify.find(begin);
  if (!notify.starts_with("NOTIFY") || at == std::string_view::npos) return std::nullopt;
  std::string_view rest = notify.substr(at + begin.size());
  return parse_number<std::uint32_t>(rest.substr(0, rest.find('<')));
}

// Counted from when the server that she came to says so to her; in the silence, and just after the
// level of another shard of it has left. Each user weighs one.
TEST(Levels, LeaveWithin20Milliseconds) {
  const Duration distance = Duration::milliseconds(5);
  PlacingWorld cluster{PlacingWorld::Options{.servers = 2, .distance = distance}};
  Spoken spoken;
  cluster.world.watch(spoken);
  cluster.world.server(1).crash();
  cluster.world.start(1);
  cluster.world.run_for(Duration::seconds(10));
  std::map<std::size_t, std::uint32_t> users;
  for (int i = 0; i < 20; ++i) {
    spoken.messages.clear();
    std::vector<const UserAgent*> agents;
    for (int j = 0; j < 6; ++j) {
      const std::string user = "user" + std::to_string(i) + "-" + std::to_string(j);
      cluster.give_contacts(user);
      agents.push_back(&cluster.land(user, 0));
      cluster.world.run_for(Duration::milliseconds(1 + i % 4));
    }
    cluster.world.run_for(Duration::seconds(1));
    std::sort(agents.begin(), agents.end(),
              [](const auto* a, const auto* b) { return a->bound_at < b->bound_at; });
    for (const UserAgent* agent : agents) {
      ASSERT_TRUE(agent->bound);
      const std::size_t at = agent->sent_to.back() == cluster.xmpp(0) ? 0 : 1;
      const std::uint32_t level = ++users[at];
      const auto left = std::find_if(
          spoken.messages.begin(), spoken.messages.end(), [&](const Spoken::Message& message) {
            const auto said = level_in(message.text, PlacingWorld::name_of(at));
            return message.by == at && said && *said >= level;
          });
      ASSERT_NE(left, spoken.messages.end()) << agent->user();
      EXPECT_LE(left->at, agent->bound_at - distance + Duration::milliseconds(20)) << agent->user();
    }
  }
}

}  // namespace sim_figure5_test
}  // namespace muster::sim
