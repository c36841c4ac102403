// A SipMessages in a test: what comes in by its sockets goes in as text, what it sends is read as
// text with where it went, and what it says to the other modules is kept for the test to read.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/address/ip.h"
#include "codec/sip/message.h"
#include "server/sip_message/sip_messages.h"
#include "support/module_world.h"

namespace muster::testing {

// A request as text. The defaults are a SUBSCRIBE that lacks nothing.
struct SipText {
  std::string method = "SUBSCRIBE";
  std::string uri = "sip:bob@example.com";
  std::string via = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKone";
  std::string from = "<sip:alice@example.com>;tag=a1";
  std::string to = "<sip:bob@example.com>";
  std::string call_id = "call-1";
  std::string cseq = "1";
  std::string rows = {};  // further ones, each with its CRLF
  std::string body = {};

  std::string text() const {
    return method + " " + uri + " SIP/2.0\r\nVia: " + via +
           "\r\nMax-Forwards: 70\r\nFrom: " + from + "\r\nTo: " + to + "\r\nCall-ID: " + call_id +
           "\r\nCSeq: " + cseq + " " + method + "\r\n" + rows +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

class SipWorld : public ModuleWorld {
 public:
  // One message, or the bytes of one, on its way out.
  struct Sent {
    std::optional<LinkId> link;  // else a datagram
    Endpoint local;
    Endpoint remote;
    std::string text;

    int status() const {
      const auto message = sip::parse_message(text);
      return message ? sip::number_of(message->status()) : -1;
    }
    std::string header(std::string_view name) const {
      const auto message = sip::parse_message(text);
      return message ? std::string(message->header(name).value_or("(none)")) : "(no message)";
    }
  };

  explicit SipWorld(std::uint8_t shards = 1, std::uint8_t self = 0) : ModuleWorld(shards, self) {
    settings.loopback_sip_trusted = true;
  }

  // Made at its first use, so that a test can change the settings before.
  SipMessages& sip() {
    if (!sip_) sip_.emplace(shard);
    return *sip_;
  }

  template <class T>
  void give(const T& what) {
    sip().on(now, what, out);
    collect();
  }
  void datagram(std::string_view text) { give(DatagramReceived{server, phone, text}); }
  void datagram(const SipText& text) { datagram(std::string_view(text.text())); }

  // A link that a peer opened; its number is the slot.
  LinkId open_link(std::uint32_t number, Transport transport = Transport::tcp) {
    const LinkId link{number, 1};
    give(LinkOpened{link, LinkUse::sip, transport, server, phone, std::nullopt});
    return link;
  }
  void bytes(LinkId link, std::string_view text) { give(BytesReceived{link, text}); }

  // Time goes on, and with it every deadline on the way.
  void wait(Duration duration) {
    const Instant end = now.instant + duration;
    while (true) {
      const auto next = sip().next_deadline();
      if (!next || *next > end) break;
      if (*next > now.instant) pass(*next - now.instant);
      sip().wake(now, out);
      collect();
    }
    pass(end - now.instant);
  }

  // What was sent, ordered and said since it was last asked.
  std::vector<Sent> sent() { return std::exchange(sent_, {}); }
  template <class T>
  std::vector<T> ordered() {
    return only<T>(std::exchange(orders_, {}));
  }
  template <class T>
  std::vector<T> said() {
    return only<T>(std::exchange(events_, {}));
  }
  // The one message that was sent.
  Sent only_sent() {
    const std::vector<Sent> all = sent();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? Sent{} : all.front();
  }
  std::vector<int> statuses() {
    std::vector<int> all;
    for (const Sent& one : sent())
      all.push_back(one.status());
    return all;
  }
  // The one request that sip_presence is to answer.
  SipRequestId only_request() {
    const auto all = said<SipRequestReceived>();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? SipRequestId() : all.front().request;
  }
  void answer(SipRequestId request, sip::Status status = sip::Status::ok) {
    SipResponseReady ready;
    ready.request = request;
    ready.status = status;
    give(ready);
  }

  // A NOTIFY of ours, as sip_presence orders it.
  SipRequestsReady notify(const Flow& flow, std::uint64_t asker = 7, std::string body = "<p/>") {
    SipRequestsReady ready{sip::Method::notify, "application/pidf+xml", share(std::move(body)), {}};
    ready.requests.push_back({asker, flow, "sip:alice@192.0.2.10:5060",
                              "From: <sip:bob@example.com>;tag=b\r\n"
                              "To: <sip:alice@example.com>;tag=a1\r\nCall-ID: call-1\r\n"
                              "CSeq: 1 NOTIFY\r\nMax-Forwards: 70\r\n"});
    return ready;
  }
  Flow udp_flow() const { return {Transport::udp, shard.self, {}, server, phone}; }
  Flow link_flow(LinkId link, Transport transport = Transport::tcp) const {
    return {transport, shard.self, link, server, phone};
  }
  // What a peer answers to a request of ours.
  static std::string answer_to(const Sent& request, int status, std::string rows = {}) {
    std::string text = "SIP/2.0 " + std::to_string(status) + " Whatever\r\n";
    for (const std::string_view name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
      text.append(name).append(": ").append(request.header(name)).append("\r\n");
    }
    return text + rows + "Content-Length: 0\r\n\r\n";
  }

  const Endpoint server = *parse_endpoint("192.0.2.1:5060");
  Endpoint phone = *parse_endpoint("127.0.0.1:40000");

 private:
  // What is for SipMessages itself on this shard is carried on, as presence_server does.
  void collect() {
    take_orders();
    while (out.has_event()) {
      const Event event = out.take_event();
      if (const auto* send = std::get_if<SendOnLink>(&event)) sip().on(now, *send, out);
      if (const auto* lost = std::get_if<FlowLost>(&event)) sip().on(now, *lost, out);
      events_.push_back(event);
      take_orders();
    }
  }
  void take_orders() {
    for (const Order& order : std::exchange(out.orders(), {})) {
      if (const auto* datagram = std::get_if<SendDatagram>(&order)) {
        sent_.push_back({std::nullopt, datagram->local, datagram->remote, datagram->bytes});
      } else if (const auto* fan_out = std::get_if<FanOutDatagrams>(&order)) {
        for (const auto& one : fan_out->recipients) {
          sent_.push_back(
              {std::nullopt, one.local, one.remote,
               std::string(one.head) + (fan_out->body == nullptr ? "" : *fan_out->body)});
        }
      } else if (const auto* stream = std::get_if<SendBytes>(&order)) {
        sent_.push_back({stream->link, {}, {}, stream->bytes});
      } else {
        orders_.push_back(order);
      }
    }
  }

  std::optional<SipMessages> sip_;
  std::vector<Sent> sent_;
  std::vector<Order> orders_;
  std::vector<Event> events_;
};

inline std::ostream& operator<<(std::ostream& out, const SipWorld::Sent& sent) {
  if (sent.link) return out << "on link " << sent.link->slot << ": " << sent.text;
  return out << "to " << to_text(sent.remote) << ": " << sent.text;
}

}  // namespace muster::testing
