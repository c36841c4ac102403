// What a server answers to a peer that says something wrong about the cluster document, by RFC 3261
// section 21 and RFC 6665; that it is told once, counted always, and changes nothing.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/raw_server.h"

namespace muster {
namespace load_control_documents_refusals_test {

using test::RawServer;
using test::row;
using test::sip_text;
using test::with;

constexpr std::string_view kOwn =
    "<p:pidf-full xmlns='urn:ietf:params:xml:ns:pidf' xmlns:c='urn:muster:presence-cluster:1'"
    " entity='sip:s2.example.com' xmlns:p='urn:ietf:params:xml:ns:pidf-diff' version='1'>"
    "<c:doc-version>1</c:doc-version><c:epoch>0</c:epoch><c:svr-loadlevel-list>"
    "<c:svr-load svr-id='sip:s2.example.com'><c:current-loadlevel>40</c:current-loadlevel>"
    "</c:svr-load></c:svr-loadlevel-list><c:candidate-svr-list/>"
    "<c:active-svr-number>1</c:active-svr-number>"
    "<c:current-users-list server-id='sip:s2.example.com'>"
    "<c:current-users-number>4</c:current-users-number></c:current-users-list>"
    "<c:total-users-number>4</c:total-users-number></p:pidf-full>";

// What the main says: two servers.
constexpr std::string_view kService =
    "<p:pidf-full xmlns='urn:ietf:params:xml:ns:pidf' xmlns:c='urn:muster:presence-cluster:1'"
    " entity='sip:example.com' xmlns:p='urn:ietf:params:xml:ns:pidf-diff' version='1'>"
    "<c:doc-version>9</c:doc-version><c:epoch>3</c:epoch><c:svr-loadlevel-list>"
    "<c:svr-load svr-id='sip:s1.example.com'><c:current-loadlevel>10</c:current-loadlevel>"
    "</c:svr-load>"
    "<c:svr-load svr-id='sip:s2.example.com'><c:current-loadlevel>40</c:current-loadlevel>"
    "</c:svr-load></c:svr-loadlevel-list><c:candidate-svr-list/>"
    "<c:active-svr-number>2</c:active-svr-number>"
    "<c:total-users-number>4</c:total-users-number></p:pidf-full>";

std::string diff(std::string_view entity, int version, std::string_view operations) {
  return "<p:pidf-diff xmlns='urn:ietf:params:xml:ns:pidf'"
         " xmlns:c='urn:muster:presence-cluster:1'"
         " xmlns:p='urn:ietf:params:xml:ns:pidf-diff' entity='" +
         std::string(entity) + "' version='" + std::to_string(version) + "'>" +
         std::string(operations) + "</p:pidf-diff>";
}

int status_of(std::string_view messages) {
  EXPECT_TRUE(messages.starts_with("SIP/2.0 ")) << messages;
  return messages.size() < 11 ? 0 : std::stoi(std::string(messages.substr(8, 3)));
}

// Twice the same, in a server of its own: answered so each time, told once.
void expect_refused(RawServer& server, const std::string& message, int status,
                    DocumentFault fault) {
  const cluster::Document before = server.documents.picture();
  const auto told = server.refused.size();
  EXPECT_EQ(status_of(server.say(message)), status) << message;
  EXPECT_EQ(status_of(server.say(message)), status) << message;
  EXPECT_EQ(server.documents.counters().of(fault), 2U) << message;
  ASSERT_EQ(server.refused.size(), told + 1) << message;
  EXPECT_EQ(server.refused.back().why, fault) << to_string(server.refused.back().why);
  EXPECT_EQ(server.refused.back().from, RawServer::kPeer);
  EXPECT_EQ(server.documents.picture(), before);
}

// --- SUBSCRIBE -----------------------------------------------------------------------------------

struct Refusal {
  std::string message;
  int status;
  DocumentFault fault;
};

std::vector<Refusal> refused_subscribes() {
  const std::string good = RawServer::subscribe();
  const std::string users = with(RawServer::subscribe("sip:s1.example.com"), "muster-cluster",
                                 "muster-cluster;content=users");
  return {
      {with(good, "Event: muster-cluster", "Event: presence"), 489, DocumentFault::bad_event},
      {with(good, "Event: muster-cluster\r\n", ""), 489, DocumentFault::bad_event},
      {with(good, "pidf-diff+xml", "pidf+xml"), 406, DocumentFault::unwanted_type},
      {with(good, "Expires: 600", "Expires: 59"), 423, DocumentFault::brief_interval},
      {with(good, "Contact: <sip:s2.example.com>\r\n", ""), 400, DocumentFault::bad_request},
      {with(good, "From: <sip:s2.", "From: <sip:s3."), 403, DocumentFault::stranger},
      {with(good, "Max-Forwards: 70", "Max-Forwards: x"), 400, DocumentFault::bad_request},
      {with(good, "Call-ID: call1\r\n", ""), 400, DocumentFault::bad_request},
      {with(good, "SIP/2.0\r\n", "SIP/3.0\r\n"), 505, DocumentFault::bad_request},
      {good + "more", 400, DocumentFault::bad_request},
      {with(good, "Content-Length: 0", "Content-Length: 5"), 400, DocumentFault::bad_request},
      {with(good, "Event:", "Require: 100rel\r\nEvent:"), 420, DocumentFault::bad_extension},
      {with(good, "sip:example.com SIP", "sip:example.org SIP"), 404,
       DocumentFault::unknown_resource},
      {with(good, "Event: muster-cluster", "Event: muster-cluster;content=users"), 404,
       DocumentFault::unknown_resource},
      {with(good, "To: <sip:example.com>", "To: <sip:example.com>;tag=x"), 481,
       DocumentFault::no_subscription},
      {with(users, "call1", std::string(kLinkDialogBytesMax, 'c')), 513, DocumentFault::too_large},
      {with(users, "content=users", "content=users;x=" + std::string(kEventBytesMax, 'x')), 513,
       DocumentFault::too_large},
      {with(with(good, "SUBSCRIBE sip", "MESSAGE sip"), "1 SUBSCRIBE", "1 MESSAGE"), 405,
       DocumentFault::bad_method},
      {with(with(good, "SUBSCRIBE sip", "MUSTER sip"), "1 SUBSCRIBE", "1 MUSTER"), 501,
       DocumentFault::bad_method},
      {with(good, "Content-Length: 0\r\n\r\n",
            "Content-Length: " + std::to_string(kLinkBodyBytesMax + 1) + "\r\n\r\n" +
                std::string(kLinkBodyBytesMax + 1, 'x')),
       413, DocumentFault::too_large},
  };
}

TEST(DocumentsRefusals, of_a_subscribe) {
  for (const Refusal& refusal : refused_subscribes()) {
    RawServer server;
    server.up();
    expect_refused(server, refusal.message, refusal.status, refusal.fault);
    EXPECT_FALSE(server.documents.is_followed_by(RawServer::kPeer)) << refusal.message;
  }
}

// Nobody reads a SUBSCRIBE's body, but it may be there.
TEST(DocumentsRefusals, of_nothing_at_the_limits) {
  const std::string good = RawServer::subscribe("sip:s1.example.com");
  const std::string body(kLinkBodyBytesMax, 'x');
  const std::size_t kept = std::string(
                               "<sip:s1.example.com><sip:s2.example.com>two"
                               "sip:s2.example.com")
                               .size();
  for (const std::string& message :
       {with(good, "Content-Length: 0\r\n\r\n",
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body),
        with(good, "call1", std::string(kLinkDialogBytesMax - kept, 'c')),
        with(good, "Event: muster-cluster",
             "Event: muster-cluster;x=" +
                 std::string(kEventBytesMax - std::string("muster-cluster;x=").size(), 'x')),
        with(good, "Expires: 600", "Expires: " + std::to_string(60))}) {
    RawServer server;
    server.up();
    EXPECT_EQ(status_of(server.say(message)), 200) << message;
    EXPECT_EQ(server.refused.size(), 0U);
  }
}

TEST(DocumentsRefusals, say_what_would_be_taken) {
  RawServer server;
  server.up();
  const std::string good = RawServer::subscribe();
  EXPECT_EQ(row(server.say(with(good, "Event: muster-cluster", "Event: presence")), "Allow-Events"),
            "muster-cluster");
  EXPECT_EQ(row(server.say(with(good, "pidf-diff+xml", "pidf+xml")), "Accept"),
            "application/pidf-diff+xml");
  EXPECT_EQ(row(server.say(with(good, "Expires: 600", "Expires: 1")), "Min-Expires"), "60");
  EXPECT_EQ(row(server.say(with(good, "Event:", "Require: 100rel\r\nEvent:")), "Unsupported"),
            "100rel");
  EXPECT_EQ(
      row(server.say(with(with(good, "SUBSCRIBE sip", "MESSAGE sip"), "1 SUBSCRIBE", "1 MESSAGE")),
          "Allow"),
      "INVITE, ACK, BYE, SUBSCRIBE, NOTIFY");
}

TEST(DocumentsRefusals, of_the_service_s_document_by_who_is_not_main) {
  RawServer server(RawServer::kPeer);
  server.up();
  const std::string answer = server.say(RawServer::subscribe());
  EXPECT_EQ(status_of(answer), 302);
  EXPECT_EQ(row(answer, "Contact"), "<sip:s2.example.com>");
  server.directory.main = {};
  server.tell();
  server.take();
  const std::string nobody = server.say(RawServer::subscribe());
  EXPECT_EQ(status_of(nobody), 480);
  EXPECT_EQ(row(nobody, "Retry-After"), "1");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::not_main), 2U);
  // Its own document is everybody's.
  EXPECT_EQ(status_of(server.say(RawServer::subscribe("sip:s1.example.com"))), 200);
}

