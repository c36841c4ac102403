// A server with one peer whose every message is written by the test, as text: what SIP and the
// documents say, not what our writer makes of it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/prng.h"
#include "codec/sip/message.h"
#include "server/load_control/documents.h"
#include "server/load_control/subscription_rows.h"

namespace muster::test {

// Text with line feeds as SIP has it; the body, behind the first empty line, stays as it is.
inline std::string sip_text(std::string_view text) {
  std::string out;
  const std::size_t head = text.find("\n\n");
  for (const char c : text.substr(0, head))
    out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  out += "\r\n\r\n";
  return head == std::string_view::npos ? out : out + std::string(text.substr(head + 2));
}

// The first occurrence of `what`, which there is, replaced.
inline std::string with(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " is not in:\n" << text;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

// The value of a row of a message; of several messages, of the first that has it.
inline std::string row(std::string_view messages, std::string_view name) {
  const std::string begin = "\r\n" + std::string(name) + ": ";
  const std::size_t at = messages.find(begin);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + begin.size();
  return std::string(messages.substr(from, messages.find("\r\n", from) - from));
}
inline std::string tag_of(std::string_view value) {
  const std::size_t at = value.find(";tag=");
  return at == std::string_view::npos ? std::string() : std::string(value.substr(at + 5));
}

// sip:s1.example.com; its peer is sip:s2.example.com. Who is main is the test's to say.
class RawServer {
 public:
  static constexpr cluster::Incarnation kSelf{1};
  static constexpr cluster::Incarnation kPeer{2};

  explicit RawServer(cluster::Incarnation main = kSelf, cluster::Limits limits = {})
      : documents({"sip:example.com",
                   "TLS",
                   {{"sip:s1.example.com", cluster::ServerEndpoint::Kind::xmpp, true,
                     "xmpp:s1.example.com:5222"}},
                   limits},
                  "sip:s1.example.com", kSelf, prng_) {
    directory.members = {{{"sip:s1.example.com", {}, {}, {}}, kSelf, cluster::Role::running, {}},
                         {{"sip:s2.example.com", {}, {}, {}}, kPeer, cluster::Role::running, {}}};
    directory.main = main;
    directory.epoch = cluster::Epoch(3);
    tell();
  }

  void tell() { documents.directory(now, directory); }
  // The SUBSCRIBE by which it begins to watch the peer.
  std::string up() {
    documents.peer_up(now, kPeer);
    subscribe_ = take();
    return subscribe_;
  }
  // accepted() and notify() are for this SUBSCRIBE of its from now on.
  void watch(std::string_view subscribe) { subscribe_ = subscribe; }
  // What it sends when this comes.
  std::string say(const std::string& bytes) {
    documents.came(now, kPeer, bytes);
    return take();
  }
  std::string pass(Duration time) {
    const Instant end = now + time;
    while (true) {
      const auto next = documents.next_deadline();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      documents.wake(now);
      const auto again = documents.next_deadline();
      EXPECT_TRUE(!again || *again > now) << "it is woken for nothing";
      if (again && *again <= now) break;
    }
    now = end;
    return take();
  }
  // All messages, one behind the other.
  std::string take() {
    std::string messages;
    for (const LinkOutcome& outcome : std::exchange(documents.outcomes(), {})) {
      if (const auto* send = std::get_if<SendOnLane>(&outcome)) messages += send->bytes;
      if (const auto* told = std::get_if<DocumentRefused>(&outcome)) refused.push_back(*told);
      if (const auto* came = std::get_if<UsersCame>(&outcome)) users_came.push_back(*came);
      if (std::holds_alternative<UsersFailed>(outcome)) ++users_failed;
      if (std::holds_alternative<UsersWanted>(outcome)) ++users_wanted;
      if (const auto* invited = std::get_if<InviteAnswered>(&outcome)) {
        EXPECT_EQ(invited->candidate, kPeer);
        invite_answers.push_back(invited->status);
      }
      if (std::holds_alternative<TakenIn>(outcome)) ++taken_in;
      if (std::holds_alternative<LetGoBy>(outcome)) ++let_go;
    }
    return messages;
  }

  // The 200 to its SUBSCRIBE.
  std::string accepted() const {
    return sip_text("SIP/2.0 200 OK\nVia: " + row(subscribe_, "Via") +
                    "\nFrom: " + row(subscribe_, "From") + "\nTo: " + row(subscribe_, "To") +
                    ";tag=peer\nCall-ID: " + row(subscribe_, "Call-ID") +
                    "\nCSeq: " + row(subscribe_, "CSeq") +
                    "\nContact: <sip:s2.example.com>\nExpires: 600\nContent-Length: 0\n\n");
  }
  // A NOTIFY in that subscription; rows may be changed by with().
  std::string notify(std::string_view body) {
    ++cseq_;
    return sip_text(
        "NOTIFY sip:s1.example.com SIP/2.0\n"
        "Via: SIP/2.0/TLS s2.example.com;branch=z9hG4bKn" +
        std::to_string(cseq_) + "\nMax-Forwards: 70\nFrom: " + row(subscribe_, "To") +
        ";tag=peer\nTo: " + row(subscribe_, "From") + "\nCall-ID: " + row(subscribe_, "Call-ID") +
        "\nCSeq: " + std::to_string(cseq_) +
        " NOTIFY\nContact: <sip:s2.example.com>\nEvent: " + row(subscribe_, "Event") +
        "\nSubscription-State: active;expires=600\n"
        "Content-Type: application/pidf-diff+xml\nContent-Length: " +
        std::to_string(body.size()) + "\n\n" + std::string(body));
  }
  // A SUBSCRIBE of the peer's.
  static std::string subscribe(std::string_view resource = "sip:example.com") {
    const std::string uri(resource);
    return sip_text("SUBSCRIBE " + uri +
                    " SIP/2.0\n"
                    "Via: SIP/2.0/TLS s2.example.com;branch=z9hG4bKs1\n"
                    "Max-Forwards: 70\n"
                    "From: <sip:s2.example.com>;tag=two\n"
                    "To: <" +
                    uri +
                    ">\n"
                    "Call-ID: call1\n"
                    "CSeq: 1 SUBSCRIBE\n"
                    "Contact: <sip:s2.example.com>\n"
                    "Event: muster-cluster\n"
                    "Accept: application/pidf-diff+xml\n"
                    "Expires: 600\n"
                    "Content-Length: 0\n\n");
  }
  // The answer to the first NOTIFY in `messages`.
  static std::string answer(std::string_view messages, std::string_view status = "200 OK") {
    const std::size_t at = messages.find("NOTIFY sip:");
    EXPECT_NE(at, std::string_view::npos) << messages;
    const std::string_view notify = messages.substr(at);
    return sip_text("SIP/2.0 " + std::string(status) + "\nVia: " + row(notify, "Via") +
                    "\nFrom: " + row(notify, "From") + "\nTo: " + row(notify, "To") +
                    "\nCall-ID: " + row(notify, "Call-ID") + "\nCSeq: " + row(notify, "CSeq") +
                    "\nContent-Length: 0\n\n");
  }

 private:
  Prng prng_{Prng::seed_of(1)};
  std::string subscribe_;
  int cseq_ = 0;

 public:
  Documents documents;
  cluster::Directory directory;
  Instant now = Instant::at(Duration::seconds(100));
  std::vector<DocumentRefused> refused;
  std::vector<UsersCame> users_came;
  int users_failed = 0;
  int users_wanted = 0;
  std::vector<sip::Status> invite_answers;
  int taken_in = 0;
  int let_go = 0;
};

}  // namespace muster::test
