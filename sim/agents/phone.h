// A phone: a SIP user agent (RFC 3261, 3903, 6665) over UDP, or over a TCP link that it keeps alive
// (RFC 5626). It registers, publishes how it looks, subscribes to whom it is wished to watch, and
// refreshes all of it at half its time. It answers 401 with digest, 412 with a new publication, 481
// with a new dialog; what is not answered it asks again, with growing pauses. With its link its
// registration and its dialogs are gone, and are made anew.
//
// It follows 302 (RFC 3261 section 8.1.3.4) with all that it asks from then on, or asks the same
// server again, by habit; and looks for another server of its service where one does not answer.
//
// Off line, it takes back all of that, in order.
//
// It is surprised by a tag that is not renewed (RFC 3903 section 6), by more time than it asked
// for, by the end of a subscription before its time, and by a NOTIFY behind the last, or of a
// number that there was. Now and then it refreshes a publication by a tag that is over, and is to
// be refused.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/pidf/read.h"
#include "codec/sip/framer.h"
#include "codec/sip/message.h"
#include "sim/agents/agent.h"
#include "sim/agents/sip_calls.h"

namespace muster::sim {

class Phone : public Agent {
 public:
  struct Habits {
    Transport transport = Transport::udp;
    bool follows = true;                  // 302
    bool publishes = true;                // else it is present by its registration alone
    std::uint32_t old_tag_per_mille = 0;  // of publications that are renewed
    std::uint32_t registration_seconds = 600;
    std::uint32_t publication_seconds = 600;
    std::uint32_t subscription_seconds = 600;
  };
  Phone(Identity identity, Habits habits, Prng random);

  AgentKind kind() const override { return AgentKind::phone; }
  const Identity& identity() const override { return identity_; }
  void step(Now now, const AgentInput& input, AgentOutbox& out) override;
  std::optional<Instant> next_deadline() const override;

  bool content() const override;
  bool online() const override { return wants_online_ && registration_.stands; }
  Picture own_picture() const override;
  std::map<Address, Picture> pictures() const override;
  std::map<Address, Tie> ties() const override;
  std::optional<Registered> registered() const override;

 private:
  // What it keeps alive in the service: it is asked for, refreshed, and taken back.
  struct Task {
    bool stands = false;  // the last answer granted it
    bool in_flight = false;
    bool ending = false;  // the request under way takes it back
    std::optional<Instant> due;
    BackOff back_off;
    std::uint32_t min_seconds = 0;  // 423
    std::uint32_t seconds = 0;      // that were asked for last
    Instant asked_at;
  };
  struct Watch : Task {
    bool wanted = true;
    std::uint64_t asked = 0;  // the purpose of the request under way
    std::string call_id;
    std::string from_tag;
    std::string to_tag;  // empty: no dialog yet
    std::string target;
    std::uint32_t cseq = 0;
    std::optional<std::uint32_t> their_cseq;
    Instant stands_until;               // at least
    bool notified = false;              // since it was asked for last
    std::optional<Instant> notify_due;  // Timer N (RFC 6665 section 4.1.2.4)
    bool active = false;
    Picture picture;
  };
  static constexpr std::uint64_t kRegistration = 1;
  static constexpr std::uint64_t kPublication = 2;
  static constexpr std::uint64_t kOldTag = 3;
  static constexpr std::uint64_t kFirstOther = 16;  // of watches and of page messages

  void on(const GoOnline& wish);
  void on(const GoOffline& wish);
  void on(const Vanish& wish);
  void on(const Show& wish);
  void on(const StartWatching& wish);
  void on(const StopWatching& wish);
  void on(const Revoke&) {}
  void on(const ShowTo&) {}
  void on(const SetContact&) {}
  void on(const RemoveContact&) {}
  void on(const SendText& wish);

