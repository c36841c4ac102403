// A messenger: an XMPP user agent (RFC 6120, 6121). It logs in, with TLS if it is offered and with
// SCRAM or PLAIN, binds its resource, loads its roster, is available, keeps what it sees of its
// contacts, asks for the subscriptions that it is wished to have, and answers those of others.
//
// With stream management (XEP-0198) it goes on with its session after a link is lost, and checks
// that nothing was lost or doubled (messenger_session.h).
//
// It follows <see-other-host/> (RFC 6120 section 4.9.3.19), and looks for another server of its
// service where one does not let it in.
//
// Wishes outlive its streams: after each login it compares its roster with them. It pings its
// server when nothing was heard for a while, and gives up a link that does not answer.
//
// It is surprised by a stanza for somebody else, by a second answer to what it asked, and, if its
// priority is negative, by a message that is not for it alone (RFC 6121 section 8.5.2.1.1).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "codec/xml/framer.h"
#include "codec/xml/stanza_parser.h"
#include "sim/agents/agent.h"
#include "sim/agents/messenger_session.h"

namespace muster::sim {

class Messenger : public Agent {
 public:
  struct Habits {
    bool scram = true;
    bool approves = true;       // who asks to see it
    bool follows = true;        // see-other-host; most clients do not
    bool resumes = false;       // its sessions, where the server can
    bool keeps_roster = false;  // from one stream to the next (RFC 6121 section 2.6)
    int priority = 0;
    bool most_available = true;  // of its user's messengers: what is for her comes to it
    Duration silence_max = Duration::seconds(90);
    Duration answer_time_max = Duration::seconds(30);
  };
  Messenger(Identity identity, Habits habits, Prng random);

  AgentKind kind() const override { return AgentKind::messenger; }
  const Identity& identity() const override { return identity_; }
  void step(Now now, const AgentInput& input, AgentOutbox& out) override;
  std::optional<Instant> next_deadline() const override;

  bool content() const override;
  bool online() const override { return state_ == State::online; }
  Picture own_picture() const override;
  std::map<Address, Picture> pictures() const override;
  std::map<Address, Tie> ties() const override;
  std::map<Address, Picture> glimpses() const override;

 private:
  enum class State : std::uint8_t {
    offline,  // it may be waiting to come back
    connecting,
    opening,  // a stream header was sent
    sealing,  // TLS
    proving,  // SASL
    resuming,
    binding,
    loading,  // the roster
    online,
  };
  void on(const GoOnline& wish);
  void on(const GoOffline& wish);
  void on(const Vanish& wish);
  void on(const Show& wish);
  void on(const StartWatching& wish);
  void on(const StopWatching& wish);
  void on(const Revoke& wish);
  void on(const ShowTo& wish);
  void on(const SetContact& wish);
  void on(const RemoveContact& wish);
  void on(const SendText& wish);
  void woken();
  void link_ended();
  void read();
  bool take(const xml::Frame& frame, std::string_view bytes);

  // What is heard, by state.
  void hear(const xml::Element& element);
  void hear_features(const xml::Element& features);
  void hear_error(const xml::Element& error);
  void hear_sasl(const xml::Element& element);
  void hear_management(const xml::Element& element);
  void hear_iq(const xml::Element& iq);
  void hear_presence(const xml::Element& presence);
  void hear_message(const xml::Element& message);
  void hear_roster(const xml::Element& iq);
  void hear_item(const xml::Element& item, bool whole);
  void hear_push(const xml::Element& query);
  void hear_version(const xml::Element& query);
  bool is_for_it(const xml::Element& stanza) const;
  void hear_verb(SubscriptionVerb verb, const Address& from);
  void hear_refusal(const xml::Element& presence, const Address& from);

  void open_stream();
  void prove(const xml::Element& mechanisms);
  void bind();
  void acknowledge(const xml::Element& element);
  void say(std::string bytes);
  void say_stanza(std::string xml);
  void say_presence(SubscriptionVerb verb, const Address& to);
  void show_itself();
  void say_how_it_looks(const Address& to);
  void ask_roster(const std::string& item);
  void reconcile();
  void tell(decltype(Happened::what) what);
  void lose_link();
  void forget_session();
  void come_back_later();

  Identity identity_;
  Habits habits_;
  Prng random_;
  xml::StanzaParser parser_;
  xml::Framer framer_;
  std::string unread_;
  Landing landing_;
  bool is_sent_on_ = false;
  SentOn sent_on_;
  State state_ = State::offline;
  bool wants_online_ = false;
  bool sealed_ = false;
  bool proved_ = false;
  bool bound_ = false;
  Address full_;
  std::string scram_nonce_;
  Shown shown_;
  std::set<Address> wanted_;    // to be watched
  std::set<Address> unwanted_;  // to be watched no more
  std::map<Address, Tie> roster_;
  std::map<Address, Tie> kept_roster_;  // as the service told it last, and of which version
  std::string kept_version_;
  std::set<std::string> asked_;  // ids of requests that are not answered
  std::vector<std::pair<SubscriptionVerb, Address>> again_;  // what failed is to be said again
  std::optional<Instant> again_due_;
  std::map<Address, Picture> pictures_;  // by bare address
  std::optional<MessengerSession> management_;
  std::map<std::pair<Address, std::string>, std::string> written_;  // its messages, by to and id
  std::uint32_t next_id_ = 1;
  std::string ping_id_;  // that is not answered
  BackOff back_off_;
  std::optional<Instant> deadline_;  // what it means depends on the state
  Now now_;
  AgentOutbox* out_ = nullptr;  // during a step
};

}  // namespace muster::sim
