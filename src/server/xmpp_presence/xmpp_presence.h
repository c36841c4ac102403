// XMPP presence processing (paper, section 3.1): the sessions of the users of this shard, and the
// stanzas that they send and receive. RFC 6121; RFC 6120 sections 7 (binding), 8 and 10 (stanzas);
// XEP-0030, XEP-0092, XEP-0198, XEP-0199.
//
// It owns the sessions and what belongs to one session: whether it is available and interested, its
// priority, who got directed presence from it. Who may see whom, rosters, and what a user's
// presence is, are presence_db's: it is told of changes and asked for the rest.
//
// Where RFC 6120 and 6121 leave a choice:
//   a resource that is taken     the new session has it, the old stream ends with <conflict/>
//   message to a bare address    to all sessions with the highest priority, if that is not
//   negative;
//                                a headline to all that are not negative
//   nobody there to take it      <service-unavailable/>, as where there is no such account:
//   messages
//                                are not stored. The SIP devices of the account come first
//   an unknown <show/>           passed on: it is for the contacts to read
//   subscribe to oneself         <not-allowed/>
//   foreign domains              <remote-server-not-found/>
//
// A session with stream management (XEP-0198) outlives its stream for a time, unseen:
// management.cc.
//
// Limits: sessions_per_user_max, directed_presences_max, roster_name_bytes_max,
// roster_group_bytes_max, roster_groups_max, subscription_bytes_max, unacknowledged_stanzas_max,
// unacknowledged_bytes_max, unacknowledged_bytes_per_shard_max, waiting_sessions_per_shard_max,
// resumption_time_max of Limits; there is what happens at each. Who is at sessions_per_user_max and
// has sessions that wait to be resumed loses the oldest of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/unordered.h"
#include "codec/xml/element.h"
#include "codec/xmpp/errors.h"
#include "model/address.h"
#include "model/subscription.h"
#include "server/outbox.h"
#include "server/ports.h"
#include "server/shard.h"
#include "server/xmpp_presence/sessions.h"

namespace muster {

class XmppPresence {
 public:
  explicit XmppPresence(Shard& shard) : shard_(shard) {}