TEST(DocumentsRefusals, of_a_server_that_the_directory_does_not_have_yet) {
  RawServer server;
  server.directory.members.pop_back();
  server.tell();
  EXPECT_EQ(server.up(), "");
  const std::string answer = server.say(RawServer::subscribe());
  EXPECT_EQ(status_of(answer), 480);
  EXPECT_EQ(row(answer, "Retry-After"), "1");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::unknown_server), 1U);
  // Nobody knows who that is: it has nobody's users.
  server.documents.ask_users(server.now, RawServer::kPeer);
  EXPECT_EQ(server.take(), "");
  EXPECT_EQ(server.users_failed, 1);
}

TEST(DocumentsRefusals, of_a_refresh_out_of_order) {
  RawServer server;
  server.up();
  const std::string first = server.say(RawServer::subscribe());
  ASSERT_EQ(status_of(first), 200);
  const std::string again = with(RawServer::subscribe(), "To: <sip:example.com>",
                                 "To: <sip:example.com>;tag=" + test::tag_of(row(first, "To")));
  EXPECT_EQ(status_of(server.say(again)), 500);
  EXPECT_EQ(server.documents.counters().of(DocumentFault::out_of_order), 1U);
  EXPECT_EQ(status_of(server.say(with(again, "CSeq: 1", "CSeq: 2"))), 200);
}

