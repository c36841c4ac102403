// How Documents takes candidates in and lets servers go, and is taken in itself.
#include "server/load_control/documents.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "support/documents_world.h"
#include "support/raw_server.h"

namespace muster {
namespace load_control_documents_invitations_test {

using cluster::Incarnation;
using cluster::Role;
using sip::Status;
using test::DocumentsWorld;
using test::RawServer;
using test::row;
using test::sip_text;
using test::with;
using Statuses = std::vector<Status>;

int status_of(std::string_view messages) {
  EXPECT_TRUE(messages.starts_with("SIP/2.0 ")) << messages;
  return messages.size() < 11 ? 0 : std::stoi(std::string(messages.substr(8, 3)));
}

// --- two servers ---------------------------------------------------------------------------------

// A main, s01, that runs, and a candidate, s02. The world looks at each message.
class TwoServers : public ::testing::Test {
 protected:
  TwoServers() {
    world.add();
    world.add(Role::standby);
    world.join(0, 1);
    world.name_main(0);
    world.run_for(Duration::seconds(1));
  }
  void main(void (Documents::*what)(Instant, Incarnation)) {
    world.give(0, [&](Instant now, Documents& one) { (one.*what)(now, world.at(1).life); });
    world.run_for(Duration::milliseconds(10));
  }
  bool follows() { return world.documents(0).is_followed_by(world.at(1).life); }
  // What was sent, by method or status.
  std::vector<std::string> starts() {
    std::vector<std::string> all;
    for (const DocumentsWorld::Sent& sent : world.sent()) {
      const bool answer = sent.bytes.starts_with("SIP/2.0 ");
      all.push_back(answer ? sent.bytes.substr(8, 3) : sent.bytes.substr(0, sent.bytes.find(' ')));
    }
    return all;
  }

  DocumentsWorld world;
};

// invitation.h has the picture.
TEST_F(TwoServers, ACandidateIsTakenInAndLetGo) {
  EXPECT_TRUE(world.sent().empty()) << "a candidate and a main have nothing to say";
  main(&Documents::invite);
  ASSERT_EQ(world.at(0).invite_answers.size(), 1u);
  EXPECT_EQ(world.at(0).invite_answers[0].candidate, world.at(1).life);
  EXPECT_EQ(world.at(0).invite_answers[0].status, Status::ok);
  EXPECT_EQ(starts(), (std::vector<std::string>{"INVITE", "200"}));
  EXPECT_EQ(world.at(1).taken_in, 0) << "not before it is confirmed";

  // It follows before its directory says that it runs.
  main(&Documents::confirm);
  EXPECT_EQ(world.at(1).taken_in, 1);
  EXPECT_TRUE(follows());
  world.set_role(1, Role::running);
  world.set_load(1, {{3}, {{100}}, 3});
  world.run_for(Duration::seconds(1));
  EXPECT_TRUE(follows());
  EXPECT_TRUE(world.strayed().empty());

  // And waits again, when the store says so first.
  world.set_role(1, Role::standby);
  main(&Documents::dismiss);
  EXPECT_EQ(world.at(1).let_go, 1);
  world.run_for(Duration::seconds(1));
  EXPECT_FALSE(follows());
  const auto all = starts();
  EXPECT_EQ(std::count(all.begin(), all.end(), "ACK"), 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), "BYE"), 1);
  EXPECT_TRUE(world.at(0).refused.empty());
  EXPECT_TRUE(world.at(1).refused.empty());
  for (const DocumentsWorld::Sent& sent : world.sent()) {
    if (row(sent.bytes, "Content-Type") != "application/sdp") continue;
    EXPECT_EQ(sent.bytes.find("\r\nm="), std::string::npos) << sent.bytes;
  }

  // The next time is as the first was.
  main(&Documents::invite);
  ASSERT_EQ(world.at(0).invite_answers.size(), 2u);
  EXPECT_EQ(world.at(0).invite_answers[1].status, Status::ok);
}

// The store did not let it run.
TEST_F(TwoServers, WhoIsTakenInAndLetGoAtOnceFollowsNoLonger) {
  main(&Documents::invite);
  world.give(0, [&](Instant now, Documents& one) {
    one.confirm(now, world.at(1).life);
    one.dismiss(now, world.at(1).life);
  });
  world.run_for(Duration::seconds(1));
  EXPECT_EQ(world.at(1).taken_in, 1);
  EXPECT_EQ(world.at(1).let_go, 1);
  EXPECT_FALSE(follows());
}

