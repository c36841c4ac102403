// SIP presence processing in a test: requests are written as text, what comes of them is read as a
// story, one line for each event, in their order.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/overloaded.h"
#include "codec/address/jid.h"
#include "codec/sip/check.h"
#include "codec/sip/methods.h"
#include "server/sip_presence/sip_presence.h"
#include "support/module_world.h"

namespace muster::testing {

using Rows = std::vector<std::string>;
using Story = std::vector<std::string>;

inline Address address(std::string_view jid) {
  auto parsed = parse_jid(jid);
  EXPECT_TRUE(parsed.ok()) << jid;
  return parsed ? *parsed : Address{};
}

// The value of the first row of that name in rows that end in CRLF; empty if there is none.
inline std::string row(std::string_view rows, std::string_view name) {
  while (!rows.empty()) {
    const std::size_t end = std::min(rows.find("\r\n"), rows.size());
    const std::string_view line = rows.substr(0, end);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        equals_ignoring_case(line.substr(0, name.size()), name)) {
      return std::string(line.substr(std::min(line.size(), name.size() + 2)));
    }
    rows.remove_prefix(std::min(rows.size(), end + 2));
  }
  return {};
}

// All values of that name.
inline Rows all_rows(std::string_view rows, std::string_view name) {
  Rows found;
  while (!rows.empty()) {
    const std::size_t end = std::min(rows.find("\r\n"), rows.size());
    const std::string line(rows.substr(0, end + 2));
    if (const std::string value = row(line, name); !value.empty()) found.push_back(value);
    rows.remove_prefix(std::min(rows.size(), end + 2));
  }
  return found;
}

// A request from alice over UDP; `rows` add to the usual ones, or stand for those of their name.
inline std::string request_text(std::string_view method, std::string_view uri, const Rows& rows,
                                std::string_view body = {}) {
  std::string all;
  for (const std::string& one : rows)
    all.append(one).append("\r\n");
  std::string text;
  text.append(method).append(1, ' ').append(uri).append(" SIP/2.0\r\n");
  const auto usual = [&](std::string_view name, std::string value) {
    if (row(all, name).empty()) text.append(name).append(": ").append(value).append("\r\n");
  };
  usual("Via", "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1");
  usual("From", "<sip:alice@example.com>;tag=a1");
  usual("To", "<" + std::string(uri) + ">");
  usual("Call-ID", "call-1@192.0.2.9");
  usual("CSeq", "1 " + std::string(method));
  usual("Max-Forwards", "70");
  usual("Content-Length", std::to_string(body.size()));
  return text.append(all).append("\r\n").append(body);
}

class SipWorld : public ModuleWorld {
 public:
  explicit SipWorld(std::uint8_t shards = 1, std::uint8_t self = 0) : ModuleWorld(shards, self) {}

  // --- in

