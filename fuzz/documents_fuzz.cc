// A peer says anything about the cluster document: the server never breaks, answers each request at
// most once, writes messages that parse, and what it knows afterwards can be written and read.
//
// The input is a list of records, divided by 0x1e. The first character of each says what happens:
//   r TEXT    the message comes as it is
//   n TEXT    a NOTIFY of this body in its subscription to the peer's document
//   s TEXT    the same in that to the service's, whose main the peer is then
//   u TEXT    the same in that to the peer's users
//   a N       the peer answers what it was sent last with N00
//   p TEXT    the peer subscribes with these rows, LF at the end of each, besides the usual
//   t N       2^N milliseconds pass              g        this server's users are given
//   o N       this server's level is N           m        the main is another
//   d         the link is cut, and up again      x        it leaves
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"
#include "codec/cluster/write.h"
#include "codec/sip/check.h"
#include "server/load_control/documents.h"

namespace muster {
namespace {

constexpr cluster::Incarnation kSelf{1};
constexpr cluster::Incarnation kPeer{2};
constexpr cluster::Limits kLimits{.bytes_max = 16384};

class World {
 public:
  World()
      : documents_({"sip:example.com",
                    "TLS",
                    {{"sip:s1", cluster::ServerEndpoint::Kind::sip, true, "sip:s1"}},
                    kLimits},
                   "sip:s1", kSelf, prng_) {
    directory_.members = {{{"sip:s1", {}, {}, {}}, kSelf, cluster::Role::running, {}},
                          {{"sip:s2", {}, {}, {}}, kPeer, cluster::Role::running, {}}};
    directory_.main = kSelf;
    directory_.epoch = cluster::Epoch(1);
    documents_.directory(now_, directory_);
    documents_.peer_up(now_, kPeer);
    collect();
  }

  void take(std::string_view record) {
    const char what = record.front();
    record.remove_prefix(1);
    switch (what) {
      case 'r': came(std::string(record)); break;
      case 'n': notify(own_, record); break;
      case 's': notify(service_, record); break;
      case 'u':
        documents_.ask_users(now_, kPeer);
        collect();
        notify(users_, record);
        break;
      case 'a': answer(number(record)); break;
      case 'p': subscribe(record); break;
      case 't': pass(Duration::milliseconds(std::int64_t{1} << number(record))); break;
      case 'g': documents_.give_users(now_, {}); break;
      case 'o': documents_.own(now_, {{static_cast<std::uint32_t>(number(record))}, {}, 1}); break;
      case 'm': another_main(); break;
      case 'd':
        documents_.peer_down(now_, kPeer);
        own_ = service_ = users_ = {};
        documents_.peer_up(now_, kPeer);
        break;
      case 'x': documents_.leave(now_); break;
      default: return;
    }
    collect();
    check_picture();
  }

 private:
  static int number(std::string_view record) {
    const char digit = record.empty() ? '2' : record.front();
    return digit >= '0' && digit <= '9' ? digit - '0' : 2;
  }
  static std::string row(std::string_view message, std::string_view name) {
    const std::string begin = "\r\n" + std::string(name) + ": ";
    const std::size_t at = message.find(begin);
    if (at == std::string_view::npos) return {};
    const std::size_t from = at + begin.size();
    return std::string(message.substr(from, message.find("\r\n", from) - from));
  }

  // Each request has at most one answer.
  void came(const std::string& bytes) {
    answers_ = 0;
    documents_.came(now_, kPeer, bytes);
    collect();
    MUSTER_CHECK(answers_ <= 1);
  }

  void notify(const std::string& subscribe, std::string_view body) {
    if (subscribe.empty()) return;
    came(
        "NOTIFY sip:s1 SIP/2.0\r\nVia: SIP/2.0/TLS s2;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
        "From: " +
        row(subscribe, "To") + ";tag=2\r\nTo: " + row(subscribe, "From") +
        "\r\nCall-ID: " + row(subscribe, "Call-ID") + "\r\nCSeq: " + std::to_string(++cseq_) +
        " NOTIFY\r\nContact: <sip:s2>\r\nEvent: muster-cluster\r\n"
        "Subscription-State: active;expires=600\r\nContent-Type: application/pidf-diff+xml\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }

  void subscribe(std::string_view rows) {
    ++cseq_;
    std::string more;
    for (const char c : rows)
      more += c == '\n' ? std::string("\r\n") : std::string(1, c);
    came(
        "SUBSCRIBE sip:s1 SIP/2.0\r\nVia: SIP/2.0/TLS s2;branch=z9hG4bK1\r\n"
        "From: <sip:s2>;tag=" +
        std::to_string(cseq_) + "\r\nTo: <sip:s1>\r\nCall-ID: " + std::to_string(cseq_) +
        "\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:s2>\r\n" + more + "Content-Length: 0\r\n\r\n");
  }

  void answer(int hundreds) {
    if (request_.empty()) return;
    const std::string request = std::exchange(request_, {});
    const std::string to = row(request, "To");
    came("SIP/2.0 " + std::to_string(hundreds) + "00 Yes\r\nVia: " + row(request, "Via") +
         "\r\nFrom: " + row(request, "From") + "\r\nTo: " + to +
         (to.find(";tag=") == std::string::npos ? ";tag=2" : "") +
         "\r\nCall-ID: " + row(request, "Call-ID") + "\r\nCSeq: " + row(request, "CSeq") +
         "\r\nContent-Length: 0\r\n\r\n");
  }

  void another_main() {
    directory_.main = directory_.main == kSelf ? kPeer : kSelf;
    directory_.epoch = cluster::Epoch(directory_.epoch.number() + 1);
    documents_.directory(now_, directory_);
  }

  void pass(Duration time) {
    const Instant end = now_ + time;
    while (true) {
      const auto next = documents_.next_deadline();
      if (!next || *next > end) break;
      now_ = std::max(now_, *next);
      documents_.wake(now_);
      collect();
      const auto again = documents_.next_deadline();
      MUSTER_CHECK(!again || *again > now_);
    }
    now_ = end;
  }

  void collect() {
    for (const LinkOutcome& outcome : std::exchange(documents_.outcomes(), {})) {
      const auto* const send = std::get_if<SendOnLane>(&outcome);
      if (send == nullptr) continue;
      const auto message = sip::parse_message(send->bytes);
      MUSTER_CHECK(message.ok() && message->defect() == sip::Defect::none);
      if (message->is_response()) {
        ++answers_;
        continue;
      }
      MUSTER_CHECK(!sip::check_request(*message));
      request_ = send->bytes;
      if (message->method() != sip::Method::subscribe) continue;
      const std::string event = row(request_, "Event");
      const bool is_service = row(request_, "To").starts_with("<sip:example.com>");
      (is_service ? service_ : event.ends_with("users") ? users_ : own_) = request_;
    }
  }

  void check_picture() {
    const cluster::Document& picture = documents_.picture();
    MUSTER_CHECK(contradiction_of(picture, cluster::Parts::allowed) ==
                 cluster::Contradiction::none);
    MUSTER_CHECK(!excess_of(picture, kLimits));
  }

  Prng prng_{Prng::seed_of(1)};
  Documents documents_;
  cluster::Directory directory_;
  Instant now_ = Instant::at(Duration::seconds(100));
  std::string own_, service_, users_;  // its SUBSCRIBEs
  std::string request_;                // what it sent last
  int cseq_ = 0;
  int answers_ = 0;
};

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::World world;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::string_view record = rest.substr(0, rest.find('\x1e'));
    rest.remove_prefix(std::min(rest.size(), record.size() + 1));
    if (!record.empty()) world.take(record);
  }
  return 0;
}
