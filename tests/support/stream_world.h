// XMPP streams driven by themselves: a test says what comes in on links, and reads what was said on
// them, what is asked of the driver, and what other modules hear. Bytes left unread are carried
// back, as presence_server does it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "server/xmpp_stream/xmpp_streams.h"
#include "support/module_world.h"

namespace muster::testing {

inline constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream to='example.com' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
inline constexpr std::string_view kStartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kAuthPlain =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";
inline constexpr std::string_view kAuthScram =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>biwsbj1h</auth>";
inline constexpr std::string_view kResponse =
    "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>Yz1iaXdz</response>";
inline constexpr std::string_view kAbort = "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
inline constexpr std::string_view kAskRedirection =
    "<iq type='get' id='r1'><redirection xmlns='urn:muster:presence-cluster:1'/></iq>";
inline constexpr std::string_view kBind =
    "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
inline constexpr std::string_view kRegister =
    "<iq type='set' id='r1'><query xmlns='jabber:iq:register'><username>alice</username>"
    "<password>secret</password></query></iq>";
inline constexpr std::string_view kStreamEndTag = "</stream:stream>";

class StreamWorld {
 public:
  explicit StreamWorld(std::uint8_t shards = 1) : world(shards), streams(world.shard) {
    world.settings.tls_offered = true;
    world.settings.in_band_registration = true;
  }

  // --- what comes in; then, as every driver does, what is due
  template <class Input>
  void input(const Input& fact) {
    streams.on(world.now, fact, world.out);
    settle();
    wake();
  }
  void wake() {
    while (streams.next_deadline() && *streams.next_deadline() <= world.now.instant) {
      streams.wake(world.now, world.out);
      settle();
    }
  }
  void pass(Duration duration) {
    world.pass(duration);
    wake();
  }
  LinkId open() {
    const LinkId link{next_slot_++, 1};
    input(LinkOpened{link, opened_for, Transport::tcp, {}, peer(), std::nullopt});
    return link;
  }
  // In memory of just that size, which is gone afterwards: AddressSanitizer sees a view kept.
  void feed(LinkId link, std::string_view bytes) {
    const std::vector<char> owned(bytes.begin(), bytes.end());
    input(BytesReceived{link, {owned.data(), owned.size()}});
  }

  LinkUse opened_for = LinkUse::xmpp;

  // --- to a state
  LinkId negotiating() {
    const LinkId link = open();
    feed(link, kHeader);
    return link;
  }
  LinkId secure_opening() {
    const LinkId link = open();
    input(TlsStarted{link, true, false});
    return link;
  }
  LinkId secure_negotiating() {
    const LinkId link = secure_opening();
    feed(link, kHeader);
    return link;
  }
  LinkId asking_sasl() {
    const LinkId link = secure_negotiating();
    feed(link, kAuthScram);
    return link;
  }
  LinkId challenged() {
    const LinkId link = asking_sasl();
    input(SaslAnswered{link, SaslAnswered::Outcome::challenge, "cj1hYg==", {}, {}});
    return link;
  }
  LinkId reopening() {
    const LinkId link = challenged();
    feed(link, kResponse);
    input(SaslAnswered{link, SaslAnswered::Outcome::success, "dj1hYg==", alice(), {}});
    return link;
  }
  // Of one of many servers (settings.cluster).
  LinkId placing() {
    if (!world.settings.cluster) world.settings.cluster.emplace();
    return reopening();
  }
  // Its user is served there; the stream is open anew.
  LinkId placed(const UserPlace& place) {
    const LinkId link = placing();
    input(StreamPlaced{link, place});
    feed(link, kHeader);
    forget();
    return link;
  }
  LinkId binding() {
    const LinkId link = reopening();
    feed(link, kHeader);
    return link;
  }
  LinkId awaiting_binding() {
    const LinkId link = binding();
    feed(link, kBind);
    return link;
  }
  LinkId bound() {
    const LinkId link = awaiting_binding();
    input(BindGranted{link, session(), alice().with_resource("phone")});
    return link;
  }
  LinkId registering() {
    const LinkId link = secure_negotiating();
    feed(link, kRegister);
    return link;
  }
  LinkId starting_tls() {
    const LinkId link = negotiating();
    feed(link, kStartTls);
    return link;
  }

  // --- what came of it, since forget()
  void forget() {
    orders.clear();
    events.clear();
  }
  // All that was said on the link.
  std::string said(LinkId link) const {
    std::string all;
    for (const SendBytes& send : only<SendBytes>(orders)) {
      if (send.link == link) all += send.bytes;
    }
    return all;
  }
  bool closed(LinkId link) const {
    for (const CloseLink& close : only<CloseLink>(orders)) {
      if (close.link == link) return true;
    }
    return false;
  }
  // What became of the link: the name of its state, or "closed".
  std::string_view state(LinkId link) const {
    const auto state = streams.state_of(link);
    return state ? traits_of(*state).name : "closed";
  }

  static Address alice() { return Address::of_canonical("alice", "example.com"); }
  static SessionId session() { return {4, 2}; }
  static Endpoint peer() { return {IpAddress::v4(192, 0, 2, 1), 4711}; }

  ModuleWorld world;
  XmppStreams streams;
  std::vector<Order> orders;
  std::vector<Event> events;
  // Of each StanzaReceived, while it could be read.
  std::vector<std::string> stanzas;
  std::vector<std::string> languages;

 private:
  void settle() {
    while (world.out.has_event()) {
      const Event event = world.out.take_event();
      std::visit(Overloaded{
                     [&](const UnreadBytes& unread) { streams.on(world.now, unread, world.out); },
                     [&](const StanzaReceived& received) {
                       stanzas.emplace_back(received.stanza.outer());
                       languages.emplace_back(received.language);
                     },
                     [&](const auto& other) { events.emplace_back(other); },
                 },
                 event);
    }
    for (Order& order : std::exchange(world.out.orders(), {}))
      orders.push_back(std::move(order));
  }

  std::uint32_t next_slot_ = 0;
};

}  // namespace muster::testing