TEST(DocumentsRefusals, what_is_no_message_is_passed_over) {
  RawServer server;
  server.up();
  for (const std::string& bytes :
       {std::string(), std::string("\r\n\r\n"), std::string("GET / HTTP/1.1\r\n\r\n"),
        std::string("NOTIFY sip:s1.example.com SIP/2.0\nVia: x\n\n"), std::string(100, '\0')}) {
    EXPECT_EQ(server.say(bytes), "");
  }
  EXPECT_EQ(server.documents.counters().of(DocumentFault::no_message), 5U);
  EXPECT_EQ(server.refused.size(), 1U);
}

TEST(DocumentsRefusals, an_answer_to_nothing_is_passed_over) {
  RawServer server;
  server.up();
  EXPECT_EQ(server.say(with(server.accepted(), "CSeq: 1", "CSeq: 2")), "");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::stray_answer), 1U);
  EXPECT_EQ(server.say(server.accepted()), "");
  EXPECT_EQ(server.say(server.accepted()), "");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::stray_answer), 2U);
}

// --- NOTIFY --------------------------------------------------------------------------------------

TEST(DocumentsRefusals, what_is_right_is_taken) {
  RawServer server;
  server.up();
  server.say(server.accepted());
  EXPECT_EQ(status_of(server.say(server.notify(kOwn))), 200);
  ASSERT_EQ(server.documents.picture().loads.size(), 2U);
  EXPECT_EQ(server.documents.picture().loads[1].current, cluster::LoadLevel{40});
  EXPECT_EQ(server.refused.size(), 0U);
}