TEST_F(TwoServers, WithItsLinkADialogIsGone) {
  main(&Documents::invite);
  main(&Documents::confirm);
  world.cut(0, 1);
  world.join(0, 1);
  world.run_for(Duration::seconds(1));
  const std::size_t said = world.sent().size();
  main(&Documents::dismiss);
  EXPECT_EQ(world.sent().size(), said) << "there is none that could be ended";
  main(&Documents::confirm);
  EXPECT_EQ(world.sent().size(), said);
}

// --- the main ------------------------------------------------------------------------------------

// s1 is main; its peer, s2, waits to be taken in.
class Inviting : public ::testing::Test {
 protected:
  Inviting() {
    server.directory.members[1].role = Role::standby;
    server.tell();
    EXPECT_EQ(server.up(), "");
  }
  std::string invite() {
    server.documents.invite(server.now, RawServer::kPeer);
    invite_ = server.take();
    return invite_;
  }
  // The peer's answer to the last INVITE, or another request like it.
  std::string answer(const std::string& status) const { return answer(status, invite_, ";tag=p"); }
  static std::string answer(const std::string& status, const std::string& request,
                            const std::string& tag) {
    return sip_text("SIP/2.0 " + status + "\nVia: " + row(request, "Via") +
                    "\nFrom: " + row(request, "From") + "\nTo: " + row(request, "To") + tag +
                    "\nCall-ID: " + row(request, "Call-ID") + "\nCSeq: " + row(request, "CSeq") +
                    "\nContact: <sip:s2.example.com>\nContent-Length: 0\n\n");
  }
  std::string confirm() {
    server.documents.confirm(server.now, RawServer::kPeer);
    return server.take();
  }
  std::string dismiss() {
    server.documents.dismiss(server.now, RawServer::kPeer);
    return server.take();
  }

  RawServer server;
  std::string invite_;
};

TEST_F(Inviting, Is200ThenAckThenBye) {
  EXPECT_TRUE(invite().starts_with("INVITE sip:s2.example.com SIP/2.0\r\n")) << invite_;
  EXPECT_EQ(server.say(answer("180 Ringing")), "");
  EXPECT_EQ(server.invite_answers, Statuses{}) << "it is not final";
  EXPECT_EQ(server.say(answer("200 OK")), "") << "the caller says when it is confirmed";
  EXPECT_EQ(server.invite_answers, Statuses{Status::ok});
  const std::string ack = confirm();
  EXPECT_TRUE(ack.starts_with("ACK sip:s2.example.com SIP/2.0\r\n")) << ack;
  EXPECT_EQ(row(ack, "To"), "<sip:s2.example.com>;tag=p");
  const std::string bye = dismiss();
  EXPECT_TRUE(bye.starts_with("BYE sip:s2.example.com SIP/2.0\r\n")) << bye;
  EXPECT_EQ(row(bye, "To"), "<sip:s2.example.com>;tag=p");
  EXPECT_EQ(dismiss(), "") << "once";
  EXPECT_EQ(server.say(answer("200 OK", bye, "")), "");
  EXPECT_EQ(server.invite_answers, Statuses{Status::ok});
  EXPECT_TRUE(server.refused.empty());
  EXPECT_TRUE(invite().starts_with("INVITE ")) << "it can be asked in again";
}

TEST_F(Inviting, WhatTheCandidateSaysIsPassedOn) {
  for (const auto& [text, status] :
       {std::pair("486 Busy Here", Status::busy_here),
        std::pair("480 Temporarily Unavailable", Status::temporarily_unavailable),
        std::pair("415 Unsupported Media Type", Status::unsupported_media_type)}) {
    invite();
    EXPECT_EQ(server.say(answer(text)), "");
    EXPECT_EQ(server.invite_answers, Statuses{status}) << text;
    EXPECT_EQ(confirm() + dismiss(), "") << "there is no dialog";
    server.invite_answers.clear();
  }
}

TEST_F(Inviting, WhereThereIsNoLinkTheAnswerIs480) {
  server.documents.peer_down(server.now, RawServer::kPeer);
  server.take();
  EXPECT_EQ(invite(), "");
  EXPECT_EQ(server.invite_answers, Statuses{Status::temporarily_unavailable});
  EXPECT_EQ(confirm() + dismiss(), "");
}

