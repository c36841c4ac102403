// The whole of sip_message under any sequence of inputs: it never breaks, answers each request at
// most once, writes messages that parse, and forgets all of it in the end.
//
// The input is a list of records, divided by 0x1e. The first character of each says what happens:
//   d TEXT    a datagram                        o, c   a peer opens, closes a link
//   s TEXT    bytes on the link opened last     n, N   a NOTIFY of ours over UDP, a large one
//   a N       sip_presence answers with N00     l      a NOTIFY on the link opened last
//   p, q, m   a proof holds, is challenged,     r N    N00 to the request that we sent last
//             is malformed                      y, f   a link that we ordered opens, fails
//   t N       2^N milliseconds pass             x      stop
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/check.h"
#include "codec/address/ip.h"
#include "codec/sip/check.h"
#include "codec/stun/binding.h"
#include "server/sip_message/sip_messages.h"

namespace muster {
namespace {

const Endpoint kServer = *parse_endpoint("192.0.2.1:5060");
const Endpoint kPhone = *parse_endpoint("198.51.100.1:5060");

class World {
 public:
  void take(std::string_view record) {
    const char what = record.front();
    record.remove_prefix(1);
    switch (what) {
      case 'd': return take_datagram(record);
      case 's': return take_bytes(record);
      case 'o': return open_link();
      case 'c': return give(LinkClosed{link_});
      case 'a': return answer(number(record));
      case 'p': return prove(DigestAnswered::Outcome::proved);
      case 'q': return prove(DigestAnswered::Outcome::challenged);
      case 'm': return prove(DigestAnswered::Outcome::malformed);
      case 'n': return notify(Flow{Transport::udp, ShardId(0), {}, kServer, kPhone}, 10);
      case 'N': return notify(Flow{Transport::udp, ShardId(0), {}, kServer, kPhone}, 2'000);
      case 'l': return notify(Flow{Transport::tcp, ShardId(0), link_, kServer, kPhone}, 10);
      case 'r': return respond(number(record));
      case 'y': return open_ordered();
      case 'f': return fail_ordered();
      case 't': return pass(Duration::milliseconds(std::int64_t{1} << number(record)));
      case 'x': return give(StopAsked{});
      default: return;
    }
  }

  // Peers leave, everybody falls silent: nothing may be left.
  void end() {
    for (std::uint32_t slot = 0; slot < links_; ++slot)
      give(LinkClosed{LinkId{slot, 1}});
    while (!ordered_.empty())
      fail_ordered();
    pass(Duration::hours(1));
    MUSTER_CHECK(sip_.idle());
    MUSTER_CHECK(!sip_.next_deadline());
    MUSTER_CHECK(calls_ == 0);
  }

 private:
  static int number(std::string_view record) {
    const char digit = record.empty() ? '2' : record.front();
    return digit >= '0' && digit <= '9' ? digit - '0' : 2;
  }

  template <class T>
  void give(const T& what) {
    sip_.on(now_, what, out_);
    collect();
  }

  // At most one answer to a datagram, at once or later.
  void take_datagram(std::string_view text) {
    sent_ = 0;
    give(DatagramReceived{kServer, kPhone, text});
    MUSTER_CHECK(sent_ <= 1);
  }
  void take_bytes(std::string_view text) {
    if (links_ != 0) give(BytesReceived{link_, text});
  }

  void open_link() {
    link_ = LinkId{links_++, 1};
    give(LinkOpened{link_, LinkUse::sip, Transport::tcp, kServer, kPhone, std::nullopt});
  }
  void open_ordered() {
    if (ordered_.empty()) return;
    const OpenLink open = ordered_.front();
    ordered_.pop_front();
    link_ = LinkId{links_++, 1};
    give(LinkOpened{link_, LinkUse::sip, open.transport, kServer, open.remote, open.ticket});
  }
  void fail_ordered() {
    if (ordered_.empty()) return;
    const Ticket ticket = ordered_.front().ticket;
    ordered_.pop_front();
    give(LinkFailed{ticket});
  }

  // What sip_presence was told is answered once, if it is still known.
  void answer(int hundreds) {
    if (told_.empty()) return;
    SipResponseReady ready;
    ready.request = told_.front();
    told_.pop_front();
    ready.status = sip::status_of(hundreds < 2 || hundreds > 6 ? 200 : hundreds * 100);
    sent_ = 0;
    const std::size_t waiting = ordered_.size();
    give(ready);
    MUSTER_CHECK(sent_ + (ordered_.size() - waiting) <= 1);
    give(ready);
    MUSTER_CHECK(sent_ + (ordered_.size() - waiting) <= 1);
  }

  void prove(DigestAnswered::Outcome outcome) {
    if (asked_.empty()) return;
    const Ticket ticket = asked_.front();
    asked_.pop_front();
    give(
        DigestAnswered{ticket, outcome, Address::of_canonical("alice", "example.com"), {"Digest"}});
  }

  void notify(const Flow& flow, std::size_t bytes) {
    SipRequestsReady ready{sip::Method::notify, "text/plain", share(std::string(bytes, 'x')), {}};
    ready.requests.push_back({1, flow, "sip:a@b",
                              "From: <sip:b@c>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 3\r\n"
                              "CSeq: 4 NOTIFY\r\nMax-Forwards: 70\r\n"});
    ++calls_;
    give(ready);
  }

  void respond(int hundreds) {
    const auto request = sip::parse_message(request_);
    if (!request || !request->is_request()) return;
    std::string text = "SIP/2.0 " + std::to_string(hundreds) + "00 Yes\r\nVia: ";
    text.append(request->header(sip::HeaderName::via).value_or(""));
    give(DatagramReceived{kServer, kPhone,
                          text + "\r\nCSeq: 4 NOTIFY\r\nContent-Length: 0\r\n\r\n"});
  }

  void pass(Duration duration) {
    const Instant end = now_.instant + duration;
    while (true) {
      const auto next = sip_.next_deadline();
      if (!next || *next > end) break;
      if (*next > now_.instant) now_.instant = *next;
      sip_.wake(now_, out_);
      collect();
    }
    now_.instant = end;
  }

  void collect() {
    take_orders();
    while (out_.has_event()) {
      const Event event = out_.take_event();
      if (const auto* send = std::get_if<SendOnLink>(&event)) sip_.on(now_, *send, out_);
      if (const auto* lost = std::get_if<FlowLost>(&event)) sip_.on(now_, *lost, out_);
      if (const auto* told = std::get_if<SipRequestReceived>(&event)) {
        MUSTER_CHECK(!sip::check_request(told->read->message));
        told_.push_back(told->request);
      }
      if (std::holds_alternative<SipRequestEnded>(event)) {
        MUSTER_CHECK(calls_ > 0);  // each ends once
        --calls_;
      }
      take_orders();
    }
  }

  void take_orders() {
    for (const Order& order : out_.orders()) {
      if (const auto* datagram = std::get_if<SendDatagram>(&order)) see_sent(datagram->bytes);
      if (const auto* stream = std::get_if<SendBytes>(&order)) see_sent(stream->bytes);
      if (const auto* open = std::get_if<OpenLink>(&order)) ordered_.push_back(*open);
      if (const auto* ask = std::get_if<AskDigest>(&order)) asked_.push_back(ask->ticket);
      if (const auto* fan_out = std::get_if<FanOutDatagrams>(&order)) {
        for (const auto& one : fan_out->recipients)
          see_sent(std::string(one.head) + *fan_out->body);
      }
    }
    out_.orders().clear();
  }

  void see_sent(const std::string& text) {
    if (text.starts_with("\r\n")) return;  // pongs
    if (stun::is_stun(text)) {
      ++sent_;
      return;
    }
    const auto message = sip::parse_message(text);
    MUSTER_CHECK(message.ok() && message->defect() == sip::Defect::none);
    if (message->is_request()) {
      request_ = text;
    } else {
      ++sent_;
    }
  }

  static Settings make_settings() {
    Settings settings;
    settings.domains = {"example.com", "example.org"};
    settings.limits.sip_requests_per_shard_max = 8;
    settings.limits.sip_calls_per_shard_max = 8;
    settings.limits.sip_links_per_shard_max = 4;
    settings.limits.sip_peers_per_shard_max = 4;
    settings.limits.sip_unfinished_bytes_per_shard_max = 1'000;
    settings.limits.sip_header_bytes_max = 2'000;
    settings.limits.sip_body_bytes_max = 500;
    return settings;
  }

  Settings settings_ = make_settings();
  Shard shard_{ShardId(0), 1, settings_, Prng(Prng::seed_of(1))};
  Outbox out_{ShardId(0)};
  SipMessages sip_{shard_};
  Now now_{Instant::at(Duration::seconds(1)), {}};
  LinkId link_;
  std::uint32_t links_ = 0;
  std::deque<SipRequestId> told_;
  std::deque<Ticket> asked_;
  std::deque<OpenLink> ordered_;
  std::string request_;
  std::size_t sent_ = 0;
  std::size_t calls_ = 0;
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
  world.end();
  return 0;
}