TEST(DocumentsRefusals, of_a_notify) {
  struct Case {
    std::string_view what, by;
    int status;
    DocumentFault fault;
  };
  const Case cases[] = {
      {"tag=peer", "tag=else", 481, DocumentFault::no_subscription},
      {"Call-ID: ", "Call-ID: x", 481, DocumentFault::no_subscription},
      {"Event: muster-cluster", "Event: presence", 489, DocumentFault::bad_event},
      {"Event: muster-cluster", "Event: muster-cluster;id=1", 489, DocumentFault::bad_event},
      {"Event: muster-cluster\r\n", "", 489, DocumentFault::bad_event},
      {"Subscription-State: active;expires=600\r\n", "", 400, DocumentFault::bad_request},
      {"pidf-diff+xml", "pidf+xml", 415, DocumentFault::unwanted_type},
      {"Content-Type: ", "Content-Encoding: gzip\r\nContent-Type: ", 415,
       DocumentFault::unwanted_type},
      {"</c:svr-load>", "", 400, DocumentFault::bad_document},
      {"<c:active-svr-number>1", "<c:active-svr-number>2", 400, DocumentFault::bad_document},
      {"<c:current-users-number>4", "<c:current-users-number>5", 400, DocumentFault::bad_document},
      {"entity='sip:s2", "entity='sip:s3", 403, DocumentFault::foreign_document},
  };
  for (const Case& one : cases) {
    RawServer server;
    server.up();
    server.say(server.accepted());
    server.say(server.notify(kOwn));
    const cluster::Document before = server.documents.picture();
    const std::string later = with(std::string(kOwn), "version='1'", "version='2'");
    for (int time = 1; time <= 2; ++time) {
      // Its length counts what is changed in the body.
      std::string bad = with(later, "40<", "41<");
      const bool in_body = later.find(one.what) != std::string::npos;
      if (in_body) bad = with(bad, one.what, one.by);
      std::string message = server.notify(bad);
      if (!in_body) message = with(message, one.what, one.by);
      EXPECT_EQ(status_of(server.say(message)), one.status) << message;
    }
    EXPECT_EQ(server.documents.counters().of(one.fault), 2U) << one.by;
    ASSERT_EQ(server.refused.size(), 1U) << one.by;
    EXPECT_EQ(server.refused[0].why, one.fault) << one.by;
    EXPECT_EQ(server.documents.picture(), before) << one.by;
    // The next good one is taken, whatever came before it.
    EXPECT_EQ(status_of(server.say(server.notify(with(later, "40<", "42<")))), 200) << one.by;
    EXPECT_EQ(server.documents.picture().loads[1].current, cluster::LoadLevel{42}) << one.by;
  }
}

TEST(DocumentsRefusals, a_server_says_only_what_is_its_own_to_say) {
  const std::string two =
      with(std::string(kService), "entity='sip:example.com'", "entity='sip:s2.example.com'");
  const std::string candidates = with(std::string(kOwn), "<c:candidate-svr-list/>",
                                      "<c:candidate-svr-list><c:svr-uri>sip:evil.example.com"
                                      "</c:svr-uri></c:candidate-svr-list>");
  for (const std::string& body : {two, candidates}) {
    RawServer server;
    server.up();
    server.say(server.accepted());
    const cluster::Document before = server.documents.picture();
    EXPECT_EQ(status_of(server.say(server.notify(body))), 403) << body;
    EXPECT_EQ(server.documents.counters().of(DocumentFault::foreign_document), 1U);
    EXPECT_EQ(server.documents.picture(), before);
  }
}

