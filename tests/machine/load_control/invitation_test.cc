// One dialog of INVITE between two servers, from both ends.
#include "server/load_control/invitation.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "support/raw_server.h"

namespace muster {
namespace load_control_invitation_test {

using test::row;
using test::with;

constexpr std::string_view kMain = "sip:s1.example.com";
constexpr std::string_view kCandidate = "sip:s2.example.com:7100";
constexpr Instant kNow = Instant::at(Duration::seconds(100));

std::string body_of(std::string_view message) {
  const std::size_t head = message.find("\r\n\r\n");
  return head == std::string_view::npos ? std::string() : std::string(message.substr(head + 4));
}

// The main's end and the candidate's, and what was read last at each.
class InvitationTest : public ::testing::Test {
 protected:
  // The message, as the other end reads it.
  static LinkMessage read(LinkSip& sip, const std::string& bytes) {
    LinkMessage message;
    std::string answer;
    const LinkSip::Came came = sip.came(bytes, message, answer);
    EXPECT_FALSE(std::holds_alternative<LinkSip::Wrong>(came)) << bytes;
    EXPECT_EQ(answer, "");
    return message;
  }
  Invitation invited() { return Invitation::invite(kNow, main, kMain, kCandidate, invite); }
  std::optional<Invitation> accepted() {
    return Invitation::accept(candidate, kCandidate, read(candidate, invite), ok);
  }

  Prng prng{Prng::seed_of(3)};
  LinkSelf main_self{std::string(kMain), "s1.example.com", "TLS"};
  LinkSelf candidate_self{std::string(kCandidate), "s2.example.com:7100", "TLS"};
  LinkSip main{main_self, prng};
  LinkSip candidate{candidate_self, prng};
  std::string invite;
  std::string ok;
  std::string ack;
  std::string bye;
};

TEST_F(InvitationTest, HasAllThatADialogHas) {
  Invitation ours = invited();
  EXPECT_TRUE(invite.starts_with("INVITE sip:s2.example.com:7100 SIP/2.0\r\n")) << invite;
  EXPECT_EQ(row(invite, "To"), "<sip:s2.example.com:7100>");
  EXPECT_EQ(row(invite, "Contact"), "<sip:s1.example.com>");
  EXPECT_EQ(row(invite, "CSeq"), "1 INVITE");
  EXPECT_TRUE(ours.has(row(invite, "Call-ID")));
  EXPECT_FALSE(ours.has("another"));
  EXPECT_FALSE(ours.is_accepted());
  std::optional<Invitation> theirs = accepted();
  ASSERT_TRUE(theirs.has_value());
  EXPECT_TRUE(theirs->is_accepted());
  EXPECT_TRUE(ok.starts_with("SIP/2.0 200 ")) << ok;
  EXPECT_EQ(row(ok, "Contact"), "<sip:s2.example.com:7100>");
  const std::string tag = test::tag_of(row(ok, "To"));
  EXPECT_NE(tag, "");
  ours.accepted(read(main, ok));
  EXPECT_TRUE(ours.is_accepted());

  // ACK has the number of the INVITE (RFC 3261 section 13.2.2.4), and nobody waits for an answer.
  ours.confirm(kNow, main, ack);
  EXPECT_TRUE(ack.starts_with("ACK sip:s2.example.com:7100 SIP/2.0\r\n")) << ack;
  EXPECT_EQ(row(ack, "CSeq"), "1 ACK");
  EXPECT_EQ(test::tag_of(row(ack, "To")), tag);
  EXPECT_EQ(main.next_deadline(), std::nullopt);
  const LinkMessage acknowledged = read(candidate, ack);
  EXPECT_TRUE(theirs->has(acknowledged.essentials));
  EXPECT_TRUE(theirs->is_confirmed_by(acknowledged));

  // BYE is a request of its own, and the next in order.
  EXPECT_FALSE(ours.has_ended());
  ours.end(kNow, main, bye);
  EXPECT_TRUE(ours.has_ended());
  EXPECT_EQ(row(bye, "CSeq"), "2 BYE");
  EXPECT_EQ(main.next_deadline(), kNow + kAnswerTimeMax);
  const LinkMessage ended = read(candidate, bye);
  EXPECT_TRUE(theirs->has(ended.essentials));
  EXPECT_TRUE(theirs->takes(ended));
  EXPECT_FALSE(theirs->takes(ended)) << "not twice";
}

// RFC 4566 section 5: what an SDP must have, in its order; and RFC 3264 needs no media.
TEST_F(InvitationTest, ItsSdpHasNoMedia) {
  invited();
  EXPECT_EQ(row(invite, "Content-Type"), "application/sdp");
  EXPECT_EQ(body_of(invite), "v=0\r\no=- 0 0 IN IP4 s1.example.com\r\ns=-\r\nt=0 0\r\n");
  EXPECT_EQ(row(invite, "Content-Length"), std::to_string(body_of(invite).size()));
  accepted();
  EXPECT_EQ(row(ok, "Content-Type"), "application/sdp");
  EXPECT_EQ(body_of(ok), "v=0\r\no=- 0 0 IN IP4 s2.example.com\r\ns=-\r\nt=0 0\r\n");
}

TEST_F(InvitationTest, OfAServerWithAnIpv6AddressItSaysSo) {
  std::string out;
  Invitation::invite(kNow, main, "sip:[2001:db8::1]:7100", kCandidate, out);
  EXPECT_EQ(body_of(out), "v=0\r\no=- 0 0 IN IP6 2001:db8::1\r\ns=-\r\nt=0 0\r\n");
}

// What would make us keep more than kLinkDialogBytesMax.
TEST_F(InvitationTest, OneThatIsTooLongIsNotTakenIn) {
  invited();
  const std::string call_id = row(invite, "Call-ID");
  const std::size_t kept = std::string("<><>").size() + 2 * kMain.size() + kCandidate.size() +
                           test::tag_of(row(invite, "From")).size();
  const std::string good = invite;
  invite = with(good, call_id, std::string(kLinkDialogBytesMax - kept, 'c'));
  EXPECT_TRUE(accepted().has_value());
  EXPECT_TRUE(ok.starts_with("SIP/2.0 200 ")) << ok;
  ok.clear();
  invite = with(good, call_id, std::string(kLinkDialogBytesMax - kept + 1, 'c'));
  EXPECT_FALSE(accepted().has_value());
  EXPECT_TRUE(ok.starts_with("SIP/2.0 513 ")) << ok;
}

TEST_F(InvitationTest, AnAckOfAnotherNumberConfirmsNothing) {
  Invitation ours = invited();
  std::optional<Invitation> theirs = accepted();
  ours.accepted(read(main, ok));
  ours.confirm(kNow, main, ack);
  const std::string other = with(ack, "CSeq: 1 ACK", "CSeq: 2 ACK");
  EXPECT_FALSE(theirs->is_confirmed_by(read(candidate, other)));
}

TEST_F(InvitationTest, AnotherDialogIsNotThisOne) {
  Invitation ours = invited();
  std::optional<Invitation> theirs = accepted();
  ours.accepted(read(main, ok));
  ours.end(kNow, main, bye);
  for (const std::string& other : {with(bye, row(bye, "Call-ID"), "another"),
                                   with(bye, test::tag_of(row(bye, "To")), "another"),
                                   with(bye, test::tag_of(row(bye, "From")), "another")}) {
    EXPECT_FALSE(theirs->has(read(candidate, other).essentials)) << other;
  }
}

}  // namespace load_control_invitation_test
}  // namespace muster
