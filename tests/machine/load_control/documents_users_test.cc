// All users of a server, asked for by another: in chunks, one unanswered at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/cluster/write.h"
#include "support/cluster_documents.h"
#include "support/documents_world.h"
#include "support/raw_server.h"

namespace muster {
namespace load_control_documents_users_test {

using cluster::PresType;
using cluster::User;
using test::DocumentsWorld;
using test::RawServer;
using test::row;
using test::with;

std::vector<User> users(int number) {
  std::vector<User> users;
  for (int i = 0; i < number; ++i)
    users.push_back(test::user_of("user" + std::to_string(100'000 + i), PresType::both, 20));
  return users;
}

void ask(DocumentsWorld& world, int who, int whom) {
  world.give(who, [&](Instant now, Documents& one) { one.ask_users(now, world.at(whom).life); });
}

// Of `number` users at the second server, asked by the third.
std::vector<UsersCame> ask_for(DocumentsWorld& world, int number) {
  world.make(3);
  world.at(1).users = users(number);
  world.sent().clear();
  ask(world, 2, 1);
  ask(world, 2, 1);  // it is asked already
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.at(2).users_failed, 0);
  return world.at(2).users_came;
}

TEST(DocumentsUsers, come_in_chunks) {
  DocumentsWorld world;
  const auto came = ask_for(world, 5'000);
  ASSERT_EQ(came.size(), 1U);
  EXPECT_EQ(came[0].of, world.at(1).life);
  EXPECT_EQ(came[0].list.server_id, world.at(1).svr_id);
  EXPECT_EQ(came[0].list.users, world.at(1).users);
  int chunks = 0;
  for (const auto& sent : world.sent()) {
    if (!sent.bytes.starts_with("NOTIFY ") || sent.from != 1) continue;
    ++chunks;
    EXPECT_LE(sent.bytes.size(), cluster::kChunkBytesMax + 1024);
  }
  EXPECT_GT(chunks, 3);
  EXPECT_EQ(world.strayed(), std::vector<std::string>());
}

TEST(DocumentsUsers, may_be_none) {
  DocumentsWorld world;
  const auto came = ask_for(world, 0);
  ASSERT_EQ(came.size(), 1U);
  EXPECT_TRUE(came[0].list.users.empty());
}

// The list says how many it has, whatever the server's number is by then.
TEST(DocumentsUsers, may_be_others_than_the_number_says) {
  DocumentsWorld world;
  world.make(2);
  world.set_load(1, {{5}, {}, 77});
  world.at(1).users = users(3);
  ask(world, 0, 1);
  world.run_for(Duration::seconds(1));
  ASSERT_EQ(world.at(0).users_came.size(), 1U);
  EXPECT_EQ(world.at(0).users_came[0].list.users.size(), 3U);
  EXPECT_EQ(world.strayed(), std::vector<std::string>());
}

TEST(DocumentsUsers, may_be_asked_for_again) {
  DocumentsWorld world;
  ask_for(world, 3);
  world.at(1).users = users(4);
  ask(world, 2, 1);
  world.run_for(Duration::seconds(1));
  ASSERT_EQ(world.at(2).users_came.size(), 2U);
  EXPECT_EQ(world.at(2).users_came[1].list.users.size(), 4U);
}

TEST(DocumentsUsers, do_not_come_over_a_link_that_is_cut) {
  DocumentsWorld world;
  world.make(3);
  world.at(1).users = users(10'000);
  ask(world, 2, 1);
  world.run_for(Duration::milliseconds(5));
  world.cut(1, 2);
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.at(2).users_failed, 1);
  EXPECT_EQ(world.at(2).users_came.size(), 0U);
  world.join(1, 2);
  ask(world, 2, 1);
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.at(2).users_came.size(), 1U);
}

TEST(DocumentsUsers, are_waited_for_no_longer_than_for_a_notify) {
  DocumentsWorld world;
  world.make(2);
  world.at(1).users = users(10'000);
  int notifies = 0;
  world.swallows = [&notifies](const DocumentsWorld::Sent& sent) {
    return sent.from == 1 && sent.bytes.starts_with("NOTIFY ") && ++notifies > 2;
  };
  ask(world, 0, 1);
  world.run_for(kNotifyTimeMax);
  EXPECT_EQ(world.at(0).users_failed, 0);
  world.run_for(Duration::milliseconds(10));  // since the last that came
  EXPECT_EQ(world.at(0).users_failed, 1);
}

// --- as the messages say it ----------------------------------------------------------------------

std::string subscribe() {
  return with(RawServer::subscribe("sip:s1.example.com"), "Event: muster-cluster",
              "Event: muster-cluster;content=users");
}

TEST(DocumentsUsers, end_with_the_last_chunk) {
  RawServer server;
  server.up();
  const std::string answer = server.say(subscribe());
  EXPECT_TRUE(answer.starts_with("SIP/2.0 200 OK\r\n")) << answer;
  EXPECT_EQ(answer.find("NOTIFY "), std::string::npos);
  EXPECT_EQ(server.users_wanted, 1);
  server.documents.give_users(server.now, users(2));
  const std::string full = server.take();
  EXPECT_EQ(row(full, "Event"), "muster-cluster;content=users");
  EXPECT_EQ(row(full, "Subscription-State"), "active;expires=600");
  EXPECT_NE(full.find("<p:pidf-full"), std::string::npos);
  EXPECT_NE(full.find("<c:current-users-number>2<"), std::string::npos);
  const std::string chunk = server.say(RawServer::answer(full));
  EXPECT_EQ(row(chunk, "Subscription-State"), "terminated;reason=invariant");
  EXPECT_NE(chunk.find("<c:info-users user-id='user100001@example.com'>"), std::string::npos);
  EXPECT_EQ(server.say(RawServer::answer(chunk)), "");
  EXPECT_TRUE(server.documents.has_left());
}

// RFC 5263 section 4.5: who has lost a chunk asks for the full document, and the list begins anew.
TEST(DocumentsUsers, begin_anew_for_who_asks_again) {
  RawServer server;
  server.up();
  const std::string answer = server.say(subscribe());
  server.documents.give_users(server.now, users(6'000));
  const std::string chunk = server.say(RawServer::answer(server.take()));
  EXPECT_NE(chunk.find("version='2'"), std::string::npos);
  const std::string again =
      with(with(subscribe(), "CSeq: 1", "CSeq: 2"), "To: <sip:s1.example.com>",
           "To: <sip:s1.example.com>;tag=" + test::tag_of(row(answer, "To")));
  EXPECT_TRUE(server.say(again).starts_with("SIP/2.0 200 OK\r\n"));
  const std::string full = server.say(RawServer::answer(chunk));
  EXPECT_NE(full.find("<p:pidf-full"), std::string::npos);
  EXPECT_NE(full.find("version='3'"), std::string::npos);
}

TEST(DocumentsUsers, go_to_nobody_who_refuses_them) {
  RawServer server;
  server.up();
  server.say(subscribe());
  server.documents.give_users(server.now, users(6'000));
  const std::string full = server.take();
  EXPECT_EQ(server.say(RawServer::answer(full, "413 Too Large")), "");
  EXPECT_TRUE(server.documents.has_left());
  EXPECT_EQ(server.documents.counters().of(DocumentFault::notify_refused), 1U);
}

TEST(DocumentsUsers, of_another_than_who_was_asked_are_refused) {
  RawServer server(RawServer::kPeer);
  server.up();
  server.documents.ask_users(server.now, RawServer::kPeer);
  const std::string asked = server.take();
  EXPECT_EQ(row(asked, "Event"), "muster-cluster;content=users");
  EXPECT_EQ(row(asked, "To"), "<sip:s2.example.com>");
  std::string body;
  cluster::write_full(test::example_document(), 1, body);
  server.watch(asked);
  EXPECT_TRUE(server.say(server.notify(body)).starts_with("SIP/2.0 403 Forbidden\r\n"));
}

}  // namespace load_control_documents_users_test
}  // namespace muster