TEST_F(Inviting, SoItIsWhereTheDirectoryDoesNotHaveIt) {
  server.directory.members.pop_back();
  server.tell();
  EXPECT_EQ(invite(), "");
  EXPECT_EQ(server.invite_answers, Statuses{Status::temporarily_unavailable});
}

TEST_F(Inviting, SoItIsWhereOneIsUnderWay) {
  invite();
  EXPECT_EQ(invite(), "");
  EXPECT_EQ(server.invite_answers, Statuses{Status::temporarily_unavailable});
}

TEST_F(Inviting, WhereNothingIsAnsweredTheAnswerIs408) {
  invite();
  server.pass(kAnswerTimeMax - Duration::milliseconds(1));
  EXPECT_EQ(server.invite_answers, Statuses{});
  server.pass(Duration::milliseconds(1));
  EXPECT_EQ(server.invite_answers, Statuses{Status::request_timeout});
  EXPECT_TRUE(invite().starts_with("INVITE "));
}

TEST_F(Inviting, SoItIsWhereTheLinkIsLost) {
  invite();
  server.documents.peer_down(server.now, RawServer::kPeer);
  server.take();
  EXPECT_EQ(server.invite_answers, Statuses{Status::request_timeout});
}

TEST_F(Inviting, WhoAcceptedAndIsLostHasAnsweredOnce) {
  invite();
  server.say(answer("200 OK"));
  server.documents.peer_down(server.now, RawServer::kPeer);
  server.take();
  EXPECT_EQ(server.invite_answers, Statuses{Status::ok});
}

// RFC 3261 section 13.2.2.4: a 200 is confirmed, whatever became of the wish.
TEST_F(Inviting, WhoWasGivenUpAndComesAfterAllIsSentAway) {
  invite();
  EXPECT_EQ(dismiss(), "") << "there is no dialog yet";
  const std::string said = server.say(answer("200 OK"));
  EXPECT_TRUE(said.starts_with("ACK ")) << said;
  const std::size_t bye = said.find("BYE ");
  ASSERT_NE(bye, std::string::npos) << said;
  EXPECT_EQ(server.invite_answers, Statuses{}) << "nobody waits for it";
  EXPECT_EQ(server.say(answer("200 OK", said.substr(bye), "")), "");
  EXPECT_TRUE(invite().starts_with("INVITE "));
}

TEST_F(Inviting, OfWhoWasGivenUpNothingIsToldAnyMore) {
  invite();
  dismiss();
  EXPECT_EQ(server.say(answer("486 Busy Here")), "");
  EXPECT_EQ(server.invite_answers, Statuses{});
  invite();
  dismiss();
  server.pass(kAnswerTimeMax);
  EXPECT_EQ(server.invite_answers, Statuses{});
  invite();
  dismiss();
  server.documents.peer_down(server.now, RawServer::kPeer);
  server.take();
  EXPECT_EQ(server.invite_answers, Statuses{});
}

// It is over, whatever the other says of it.
TEST_F(Inviting, AByeThatIsRefusedOrNotAnsweredEndsItToo) {
  for (const bool answered : {true, false}) {
    invite();
    server.say(answer("200 OK"));
    confirm();
    const std::string bye = dismiss();
    if (answered) {
      server.say(answer("481 No Dialog", bye, ""));
    } else {
      server.pass(kAnswerTimeMax);
    }
    EXPECT_TRUE(invite().starts_with("INVITE ")) << answered;
    server.say(answer("486 Busy Here"));
  }
}

// --- the candidate -------------------------------------------------------------------------------