TEST(DocumentsRefusals, nor_may_it_change_what_is_not) {
  RawServer server;
  server.up();
  server.say(server.accepted());
  server.say(server.notify(kOwn));
  const cluster::Document before = server.documents.picture();
  const std::string change = diff(
      "sip:s2.example.com", 2,
      "<p:add sel=\"/*/c:candidate-svr-list\"><c:svr-uri>sip:evil.example.com</c:svr-uri></p:add>");
  EXPECT_EQ(status_of(server.say(server.notify(change))), 403);
  EXPECT_EQ(server.documents.picture(), before);
  // The full document again, and it is believed again.
  const std::string later =
      with(with(std::string(kOwn), "version='1'", "version='2'"), "40<", "1<");
  EXPECT_EQ(status_of(server.say(server.notify(later))), 200);
  EXPECT_EQ(server.documents.picture().loads[1].current, cluster::LoadLevel{1});
}

TEST(DocumentsRefusals, of_a_document_beyond_the_limits) {
  cluster::Limits limits;
  limits.bytes_max = 2000;
  limits.candidates_max = 1;
  RawServer server(RawServer::kPeer, limits);
  server.up();
  server.say(server.accepted());
  const std::string large = std::string(kService) + std::string(2000, ' ');
  EXPECT_EQ(status_of(server.say(server.notify(large))), 413);
  const std::string many =
      with(std::string(kService), "<c:candidate-svr-list/>",
           "<c:candidate-svr-list><c:svr-uri>sip:a</c:svr-uri><c:svr-uri>sip:b</c:svr-uri>"
           "</c:candidate-svr-list>");
  EXPECT_EQ(status_of(server.say(server.notify(many))), 413);
  EXPECT_EQ(server.documents.counters().of(DocumentFault::bad_document), 2U);
  ASSERT_EQ(server.refused.size(), 1U);
  EXPECT_EQ(server.refused[0].detail, "too_big");
  EXPECT_EQ(server.documents.picture().loads.size(), 0U);
}

TEST(DocumentsRefusals, of_an_older_epoch) {
  RawServer server(RawServer::kPeer);
  server.up();
  server.say(server.accepted());
  const std::string old = with(std::string(kService), "<c:epoch>3", "<c:epoch>2");
  EXPECT_EQ(status_of(server.say(server.notify(old))), 403);
  EXPECT_EQ(server.documents.counters().of(DocumentFault::old_epoch), 1U);
  EXPECT_EQ(server.documents.picture().loads.size(), 0U);
  EXPECT_EQ(status_of(server.say(server.notify(kService))), 200);
  EXPECT_EQ(server.documents.picture().loads.size(), 2U);
  // It does not go back by a change either, nor stay behind when the directory is ahead.
  const std::string back =
      diff("sip:example.com", 2, "<p:replace sel=\"/*/c:epoch/text()\">2</p:replace>");
  EXPECT_EQ(status_of(server.say(server.notify(back))), 403);
  server.directory.epoch = cluster::Epoch(5);
  server.tell();
  const std::string level =
      "<p:replace sel=\"/*/c:svr-loadlevel-list/c:svr-load"
      "[@svr-id='sip:s2.example.com']/c:current-loadlevel/text()\">1"
      "</p:replace>";
  EXPECT_EQ(status_of(server.say(server.notify(diff("sip:example.com", 2, level)))), 403);
  EXPECT_EQ(server.documents.picture().loads[1].current, cluster::LoadLevel{40});
  const std::string ahead = "<p:replace sel=\"/*/c:epoch/text()\">5</p:replace>" + level;
  EXPECT_EQ(status_of(server.say(server.notify(diff("sip:example.com", 2, ahead)))), 200);
  EXPECT_EQ(server.documents.picture().loads[1].current, cluster::LoadLevel{1});
  EXPECT_EQ(server.documents.counters().of(DocumentFault::old_epoch), 3U);
}