  SipRequestId receive(const std::string& text, std::string_view identity = "alice@example.com") {
    EXPECT_FALSE(sip::check_request(*sip::parse_message(text)).has_value()) << text;
    return receive_unchecked(text, identity);
  }
  // What sip_message would not let pass; its From, To and Request-URI are well-formed.
  SipRequestId receive_unchecked(const std::string& text, std::string_view identity) {
    const SipRequestId id{next_request_++, 1};
    sip::ReadRequest read(text);
    EXPECT_FALSE(sip::parse_message(read.bytes, read.message).has_value()) << text;
    (void)sip::check_request(read.message, read.essentials);
    sip.on(now,
           SipRequestReceived{id, &read, flow, identity.empty() ? Address{} : address(identity)},
           out);
    return id;
  }
  template <class E>
  Story on(const E& event) {
    sip.on(now, event, out);
    return story();
  }
  // As the driver does: not before the next deadline.
  Story pass(Duration duration) {
    ModuleWorld::pass(duration);
    const auto next = sip.next_deadline();
    if (next && *next <= now.instant) sip.wake(now, out);
    return story();
  }
  static Flow flow_over(LinkId link, std::uint8_t shard = 0) {
    return {Transport::tcp,
            ShardId(shard),
            link,
            {IpAddress::v4(192, 0, 2, 1), 5060},
            {IpAddress::v4(198, 51, 100, 7), 40'000}};
  }

  // --- out

  // What happened since the last story; the events are kept in `events`.
  Story story() {
    const Happened happened = take();
    EXPECT_TRUE(happened.orders.empty() || shard.shards > 1);
    std::vector<Event> all = happened.events;
    for (const Order& order : happened.orders) {
      if (const auto* to = std::get_if<ToShard>(&order)) all.push_back(to->event);
    }
    events = all;
    Story lines;
    for (const Event& event : all)
      std::visit([&](const auto& known) { tell(known, lines); }, event);
    return lines;
  }
  template <class E>
  std::vector<E> of() const {
    return only<E>(events);
  }
  // The only event of that type.
  template <class E>
  E one() const {
    const std::vector<E> all = of<E>();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? E{} : all.front();
  }
  // The rows of the only answer, of the only request.
  std::string answer_rows() const { return one<SipResponseReady>().rows; }
  struct Sent {
    std::uint64_t asker = 0;
    Flow flow;
    std::string target;
    std::string rows;
  };
  Sent sent() const {
    const auto ready = one<SipRequestsReady>();
    EXPECT_EQ(ready.requests.size(), 1u);
    if (ready.requests.empty()) return {};
    const SipRequestsReady::One& one = ready.requests.front();
    return {one.asker, one.flow, std::string(one.target), std::string(one.rows)};
  }

  SipPresence sip{shard};
  Flow flow{Transport::udp,
            ShardId(0),
            {},
            {IpAddress::v4(192, 0, 2, 1), 5060},
            {IpAddress::v4(192, 0, 2, 9), 5060}};
  std::vector<Event> events;

 private:
  static std::string first_line(const SipResponseReady& ready) {
    std::string line = std::to_string(sip::number_of(ready.status));
    if (!ready.reason.empty()) line.append(1, ' ').append(ready.reason);
    return line;
  }
  static void tell(const SipResponseReady& ready, Story& lines) {
    lines.push_back(first_line(ready));
  }
  static void tell(const SipRequestsReady& ready, Story& lines) {
    EXPECT_EQ(ready.body == nullptr, ready.content_type.empty());
    for (const SipRequestsReady::One& one : ready.requests) {
      std::string line(sip::text_of(ready.method));
      if (ready.method == sip::Method::notify) {
        EXPECT_EQ(row(one.rows, "Event").substr(0, 8), "presence");
        line.append(1, ' ').append(row(one.rows, "CSeq"), 0, row(one.rows, "CSeq").find(' '));
        line.append(1, ' ').append(row(one.rows, "Subscription-State"));
      } else {
        line.append(1, ' ').append(one.target.view());
      }
      if (ready.body != nullptr) line.append(1, ' ').append(*ready.body);
      lines.push_back(line);
    }
  }
  static void tell(const WatchAsked& asked, Story& lines) {
    lines.push_back((asked.fetch ? "fetch " : "watch ") + asked.presentity.text() + " by " +
                    asked.watcher.text());
  }
  static void tell(const WatchRefreshed& refreshed, Story& lines) {
    lines.push_back("refresh " + refreshed.presentity.text());
  }
  static void tell(const WatchEnded& ended, Story& lines) {
    lines.push_back("unwatch " + ended.presentity.text());
  }
  static void tell(const ClusterWatched& watched, Story& lines) {
    constexpr const char* kWhats[] = {"watch", "fetch", "refresh", "unwatch"};
    lines.push_back(std::string(kWhats[static_cast<std::size_t>(watched.what)]) + " cluster" +
                    (watched.own ? ", own" : ""));
  }
  static void tell(const SubscriptionsCounted& counted, Story& lines) {
    lines.push_back(counted.watcher.text() + " has " + std::to_string(counted.subscriptions));
  }
  static void tell(const RegistrationsChanged& changed, Story& lines) {
    std::string line = "registered " + changed.account.text();
    for (const Registration& registration : changed.registrations)
      line.append(1, ' ').append(registration.contact);
    lines.push_back(line);
  }
  static void tell(const PublishAsked& asked, Story& lines) {
    lines.push_back("publish " + asked.account.text() + (asked.remove ? " remove" : "") + " [" +
                    asked.if_match + "] " + std::to_string(asked.expires.in_seconds()));
  }
  static void tell(const PageMessage& message, Story& lines) {
    lines.push_back("carry " + message.from.text() + " to " + message.to.text() + ": " +
                    message.text.body);
  }
  static void tell(const MessageToXmpp& message, Story& lines) {
    lines.push_back("to sessions of " + message.to.text() + ": " + message.text.body);
  }
  static void tell(const PageMessageAnswered& answered, Story& lines) {
    lines.push_back("answered " + std::to_string(answered.status));
  }
  static void tell(const PageMessageRefused& refused, Story& lines) {
    lines.push_back("refused " + std::to_string(refused.status));
  }
  static void tell(const PhonesDone& done, Story& lines) {
    lines.push_back("phones " + std::to_string(done.transit) +
                    (done.taken ? ": taken" : (done.tried ? ": refused" : ": none")));
  }
  template <class E>
  static void tell(const E&, Story& lines) {
    lines.push_back("an event that this module has no business with");
  }

  std::uint32_t next_request_ = 0;
};

}  // namespace muster::testing