// s1 waits to be taken in; its peer, s2, is main.
class Invited : public ::testing::Test {
 protected:
  Invited() : server(RawServer::kPeer) {
    server.directory.members[0].role = Role::standby;
    server.tell();
    EXPECT_EQ(server.up(), "") << "it subscribes to nothing";
  }
  static std::string invite() { return request("INVITE", 1); }
  static std::string request(const std::string& method, int cseq, const std::string& tag = {}) {
    return sip_text(method +
                    " sip:s1.example.com SIP/2.0\n"
                    "Via: SIP/2.0/TLS s2.example.com;branch=z9hG4bKi" +
                    std::to_string(cseq) +
                    "\nMax-Forwards: 70\n"
                    "From: <sip:s2.example.com>;tag=main\n"
                    "To: <sip:s1.example.com>" +
                    (tag.empty() ? "" : ";tag=" + tag) +
                    "\nCall-ID: inv1\n"
                    "CSeq: " +
                    std::to_string(cseq) + " " + method +
                    "\nContact: <sip:s2.example.com>\n"
                    "Content-Length: 0\n\n");
  }
  // Twice the same: answered so each time, told once.
  void expect_refused(const std::string& message, int status, DocumentFault fault) {
    const auto told = server.refused.size();
    const auto before = server.documents.counters().of(fault);
    for (int i = 0; i < 2; ++i) {
      const std::string answer = server.say(message);
      if (status == 0) {
        EXPECT_EQ(answer, "") << message;
      } else {
        EXPECT_EQ(status_of(answer), status) << message;
      }
    }
    EXPECT_EQ(server.documents.counters().of(fault), before + 2) << message;
    ASSERT_EQ(server.refused.size(), told + 1) << message;
    EXPECT_EQ(server.refused.back().why, fault) << to_string(server.refused.back().why);
    EXPECT_EQ(server.taken_in, 0);
    EXPECT_EQ(server.let_go, 0);
  }
  // The tag of our end, once it said 200.
  std::string accepted() {
    const std::string answer = server.say(invite());
    EXPECT_EQ(status_of(answer), 200);
    return test::tag_of(row(answer, "To"));
  }

  RawServer server;
};

TEST_F(Invited, FollowsTheServiceFromAckToBye) {
  const std::string ok = server.say(invite());
  EXPECT_EQ(status_of(ok), 200);
  EXPECT_EQ(row(ok, "Contact"), "<sip:s1.example.com>");
  EXPECT_EQ(row(ok, "Content-Type"), "application/sdp");
  EXPECT_EQ(ok.find("\r\nm="), std::string::npos);
  const std::string tag = test::tag_of(row(ok, "To"));
  const std::string subscribe = server.say(request("ACK", 1, tag));
  EXPECT_TRUE(subscribe.starts_with("SUBSCRIBE sip:example.com SIP/2.0\r\n")) << subscribe;
  EXPECT_EQ(server.taken_in, 1);
  server.watch(subscribe);
  EXPECT_EQ(server.say(server.accepted()), "");
  const std::string said = server.say(request("BYE", 2, tag));
  EXPECT_EQ(status_of(said), 200);
  EXPECT_EQ(row(said, "CSeq"), "2 BYE");
  const std::size_t unsubscribe = said.find("SUBSCRIBE sip:");
  ASSERT_NE(unsubscribe, std::string::npos) << said;
  EXPECT_EQ(row(said.substr(unsubscribe), "Expires"), "0");
  EXPECT_EQ(server.let_go, 1);
  EXPECT_TRUE(server.refused.empty());
}

// What the directory says counts, once it says so.
TEST_F(Invited, WhoRunsByTheDirectoryFollowsAsLongAsThatSaysSo) {
  const std::string tag = accepted();
  const std::string subscribe = server.say(request("ACK", 1, tag));
  server.watch(subscribe);
  server.say(server.accepted());
  server.directory.members[0].role = Role::running;
  server.tell();
  EXPECT_EQ(server.take(), "") << "it follows already";
  server.directory.members[0].role = Role::standby;
  server.tell();
  const std::string unsubscribe = server.take();
  EXPECT_TRUE(unsubscribe.starts_with("SUBSCRIBE ")) << unsubscribe;
  EXPECT_EQ(row(unsubscribe, "Expires"), "0");
  EXPECT_EQ(server.taken_in, 1);
}

TEST_F(Invited, AnEmptyBodyAndSdpAreTaken) {
  const std::string sdp = "v=0\r\no=- 0 0 IN IP4 s2.example.com\r\ns=-\r\nt=0 0\r\n";
  for (const std::string type : {"application/sdp", "Application/SDP;charset=utf-8"}) {
    const std::string message =
        with(invite(), "Content-Length: 0\r\n\r\n",
             "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(sdp.size()) +
                 "\r\n\r\n" + sdp);
    EXPECT_EQ(status_of(server.say(message)), 200) << type;
  }
  EXPECT_TRUE(server.refused.empty());
}