// RFC 5263 section 4.5: no error, but a SUBSCRIBE for the full document.
TEST(DocumentsRefusals, of_none_where_a_version_is_missing) {
  RawServer server(RawServer::kPeer);
  server.up();
  server.say(server.accepted());
  server.say(server.notify(kService));
  const std::string gap = server.say(server.notify(diff("sip:example.com", 3, "")));
  EXPECT_EQ(status_of(gap), 200);
  EXPECT_NE(gap.find("SUBSCRIBE sip:s2.example.com SIP/2.0\r\n"), std::string::npos) << gap;
  EXPECT_NE(gap.find("CSeq: 2 SUBSCRIBE\r\n"), std::string::npos) << gap;
  EXPECT_EQ(server.documents.counters().of(DocumentFault::lost_thread), 1U);
  // Not again before that is answered, and not twice in a short time.
  EXPECT_EQ(server.say(server.notify(diff("sip:example.com", 4, ""))).find("SUBSCRIBE sip:"),
            std::string::npos);
  server.say(with(server.accepted(), "CSeq: 1", "CSeq: 2"));
  EXPECT_EQ(server.take(), "");
  const std::string full = with(std::string(kService), "version='1'", "version='5'");
  EXPECT_EQ(status_of(server.say(server.notify(full))), 200);
  EXPECT_EQ(status_of(server.say(server.notify(diff("sip:example.com", 6, "")))), 200);
  EXPECT_EQ(server.documents.counters().notifies_taken, 3U);
}

TEST(DocumentsRefusals, a_version_again_is_passed_over) {
  RawServer server(RawServer::kPeer);
  server.up();
  server.say(server.accepted());
  server.say(server.notify(kService));
  EXPECT_EQ(status_of(server.say(server.notify(with(std::string(kService), "40<", "1<")))), 200);
  EXPECT_EQ(server.documents.picture().loads[1].current, cluster::LoadLevel{40});
}

// A peer that ends each subscription at once is asked twice a second, not in a circle.
TEST(DocumentsRefusals, who_ends_every_subscription_is_not_asked_in_a_circle) {
  RawServer server;
  server.up();
  server.say(server.accepted());
  const std::string over =
      server.say(with(server.notify({}), "active;expires=600", "terminated;reason=deactivated"));
  EXPECT_EQ(over.find("SUBSCRIBE sip:"), std::string::npos);
  EXPECT_EQ(server.pass(kTryAgainAfter - Duration::milliseconds(1)), "");
  const std::string again = server.pass(Duration::milliseconds(1));
  EXPECT_TRUE(again.starts_with("SUBSCRIBE sip:s2.example.com SIP/2.0\r\n")) << again;
  EXPECT_EQ(again.find(";tag=", again.find("\r\nTo: ")), std::string::npos);
}

// Each new subscription is the peer's only one; what it does not answer is awaited all the same.
TEST(DocumentsRefusals, of_one_subscription_after_another_to_who_answers_nothing) {
  RawServer server;
  server.up();
  const std::string good = RawServer::subscribe("sip:s1.example.com");
  // One is awaited for its own SUBSCRIBE.
  for (std::size_t i = 1; i < kLinkRequestsMax; ++i) {
    const std::string call = "call" + std::to_string(i);
    ASSERT_EQ(status_of(server.say(with(good, "call1", call))), 200) << i;
  }
  const std::string refused = server.say(with(good, "call1", "another"));
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_EQ(row(refused, "Retry-After"), "1");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::too_many_unanswered), 1U);
  server.pass(kAnswerTimeMax);
  EXPECT_EQ(status_of(server.say(with(good, "call1", "another"))), 200);
}

// A server that the directory says is gone has nothing more to say.
TEST(DocumentsRefusals, of_a_server_that_is_gone) {
  RawServer server;
  server.up();
  server.say(server.accepted());
  server.say(server.notify(kOwn));
  server.directory.members[1].role = cluster::Role::gone;
  server.tell();
  server.take();
  EXPECT_EQ(server.documents.picture().loads.size(), 1U);
  EXPECT_EQ(status_of(server.say(RawServer::subscribe())), 480);
  EXPECT_EQ(server.documents.picture().loads.size(), 1U);
}

// --- what is refused to us -----------------------------------------------------------------------

TEST(DocumentsRefusals, by_a_peer_are_counted_and_the_full_document_is_sent_again) {
  RawServer server;
  server.up();
  const std::string first = server.say(RawServer::subscribe());
  EXPECT_EQ(server.say(RawServer::answer(first, "400 Bad Request")), "");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::notify_refused), 1U);
  const std::string again = server.pass(kTryAgainAfter);
  EXPECT_NE(again.find("<p:pidf-full"), std::string::npos);
  EXPECT_NE(again.find("version='1'"), std::string::npos);
  server.say(RawServer::answer(again));
  // Whoever knows no such subscription has none (RFC 6665 section 4.2.2).
  server.documents.own(server.now, {{5}, {}, 5});
  EXPECT_EQ(server.say(RawServer::answer(server.take(), "481 No")), "");
  EXPECT_FALSE(server.documents.is_followed_by(RawServer::kPeer));
}