  // phone.cc: links and time
  void woken();
  void act();
  bool can_speak() const;
  void connect();
  void link_ended();
  void lose_link();
  void read();
  void transmit(const std::string& bytes);
  void tell(decltype(Happened::what) what);
  void tell_lost(std::string_view of);
  bool all_ended() const;

  // phone_requests.cc
  struct Asking {
    std::string_view method;
    std::string target;
    std::string from_tag;
    Address to;
    std::string to_tag;
    std::string call_id;
    std::uint32_t cseq = 0;
    std::string rows;
    std::string content_type;
    std::string body;
  };
  void ask(const Asking& asking, std::uint64_t purpose);
  void ask_registration();
  Asking publishing(std::uint32_t seconds, const std::string& etag);
  void ask_publication();
  void ask_by_old_tag();
  void ask_watch(std::uint64_t purpose, Watch& watch);
  void ask_page(std::uint64_t purpose, const SendText& page);
  std::string proof_row(std::string_view method, std::string_view uri);
  void hear_answer(const sip::Message& answer);
  bool hear_redirection(const sip::Message& answer, const SipCalls::Call& call);
  bool hear_challenge(const sip::Message& answer, const SipCalls::Call& call);
  void no_answer(std::uint64_t purpose);
  void registration_answered(std::uint16_t status, const sip::Message& answer,
                             const SipCalls::Call& call);
  void publication_answered(std::uint16_t status, const sip::Message& answer);
  void watch_answered(Watch& watch, std::uint16_t status, const sip::Message& answer);
  void asked(Task& task, std::uint32_t seconds);
  void granted(Task& task, std::uint32_t seconds);
  void failed(Task& task);
  void ask_again(std::uint64_t purpose);
  void end_watch(Watch& watch);
  void forget_picture(Watch& watch);

  // phone_answers.cc
  void hear_datagram(std::string_view bytes);
  void hear_message(std::string_view bytes);
  void hear_request(const sip::Message& request);
  std::uint16_t hear_notify(const sip::Message& notify);
  void hear_state(Watch& watch, const sip::Message& notify);
  void hear_document(Watch& watch, const sip::Message& notify);
  void hear_page(const sip::Message& message);
  void answer(const sip::Message& request, std::uint16_t status);

  Identity identity_;
  Habits habits_;
  Prng random_;
  pidf::Reader reader_;
  std::string host_;  // host:port, of Via and Contact
  SipCalls calls_;
  bool wants_online_ = false;
  bool vanished_ = false;

  Landing landing_;
  enum class LinkState : std::uint8_t { none, connecting, up };
  LinkState link_ = LinkState::none;  // TCP
  Endpoint link_to_;                  // which may not be where it lands next
  BackOff link_back_off_;
  std::optional<Instant> link_due_;  // to connect, to ping, or to give up
  bool pinged_ = false;
  sip::Framer framer_;
  std::string unread_;

  Task registration_;
  std::string registration_call_id_;
  std::uint32_t registration_cseq_ = 0;
  Registered registered_;
  Task publication_;
  std::string etag_;
  std::string old_etag_;
  SentOn sent_on_;
  bool was_sent_on_ = false;  // since its publication was granted: another server serves its user
  Shown shown_;
  std::optional<Shown> published_;  // what the service has, or is being told
  bool has_shown_ = false;
  std::map<Address, Watch> watches_;
  std::map<std::uint64_t, Address> watch_purposes_;
  std::map<std::uint64_t, SendText> pages_;  // that are not answered, by purpose
  std::uint64_t next_purpose_ = kFirstOther;
  std::uint32_t next_cseq_ = 1;

  std::string nonce_;  // of the last challenge
  std::uint32_t nonce_count_ = 0;
  std::map<std::string, std::uint16_t> answered_;  // branches of requests, to answer them the same
  std::deque<std::string> answered_order_;         // the oldest first
  // The numbers of the last NOTIFYs of dialogs.
  std::map<std::string, std::uint32_t> over_;
  Now now_;
  AgentOutbox* out_ = nullptr;
};

}  // namespace muster::sim