TEST_F(Invited, WhoIsNotMainIsRefused) {
  server.directory.main = {};
  server.tell();
  server.take();
  expect_refused(invite(), 480, DocumentFault::not_main);
  EXPECT_EQ(row(server.say(invite()), "Retry-After"), std::to_string(kRetryAfterSeconds));
}

TEST_F(Invited, WhoDoesNotWaitRefuses) {
  for (const Role role : {Role::running, Role::draining}) {
    server.directory.members[0].role = role;
    server.tell();
    server.take();
    EXPECT_EQ(status_of(server.say(invite())), 486);
    EXPECT_EQ(server.refused.size(), 1u) << "told once";
    EXPECT_EQ(server.refused[0].why, DocumentFault::no_candidate);
  }
}

TEST_F(Invited, WhoIsLeavingRefuses) {
  server.documents.leave(server.now);
  server.take();
  expect_refused(invite(), 486, DocumentFault::no_candidate);
}

TEST_F(Invited, AnotherBodyIsRefused) {
  const std::string other = with(invite(), "Content-Length: 0\r\n\r\n",
                                 "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx");
  expect_refused(other, 415, DocumentFault::unwanted_type);
  EXPECT_EQ(row(server.say(other), "Accept"), "application/sdp");
}

TEST_F(Invited, WhatIsNoGoodInviteIsRefused) {
  expect_refused(with(invite(), "Contact: <sip:s2.example.com>\r\n", ""), 400,
                 DocumentFault::bad_request);
  expect_refused(with(invite(), "inv1", std::string(kLinkDialogBytesMax, 'c')), 513,
                 DocumentFault::too_large);
  expect_refused(with(invite(), "From: <sip:s2.", "From: <sip:s3."), 403, DocumentFault::stranger);
}

TEST_F(Invited, InADialogThatIsNotThereIs481) {
  expect_refused(request("INVITE", 1, "unknown"), 481, DocumentFault::no_subscription);
  const std::string bye = request("BYE", 1, "unknown");
  EXPECT_EQ(status_of(server.say(bye)), 481);
  const std::string tag = accepted();
  EXPECT_EQ(status_of(server.say(request("BYE", 2, "unknown"))), 481);
  EXPECT_EQ(status_of(server.say(with(request("BYE", 2, tag), "inv1", "inv2"))), 481);
  EXPECT_EQ(server.let_go, 0);
}

// It could change nothing (RFC 3261 section 14.2), and does not end it.
TEST_F(Invited, AnotherInviteInTheDialogIs488) {
  const std::string tag = accepted();
  expect_refused(request("INVITE", 2, tag), 488, DocumentFault::bad_request);
  EXPECT_TRUE(server.say(request("ACK", 1, tag)).starts_with("SUBSCRIBE "));
}

TEST_F(Invited, AByeOutOfOrderIs500) {
  const std::string tag = accepted();
  expect_refused(request("BYE", 1, tag), 500, DocumentFault::out_of_order);
  EXPECT_EQ(status_of(server.say(request("BYE", 2, tag))), 200);
  EXPECT_EQ(status_of(server.say(request("BYE", 2, tag))), 481) << "it is over";
}

TEST_F(Invited, AByeOfAnotherServerIsRefused) {
  const std::string tag = accepted();
  expect_refused(with(request("BYE", 2, tag), "From: <sip:s2.", "From: <sip:s3."), 403,
                 DocumentFault::stranger);
}

// It is never answered (RFC 3261 section 17).
TEST_F(Invited, AStrayAckIsCounted) {
  expect_refused(request("ACK", 1, "unknown"), 0, DocumentFault::stray_answer);
  const std::string tag = accepted();
  const auto before = server.documents.counters().of(DocumentFault::stray_answer);
  EXPECT_EQ(server.say(request("ACK", 2, tag)), "") << "of another number";
  EXPECT_EQ(server.say(with(request("ACK", 1, tag), "tag=main", "tag=other")), "");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::stray_answer), before + 2);
  EXPECT_EQ(server.taken_in, 0);
}

// Its main died, and the next one asks.
TEST_F(Invited, ANewInviteReplacesTheOldDialog) {
  const std::string tag = accepted();
  const std::string again = server.say(with(invite(), "inv1", "inv2"));
  EXPECT_EQ(status_of(again), 200);
  EXPECT_EQ(status_of(server.say(request("BYE", 2, tag))), 481);
}

}  // namespace load_control_documents_invitations_test
}  // namespace muster
