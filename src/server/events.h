// What the modules of one presence server say to each other, by subject. What one module emits is
// the very type that another accepts; presence_server carries the values (its table says to whom),
// within the shard or to another shard. No event is answered by a call.
//
// A comment says "from -> to". Where the `to` lives on another shard, the event owns all that it
// says; the few events that hold views never leave the step in which they were made, and say so.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "base/one_of.h"
#include "server/admin_events.h"
#include "server/cluster_events.h"
#include "server/message_events.h"
#include "server/presence_events.h"
#include "server/said_events.h"
#include "server/sip_events.h"
#include "server/watch_events.h"
#include "server/xmpp_events.h"

namespace muster {

using AnyEvent = std::variant<
    // xmpp_events.h
    UnreadBytes, BindAsked, BindGranted, BindRefused, StanzaReceived, StreamEnded, EndStream,
    ManagementAsked, AckAsked, AckReceived, StanzaTaken, StanzaForSession, QueueOverran,
    ResumeAsked, ResumeGranted, ResumeRefused, StanzaForUser, RequestForUser, RequestWeighed,
    PresenceBroadcast, DirectedEnds, PresenceReply, RosterAsked, RosterAnswered, RosterItemAsked,
    RosterItemAnswered, RosterPush, SubscriptionAsked, SubscriptionSettled, SubscriptionRefused,
    SubscriptionShown,
    // presence_events.h
    UserWanted, UserReady, UserUnwanted, ResourceChanged, ContactsProbed, ProbeAsked,
    RelationChanged, RelationToTell, PublishAsked, PublishAnswered, RegistrationsChanged,
    TuplesToConvert, TuplesConverted, DocumentWanted, DocumentComposed, ContactsWanted, UserServed,
    PresenceWanted, PresenceUnwanted, PresenceElsewhere, PresenceAsked, PresenceHere,
    RecordsDoubted,
    // watch_events.h
    WatchAsked, WatchDecided, WatchRefreshed, WatchEnded, WatchesNotified, ClusterWatched,
    // message_events.h
    MessageToSip, MessageToXmpp, PageMessage, PageMessageAnswered, PageMessageRefused,
    MessageDelivered, PhonesDone,
    // sip_events.h
    SipMessageArrived, SendOnLink, LinkProxied, FlowLost, SipRequestReceived, SipResponseReady,
    SipRequestsReady, SipRequestEnded,
    // admin_events.h
    DropAccount, AccountGone, AccountKept,
    // cluster_events.h
    ShardStopped, StreamToPlace, StreamPlaced, RequestToPlace, RequestPlaced, ResidentChanged,
    SubscriptionsCounted, OwnerWanted, OwnerFound, UserComes, YieldAsked, YieldAnswered, UsersLeft,
    ShardLoad, UsersToMove, MovesChosen, MoveDecided, MovesEnded, PhonesMayMove, PhoneRegisters,
    PhoneWeighed, PhoneMoves, UserLeaves, RedirectStream, UserHasLeft, UsersListWanted, UsersListed,
    ToServers, FromServer, ConcernsCame, ServerUp, ServerSaidAll, ServerGone, RelayStream,
    BytesToRelay, RelayedStreamEnded, RelayedStreamBegun, EndRelayedStream, RelayedStreamCame,
    RelayedBytes, RelayedLinkClosed, ToRelay, FromRelay, ServerDown,
    // said_events.h
    SaidToWeigh, SaidWeighed>;

// Its copies, moves and ends are compiled once, in events.cc: a switch over all alternatives in
// every file that touches a vector of events makes each such file take half a minute.
struct Event : AnyEvent {
  template <class E>
  requires kIsHeldBy<std::remove_cvref_t<E>, AnyEvent> Event(E&& event)
      : AnyEvent(std::in_place_type<std::remove_cvref_t<E>>, std::forward<E>(event)) {}
  Event(const Event& other);
  Event(Event&& other) noexcept;
  Event& operator=(const Event& other);
  Event& operator=(Event&& other) noexcept;
  ~Event();
};

}  // namespace muster
