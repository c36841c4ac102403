#include "server/presence_server.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/one_of.h"
#include "base/overloaded.h"

namespace muster {
namespace {

// The table: which module accepts which event. Two that are about links and accounts have two.
template <class E>
inline constexpr bool kForXmppStreams =
    kIsOneOf<E, UnreadBytes, BindGranted, BindRefused, EndStream, ResumeGranted, ResumeRefused,
             AccountGone, AccountKept, StreamPlaced, RedirectStream, RelayedStreamBegun,
             EndRelayedStream, RelayedStreamCame, RelayedBytes, RelayedLinkClosed>;
template <class E>
inline constexpr bool kForXmppPresence =
    kIsOneOf<E, BindAsked, StanzaReceived, StreamEnded, ManagementAsked, AckAsked, AckReceived,
             StanzaTaken, StanzaForSession, QueueOverran, PhonesDone, ResumeAsked, StanzaForUser,
             RequestWeighed, PresenceBroadcast, PresenceReply, RosterAnswered, RosterItemAnswered,
             RosterPush, SubscriptionSettled, SubscriptionRefused, SubscriptionShown, UserReady,
             AccountGone, UserLeaves, UserHasLeft, UserServed>;
template <class E>
inline constexpr bool kForSipMessages =
    kIsOneOf<E, SipMessageArrived, SendOnLink, FlowLost, SipResponseReady, SipRequestsReady,
             RequestPlaced, LinkProxied, FromRelay, ServerGone>;
template <class E>
inline constexpr bool kForSipPresence =
    kIsOneOf<E, SipRequestReceived, SipRequestEnded, FlowLost, WatchDecided, WatchesNotified,
             PublishAnswered, PageMessage, PageMessageAnswered, MessageDelivered, AccountGone,
             UserLeaves, UserHasLeft, UserServed, ServerGone, PhoneRegisters>;
template <class E>
inline constexpr bool kForPresenceDb =
    kIsOneOf<E, UserWanted, UserUnwanted, ResourceChanged, ContactsProbed, ProbeAsked,
             RequestForUser, RosterAsked, RosterItemAsked, SubscriptionAsked, RelationChanged,
             PublishAsked, RegistrationsChanged, TuplesConverted, DocumentComposed, WatchAsked,
             WatchRefreshed, WatchEnded, DropAccount, UserServed, PresenceElsewhere, PresenceAsked,
             UserLeaves, DirectedEnds, RecordsDoubted>;
template <class E>
inline constexpr bool kForConversion =
    kIsOneOf<E, DocumentWanted, TuplesToConvert, MessageToSip, MessageToXmpp, PageMessageRefused>;
template <class E>
inline constexpr bool kForLoadControl =
    kIsOneOf<E, ShardStopped, StreamToPlace, RequestToPlace, ResidentChanged, SubscriptionsCounted,
             OwnerWanted, OwnerFound, UserComes, YieldAsked, YieldAnswered, UsersLeft, ShardLoad,
             UsersToMove, MovesChosen, MoveDecided, MovesEnded, PhonesMayMove, PhoneWeighed,
             PhoneMoves, UsersListWanted, UsersListed, ContactsWanted, PresenceWanted,
             PresenceUnwanted, PresenceHere, RelationToTell, ToServers, ConcernsCame, ServerUp,
             ServerSaidAll, ServerGone, SaidWeighed, RelayStream, BytesToRelay, RelayedStreamEnded,
             ToRelay, FromRelay, ServerDown, ClusterWatched>;
// Of a user: where there is a cluster it goes to the server that serves her.
template <class E>
inline constexpr bool kFollowsUser =
    kIsOneOf<E, StanzaForUser, RequestForUser, PageMessage, PageMessageAnswered>;

}  // namespace

PresenceServer::PresenceServer(ShardId self, std::uint8_t shards, const Settings& settings,
                               Prng prng, Planted planted)
    : shard_{self, shards, settings, std::move(prng), planted},
      out_(self, settings.cluster.has_value()),
      xmpp_streams_(shard_),
      xmpp_presence_(shard_),
      sip_messages_(shard_),
      sip_presence_(shard_),
      presence_db_(shard_),
      conversion_(shard_),
      load_control_(shard_) {}

void PresenceServer::step(Now now, const Input& input) {
  accept(now, input);
  std::size_t carried = 0;
  carry_all(now, carried);
  // What leaves last for other servers may come back, where it does not fit.
  do {
    take_of_servers(now, carried);
    load_control_.steer(now, out_);
    carry_all(now, carried);
    load_control_.take_orders(out_);
    carry_all(now, carried);
  } while (!of_servers_.empty());
  load_control_.flush(now, out_);
  if (stopping_ && !stopped_ && serves_nobody()) end(now);
}

void PresenceServer::take_of_servers(Now now, std::size_t& carried) {
  while (!of_servers_.empty()) {
    const OfServers next = std::move(of_servers_.front());
    of_servers_.pop_front();
    take(now, next);
    carry_all(now, carried);
  }
}

void PresenceServer::carry_all(Now now, std::size_t& carried) {
  while (out_.has_event()) {
    MUSTER_CHECK(++carried <= kRunaway);
    carry(now, out_.event());
    out_.drop_event();
  }
}

// The lease goes last, once no shard serves anybody.
void PresenceServer::end(Now now) {
  load_control_.leave(now, out_);
  if (!load_control_.idle()) return;
  stopped_ = true;
  if (shard_.settings.cluster && shard_.self != ShardId()) {
    out_.order(ToShard{ShardId(), ShardStopped{}});
  }
  out_.order(Stopped{});
}

bool PresenceServer::idle() const {
  return serves_nobody() && load_control_.idle();
}

bool PresenceServer::serves_nobody() const {
  return xmpp_streams_.size() == 0 && xmpp_presence_.idle() && sip_presence_.idle() &&
         sip_messages_.idle() && presence_db_.idle();
}

// What comes from outside goes to the module that owns the link, or that asked.
void PresenceServer::accept(Now now, const Input& input) {
  const auto by_link = [&](const auto& fact) {
    if (is_xmpp(fact.link)) {
      xmpp_streams_.on(now, fact, out_);
    } else if (load_control_.has(fact.link)) {
      load_control_.on(now, fact, out_);
    } else {
      sip_messages_.on(now, fact, out_);
    }
  };
  std::visit(
      Overloaded{
          [&](const Started& started) {
            load_control_.on(now, started, out_);
            // One of many waits for its lease.
            if (!shard_.settings.cluster) presence_db_.on(now, started, out_);
          },
          [&](const LinkOpened& opened) { open_link(now, opened); },
          [&](const LinkFailed& failed) {
            failed.use == LinkUse::server ? load_control_.on(now, failed, out_)
                                          : sip_messages_.on(now, failed, out_);
          },
          [&](const BytesReceived& received) { by_link(received); },
          [&](const LinkClosed& closed) { by_link(closed); },
          [&](const TlsStarted& started) { by_link(started); },
          [&](const LinkArrived& arrived) { xmpp_streams_.on(now, arrived, out_); },
          [&](const DatagramReceived& datagram) { sip_messages_.on(now, datagram, out_); },
          [&](const SaslAnswered& answered) { xmpp_streams_.on(now, answered, out_); },
          [&](const DigestAnswered& answered) { sip_messages_.on(now, answered, out_); },
          [&](const StoreAnswered& answered) { presence_db_.on(now, answered, out_); },
          [&](const ClusterAnswered& answered) { load_control_.on(now, answered, out_); },
          [&](const ServerFenced& fenced) { load_control_.on(now, fenced, out_); },
          [&](const RegistrationAnswered& answered) { xmpp_streams_.on(now, answered, out_); },
          [&](const AdminAsked& asked) {
            home_account_of(asked.request) != nullptr ? presence_db_.on(now, asked, out_)
                                                      : load_control_.on(now, asked, out_);
          },
          [&](const FromShard& from) { carry(now, from.event); },
          [&](const ShardMeasured& measured) { load_control_.on(now, measured, out_); },
          [&](const DeadlineHit&) {
            xmpp_streams_.wake(now, out_);
            xmpp_presence_.wake(now, out_);
            sip_messages_.wake(now, out_);
            sip_presence_.wake(now, out_);
            presence_db_.wake(now, out_);
            load_control_.wake(now, out_);
          },
          [&](const StopAsked& stop) {
            stopping_ = true;
            // SIP watchers first: theirs are not to hear of each session that ends.
            sip_presence_.on(now, stop, out_);
            sip_messages_.on(now, stop, out_);
            xmpp_streams_.on(now, stop, out_);
            xmpp_presence_.on(now, stop, out_);
          },
          [&](const LifeOver& over) { sip_presence_.on(now, over, out_); },
      },
      input);
}

void PresenceServer::open_link(Now now, const LinkOpened& opened) {
  switch (opened.use) {
    case LinkUse::xmpp:
    case LinkUse::web_socket: return xmpp_streams_.on(now, opened, out_);
    case LinkUse::sip: return sip_messages_.on(now, opened, out_);
    case LinkUse::server: return load_control_.on(now, opened, out_);
  }
}

void PresenceServer::carry(Now now, const Event& event) {
  std::visit(
      [&]<class E>(const E& happened) {
        if constexpr (kFollowsUser<E>) {
          if (!load_control_.send_on(now, happened, out_)) deliver(now, happened);
        } else if constexpr (std::is_same_v<E, SaidToWeigh>) {
          if (load_control_.weigh(now, happened, out_)) return;
          std::visit([&](const auto& said) { deliver(now, said); }, happened.said);
        } else if constexpr (kIsHeldBy<E, OfServers>) {
          of_servers_.emplace_back(happened);
        } else {
          deliver(now, happened);
        }
      },
      event);
}

void PresenceServer::take(Now now, const OfServers& happened) {
  const auto* from = std::get_if<FromServer>(&happened);
  if (from == nullptr) {
    std::visit(
        [&]<class E>(const E& one) {
          if constexpr (!std::is_same_v<E, FromServer>) deliver(now, one);
        },
        happened);
    return;
  }
  const std::optional<UserEvent> came = load_control_.hear(now, *from, out_);
  if (came) std::visit([&](const auto& one) { deliver(now, one); }, *came);
}

// To the modules of this shard.
template <class E>
void PresenceServer::deliver(Now now, const E& happened) {
  static_assert(kForXmppStreams<E> || kForXmppPresence<E> || kForSipMessages<E> ||
                    kForSipPresence<E> || kForPresenceDb<E> || kForConversion<E> ||
                    kForLoadControl<E>,
                "an event that no module accepts");
  if constexpr (kForXmppStreams<E>) xmpp_streams_.on(now, happened, out_);
  if constexpr (kForXmppPresence<E>) xmpp_presence_.on(now, happened, out_);
  if constexpr (kForSipMessages<E>) sip_messages_.on(now, happened, out_);
  if constexpr (kForSipPresence<E>) sip_presence_.on(now, happened, out_);
  if constexpr (kForPresenceDb<E>) presence_db_.on(now, happened, out_);
  if constexpr (kForConversion<E>) conversion_.on(now, happened, out_);
  if constexpr (kForLoadControl<E>) load_control_.on(now, happened, out_);
}

std::optional<Instant> PresenceServer::next_deadline() const {
  std::optional<Instant> earliest;
  for (const std::optional<Instant>& next :
       {xmpp_streams_.next_deadline(), xmpp_presence_.next_deadline(),
        sip_messages_.next_deadline(), sip_presence_.next_deadline(), presence_db_.next_deadline(),
        load_control_.next_deadline()}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

}  // namespace muster