TEST(DocumentsRefusals, of_our_subscribe_are_counted_and_it_is_tried_again) {
  RawServer server;
  server.up();
  EXPECT_EQ(server.say(with(server.accepted(), "200 OK", "480 Not Yet")), "");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::subscribe_refused), 1U);
  EXPECT_EQ(server.refused[0].detail, "480");
  EXPECT_TRUE(server.pass(kTryAgainAfter).starts_with("SUBSCRIBE sip:s2.example.com"));
}

// Up to a limit: who was main may not silence a subscriber for good.
TEST(DocumentsRefusals, a_retry_after_is_obeyed) {
  const auto expect_asked_after = [](const std::string& retry_after, Duration time) {
    RawServer server;
    server.up();
    server.say(with(with(server.accepted(), "200 OK", "480 Not Yet"), "Expires: 600",
                    "Retry-After: " + retry_after));
    EXPECT_EQ(server.pass(time - Duration::milliseconds(1)), "");
    EXPECT_TRUE(server.pass(Duration::milliseconds(1)).starts_with("SUBSCRIBE "));
  };
  expect_asked_after("3", Duration::seconds(3));
  expect_asked_after("60", kRetryAfterMax);
  expect_asked_after("86400", kRetryAfterMax);
}

TEST(DocumentsRefusals, a_subscription_without_a_notify_is_begun_anew) {
  RawServer server;
  server.up();
  server.say(server.accepted());
  EXPECT_EQ(server.pass(kNotifyTimeMax - Duration::milliseconds(1)), "");
  const std::string again = server.pass(Duration::milliseconds(1));
  EXPECT_TRUE(again.starts_with("SUBSCRIBE sip:s2.example.com SIP/2.0\r\n")) << again;
  EXPECT_EQ(again.find("CSeq: 1 SUBSCRIBE"), again.find("CSeq: "));
}

// A document that no reader takes: nobody is told of it, and it is told to the operator once.
TEST(DocumentsRefusals, a_document_too_large_is_not_sent) {
  cluster::Limits limits;
  limits.bytes_max = 300;
  RawServer server(RawServer::kSelf, limits);
  server.up();
  const std::string answer = server.say(RawServer::subscribe());
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer.find("NOTIFY "), std::string::npos);
  EXPECT_EQ(server.pass(Duration::seconds(2)), "");
  EXPECT_EQ(server.documents.counters().of(DocumentFault::document_too_large), 5U);
  ASSERT_EQ(server.refused.size(), 1U);
  EXPECT_EQ(server.refused[0].why, DocumentFault::document_too_large);
}

TEST(DocumentsRefusals, more_servers_than_a_document_holds_are_left_out) {
  cluster::Limits limits;
  limits.servers_max = 1;
  RawServer server(RawServer::kSelf, limits);
  server.up();
  server.say(server.accepted());
  EXPECT_EQ(status_of(server.say(server.notify(kOwn))), 200);
  EXPECT_EQ(server.documents.picture().loads.size(), 1U);
  EXPECT_EQ(server.documents.counters().of(DocumentFault::too_many_servers), 1U);
}

// Two numbers that are each within an element's range and together are not.
TEST(DocumentsRefusals, users_beyond_what_a_total_holds_are_left_out) {
  RawServer server;
  server.documents.own(server.now, {{1}, {}, 5});
  server.up();
  server.say(server.accepted());
  std::string body(kOwn);
  body = with(body, "<c:current-users-number>4<", "<c:current-users-number>4294967295<");
  body = with(body, "<c:total-users-number>4<", "<c:total-users-number>4294967295<");
  EXPECT_EQ(status_of(server.say(server.notify(body))), 200);
  EXPECT_EQ(server.documents.picture().loads.size(), 1U);
  EXPECT_EQ(server.documents.picture().total_users_number, 5U);
}

}  // namespace load_control_documents_refusals_test
}  // namespace muster