  // binding.cc
  void on(Now now, const BindAsked& asked, Outbox& out);
  void on(Now now, const UserReady& ready, Outbox& out);
  void on(Now now, const StreamEnded& ended, Outbox& out);
  void on(Now now, const AccountGone& gone, Outbox& out);
  // moving.cc
  void on(Now now, const UserLeaves& leaves, Outbox& out);
  void on(Now now, const UserHasLeft& left, Outbox& out);
  void on(Now now, const UserServed& served, Outbox& out);
  // management.cc
  void on(Now now, const ManagementAsked& asked, Outbox& out);
  void on(Now now, const AckAsked& asked, Outbox& out);
  void on(Now now, const SubscriptionSettled& settled, Outbox& out);
  void on(Now now, const AckReceived& ack, Outbox& out);
  void on(Now now, const StanzaTaken& taken, Outbox& out);
  void on(Now now, const StanzaForSession& stanza, Outbox& out);
  void on(Now now, const QueueOverran& overran, Outbox& out);
  void on(Now now, const PhonesDone& done, Outbox& out);
  void on(Now now, const ResumeAsked& asked, Outbox& out);
  void on(Now now, const StopAsked& stop, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;
  // xmpp_presence.cc
  void on(Now now, const StanzaReceived& received, Outbox& out);
  // presence.cc
  void on(Now now, const PresenceBroadcast& broadcast, Outbox& out);
  void on(Now now, const PresenceReply& reply, Outbox& out);
  // subscriptions.cc
  void on(Now now, const SubscriptionRefused& refused, Outbox& out);
  void on(Now now, const SubscriptionShown& shown, Outbox& out);
  // roster.cc
  void on(Now now, const RosterAnswered& answered, Outbox& out);
  void on(Now now, const RosterItemAnswered& answered, Outbox& out);
  void on(Now now, const RosterPush& push, Outbox& out);
  // routing.cc
  void on(Now now, const StanzaForUser& stanza, Outbox& out);
  void on(Now now, const RequestWeighed& weighed, Outbox& out);

  std::size_t sessions() const { return sessions_.size(); }
  // No session waits to be resumed, and nothing to be sent another way.
  bool idle() const { return waiting_.empty() && let_go_.empty(); }

 private:
  // Of one step: what comes of a step has a bound.
  static constexpr std::size_t kEndedAtOnce = 1'024;
  static constexpr std::size_t kLetGoAtOnce = 1'024;
  // Who has a link may have so many times unacknowledged_bytes_max, while it has time to
  // acknowledge.
  static constexpr std::size_t kLinkedFactor = 4;
  // Sessions, by when something is to happen to them.
  using Schedule = std::set<std::pair<Instant, SessionId>>;

  // A stanza of a session of this shard. `to` is empty where it has none.
  struct Sent {
    XmppSession& session;
    const xml::Element& stanza;
    std::string_view language;
    std::optional<std::string_view> type;
    Address to;
  };

  // How long the session of a user who moves waits for her to be seen at her new server.
  static constexpr Duration kMovingTimeMax = Duration::seconds(30);

  // binding.cc
  void grant(const BindAsked& asked, XmppUser& user, Outbox& out);
  void end(XmppSession& session, Outbox& out);
  void forget_if_idle(XmppUser& user, Outbox& out);
  // moving.cc
  void end_what_moves(const XmppUser& user, Outbox& out);
  void replace(XmppSession& session);
  static void take_place(const XmppSession& session);
  void remember_end(const XmppSession& session);

  // management.cc
  void pay_ack(const XmppSession& session, Outbox& out);
  bool acknowledge(ManagedStream& managed, std::uint32_t handled, LinkId link, Outbox& out);
  void keep(XmppSession& session, Unacknowledged stanza);
  void look_after(XmppSession& session, Outbox& out);
  bool overfull(const ManagedStream& managed) const;
  bool past_hope(const XmppSession& session) const;
  bool shard_is_full() const;
  void make_room_in_shard(Now now, Outbox& out);
  bool may_end_another(Now now);
  void ask_for_ack(XmppSession& session, Outbox& out);
  void note_progress(Now now, XmppSession& session);
  void owe(XmppSession& session, std::optional<Instant> acks_by);
  void wait_until(XmppSession& session, std::optional<Instant> ends_at);
  void let_go(XmppSession& session);
  void let_go(const std::shared_ptr<InTransit>& transit);
  void send_another_way(InTransit& transit, Outbox& out);
  bool await_resumption(Now now, XmppSession& session);
  bool may_wait(const XmppSession& session) const;
  XmppSession* find_resumable(const ResumeAsked& asked) const;
  void give_up(XmppSession& session, Outbox& out);
  void give_up_overrun(XmppSession& session, Outbox& out);
  void make_room(XmppUser& user, Outbox& out);

  // xmpp_presence.cc
  void send(XmppSession& session, std::string xml, Outbox& out,
            std::shared_ptr<InTransit> transit = nullptr);
  void refuse(const Sent& sent, StanzaError why, Outbox& out, std::string_view text = {});

  // presence.cc
  void take_presence(const Sent& sent, Outbox& out);
  void broadcast(const Sent& sent, Outbox& out);
  void leave(XmppSession& session, const SharedText& after, Outbox& out);
  const SharedText& start_of_presence(XmppSession& session);
  void deliver(const SharedText& before, const SharedText& after, std::span<const Address> to,
               Outbox& out);

  // directed.cc
  void direct(const Sent& sent, Outbox& out);
  void leave_each(const XmppSession& session, const std::vector<Address>& directed,
                  std::string_view before, std::string_view after, Outbox& out);
  void leave_directed(XmppSession& session, const SharedText& after, Outbox& out);
  void pass_on_presence(const Sent& sent, Address to, Outbox& out);
  void take_directed(const StanzaForUser& stanza, Outbox& out);
  void take_probe(const StanzaForUser& probe, Outbox& out);

  // subscriptions.cc
  void ask_subscription(const Sent& sent, SubscriptionVerb verb, Outbox& out);

  // roster.cc
  // While presence_db reads a roster for a session, what is pushed to it waits: of each contact
  // the last.
  struct RosterRead {
    std::uint32_t asked = 0;
    bool interested = false;  // it has had a roster before, or now
    std::vector<RosterPush> pushes;
  };
  void take_roster(const Sent& sent, const xml::Element& query, Outbox& out);
  void roster_read(XmppSession& session, bool done, Outbox& out);
  bool holds_back(const XmppSession& session, const RosterPush& push);

  // routing.cc
  void take_message(const Sent& sent, Outbox& out);
  void take_iq(Now now, const Sent& sent, Outbox& out);
  void route_message(Now now, const StanzaForUser& message, Outbox& out);
  std::uint64_t with_phones(const std::shared_ptr<InTransit>& transit);
  void route_request(Now now, const RequestForUser& request, bool may_see, Outbox& out);
  void bounce(std::string_view kind, std::string_view id, const Address& from, const Address& to,
              Outbox& out);

  // services.cc
  void reply(const Sent& sent, std::string_view payload, Outbox& out);
  void answer_for_account(const Sent& sent, const xml::Element& child, Outbox& out);
  void answer_for_server(const Sent& sent, const xml::Element& child, Outbox& out);
  void ask_for_account(const Sent& sent, const xml::Element& child, Outbox& out);
  void answer_disco(const RequestForUser& request, bool may_see, Outbox& out);

  Shard& shard_;
  XmppSessions sessions_;
  // Of stream management: sessions that wait to be resumed, by when they end, and those of them for
  // which something is kept; those that owe an acknowledgement; those for which it is too late;
  // what is kept for all of them; what phones have beside sessions, by its number; and what was let
  // go by the last of them, and is to be sent another way.
  Schedule waiting_;
  Schedule waiting_with_some_;
  Schedule owing_;
  EndedStreams ended_;
  std::size_t kept_bytes_ = 0;
  // How many sessions a full shard has ended at this instant.
  Instant room_made_at_;
  std::size_t ended_for_room_ = 0;
  UnorderedMap<std::uint64_t, std::shared_ptr<InTransit>> with_phones_;
  std::uint64_t last_transit_ = 0;
  std::deque<std::shared_ptr<InTransit>> let_go_;
  bool stopping_ = false;
  UnorderedMap<SessionId, RosterRead> roster_reads_;
  // What follows the address in the presence of a session that went without a word.
  const SharedText plain_unavailable_ = share("' type='unavailable'/>");
};

}  // namespace muster
