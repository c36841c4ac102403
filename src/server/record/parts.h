// What the values consist of that a recording writes, reads or folds into a digest: how many
// members each struct has (a member more or less does not compile), and the last of each
// enumeration. A change of any of them changes the format: see kFormatVersion (format.h).
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "server/ports.h"
#include "server/settings.h"
#include "server/values.h"

namespace muster {

// All of them are numbers and durations.
template <class L>
requires std::is_same_v<std::remove_const_t<L>, Limits>
auto parts_of(L& l) {
  return std::tie(
      l.stanza_bytes_max, l.sessions_per_user_max, l.roster_items_max, l.roster_name_bytes_max,
      l.roster_group_bytes_max, l.roster_groups_max, l.subscription_bytes_max,
      l.directed_presences_max, l.streams_per_shard_max, l.sasl_attempts_max, l.bind_attempts_max,
      l.registration_attempts_max, l.login_time_max, l.stream_silence_max, l.ping_answer_time_max,
      l.unacknowledged_stanzas_max, l.unacknowledged_bytes_max,
      l.unacknowledged_bytes_per_shard_max, l.stanzas_per_ack_request,
      l.waiting_sessions_per_shard_max, l.resumption_time_max, l.sip_header_bytes_max,
      l.sip_body_bytes_max, l.sip_requests_per_shard_max, l.sip_request_bytes_per_shard_max,
      l.sip_calls_per_shard_max, l.sip_links_per_shard_max, l.sip_peers_per_shard_max,
      l.sip_unfinished_bytes_per_shard_max, l.sip_message_time_max, l.sip_link_silence_max,
      l.sip_dialog_bytes_max, l.watches_per_watcher_max, l.watchers_per_presentity_max,
      l.publications_per_user_max, l.registrations_per_user_max, l.registration_bytes_max,
      l.page_message_bytes_max, l.page_messages_waiting_max, l.document_bytes_max, l.expires_min,
      l.subscription_time_max, l.publication_time_max, l.registration_time_max,
      l.notify_interval_min, l.composed_bytes_max, l.status_bytes_max, l.statuses_max,
      l.tuples_shown_max);
}
// One more limit is written too.
static_assert(sizeof(Limits) == 248);

}  // namespace muster

namespace muster::value {

template <>
inline constexpr std::size_t kParts<Now> = 2;
template <>
inline constexpr std::size_t kParts<Endpoint> = 2;
template <>
inline constexpr std::size_t kParts<IpAddress> = 1;

// Facts, and what is in them.
template <>
inline constexpr std::size_t kParts<LinkOpened> = 7;
template <>
inline constexpr std::size_t kParts<LinkFailed> = 2;
template <>
inline constexpr std::size_t kParts<LinkClosed> = 1;
template <>
inline constexpr std::size_t kParts<TlsStarted> = 3;
template <>
inline constexpr std::size_t kParts<SaslAnswered> = 5;
template <>
inline constexpr std::size_t kParts<DigestAnswered> = 4;
template <>
inline constexpr std::size_t kParts<StoreAnswered> = 2;
template <>
inline constexpr std::size_t kParts<ClusterAnswered> = 2;
template <>
inline constexpr std::size_t kParts<ServerFenced> = 2;
template <>
inline constexpr std::size_t kParts<RegistrationAnswered> = 3;
template <>
inline constexpr std::size_t kParts<AdminAsked> = 2;
template <>
inline constexpr std::size_t kParts<ShardMeasured> = 1;
template <>
inline constexpr std::size_t kParts<cluster::Measures> = 4;
template <>
inline constexpr std::size_t kParts<cluster::Share> = 2;

template <>
inline constexpr std::size_t kParts<UserLoaded> = 5;
template <>
inline constexpr std::size_t kParts<PublicationsLoaded> = 1;
template <>
inline constexpr std::size_t kParts<RosterLoaded> = 3;
template <>
inline constexpr std::size_t kParts<RosterItemSet> = 2;
template <>
inline constexpr std::size_t kParts<SubscriptionChanged> = 5;
template <>
inline constexpr std::size_t kParts<PendingLoaded> = 1;
template <>
inline constexpr std::size_t kParts<PendingLoaded::Request> = 2;
template <>
inline constexpr std::size_t kParts<PublicationStored> = 1;
template <>
inline constexpr std::size_t kParts<AccountRemoved> = 1;
template <>
inline constexpr std::size_t kParts<AccountRemoved::Contact> = 2;
template <>
inline constexpr std::size_t kParts<StoreRefused> = 1;
template <>
inline constexpr std::size_t kParts<StoreFailed> = 1;
template <>
inline constexpr std::size_t kParts<Contact> = 3;
template <>
inline constexpr std::size_t kParts<Relation> = 3;
template <>
inline constexpr std::size_t kParts<RosterItem> = 4;
template <>
inline constexpr std::size_t kParts<RelationChange> = 4;
template <>
inline constexpr std::size_t kParts<StoredPublication> = 3;

template <>
inline constexpr std::size_t kParts<cluster::Self> = 4;
template <>
inline constexpr std::size_t kParts<cluster::ServerEndpoint> = 4;
template <>
inline constexpr std::size_t kParts<cluster::LoadLevel> = 1;
template <>
inline constexpr std::size_t kParts<cluster::Member> = 4;
template <>
inline constexpr std::size_t kParts<cluster::Directory> = 3;
template <>
inline constexpr std::size_t kParts<cluster::LeaseTaken> = 2;
template <>
inline constexpr std::size_t kParts<cluster::LeaseRenewed> = 1;
template <>
inline constexpr std::size_t kParts<cluster::MainTaken> = 1;
template <>
inline constexpr std::size_t kParts<cluster::Owners> = 1;
template <>
inline constexpr std::size_t kParts<cluster::AssignmentsSwept> = 1;
template <>
inline constexpr std::size_t kParts<cluster::ClusterRefused> = 1;

template <>
inline constexpr std::size_t kParts<ListWatchers> = 1;
template <>
inline constexpr std::size_t kParts<DecideWatcher> = 3;
template <>
inline constexpr std::size_t kParts<ChangePolicy> = 2;
template <>
inline constexpr std::size_t kParts<DropAccount> = 1;
template <>
inline constexpr std::size_t kParts<EndSessions> = 1;
template <>
inline constexpr std::size_t kParts<FindUser> = 1;
template <>
inline constexpr std::size_t kParts<ListUsers> = 2;
template <>
inline constexpr std::size_t kParts<OrderServer> = 2;

// Orders, and what is in them.
template <>
inline constexpr std::size_t kParts<SendDatagram> = 3;
template <>
inline constexpr std::size_t kParts<FanOut> = 4;
template <>
inline constexpr std::size_t kParts<FanOut::Recipient> = 3;
template <>
inline constexpr std::size_t kParts<FanOutDatagrams> = 2;
template <>
inline constexpr std::size_t kParts<FanOutDatagrams::Recipient> = 3;
template <>
inline constexpr std::size_t kParts<StartTls> = 2;
template <>
inline constexpr std::size_t kParts<PauseReading> = 1;
template <>
inline constexpr std::size_t kParts<ResumeReading> = 1;
template <>
inline constexpr std::size_t kParts<CloseLink> = 1;
template <>
inline constexpr std::size_t kParts<OpenLink> = 5;
template <>
inline constexpr std::size_t kParts<AskStore> = 2;
template <>
inline constexpr std::size_t kParts<Log> = 4;
template <>
inline constexpr std::size_t kParts<AnswerAdmin> = 2;
template <>
inline constexpr std::size_t kParts<AdminReply> = 4;
template <>
inline constexpr std::size_t kParts<UserSeen> = 3;
template <>
inline constexpr std::size_t kParts<ServerSeen> = 6;
template <>
inline constexpr std::size_t kParts<ServerSeen::Load> = 2;
template <>
inline constexpr std::size_t kParts<ServerSeen::Own> = 6;

template <>
inline constexpr std::size_t kParts<LoadUser> = 4;
template <>
inline constexpr std::size_t kParts<LoadPublications> = 1;
template <>
inline constexpr std::size_t kParts<LoadRoster> = 2;
template <>
inline constexpr std::size_t kParts<SetRosterItem> = 5;
template <>
inline constexpr std::size_t kParts<RemoveRosterItem> = 2;
template <>
inline constexpr std::size_t kParts<ChangeSubscription> = 5;
template <>
inline constexpr std::size_t kParts<AskToWatch> = 4;
template <>
inline constexpr std::size_t kParts<LoadPending> = 1;
template <>
inline constexpr std::size_t kParts<StorePublication> = 7;
template <>
inline constexpr std::size_t kParts<RemovePublication> = 3;
template <>
inline constexpr std::size_t kParts<ExpirePublications> = 2;
template <>
inline constexpr std::size_t kParts<SetWatcherPolicy> = 2;
template <>
inline constexpr std::size_t kParts<RemoveAccount> = 1;

template <>
inline constexpr std::size_t kParts<AskCluster> = 2;
template <>
inline constexpr std::size_t kParts<FenceServer> = 1;
template <>
inline constexpr std::size_t kParts<LeaseHeld> = 1;
template <>
inline constexpr std::size_t kParts<cluster::TakeLease> = 3;
template <>
inline constexpr std::size_t kParts<cluster::RenewLease> = 2;
template <>
inline constexpr std::size_t kParts<cluster::EndLease> = 1;
template <>
inline constexpr std::size_t kParts<cluster::TakeMain> = 1;
template <>
inline constexpr std::size_t kParts<cluster::DeclareGone> = 2;
template <>
inline constexpr std::size_t kParts<cluster::ForgetServer> = 2;
template <>
inline constexpr std::size_t kParts<cluster::SetRole> = 5;
template <>
inline constexpr std::size_t kParts<cluster::FindOwners> = 2;
template <>
inline constexpr std::size_t kParts<cluster::AssignUsers> = 2;
template <>
inline constexpr std::size_t kParts<cluster::AssignUsers::One> = 3;
template <>
inline constexpr std::size_t kParts<cluster::ReleaseUsers> = 2;
template <>
inline constexpr std::size_t kParts<cluster::SweepAssignments> = 2;

template <>
inline constexpr std::size_t kParts<ClusterSettings> = 9;
template <>
inline constexpr std::size_t kParts<cluster::LoadSettings> = 15;
template <>
inline constexpr std::size_t kParts<ServerLinkSettings> = 6;
template <>
inline constexpr std::size_t kParts<Settings> = 13;

template <>
inline constexpr LinkUse kLast<LinkUse> = LinkUse::web_socket;
template <>
inline constexpr cluster::LoadIndex kLast<cluster::LoadIndex> = cluster::LoadIndex::measured;
template <>
inline constexpr cluster::PlacingPolicy kLast<cluster::PlacingPolicy> =
    cluster::PlacingPolicy::limit;
template <>
inline constexpr Transport kLast<Transport> = Transport::tls;
template <>
inline constexpr auto kLast<SaslAnswered::Outcome> = SaslAnswered::Outcome::failure;
template <>
inline constexpr auto kLast<DigestAnswered::Outcome> = DigestAnswered::Outcome::store_failed;
template <>
inline constexpr auto kLast<RegistrationAnswered::Outcome> =
    RegistrationAnswered::Outcome::store_failed;
template <>
inline constexpr auto kLast<cluster::PresType> = cluster::PresType::both;
template <>
inline constexpr SaslError kLast<SaslError> = SaslError::temporary_auth_failure;
template <>
inline constexpr auto kLast<StoreRefused::Why> = StoreRefused::Why::too_many;
template <>
inline constexpr auto kLast<StoreFailed::Why> = StoreFailed::Why::broken;
template <>
inline constexpr auto kLast<cluster::Role> = cluster::Role::releasing;
template <>
inline constexpr auto kLast<cluster::ServerEndpoint::Kind> = cluster::ServerEndpoint::Kind::wss;
template <>
inline constexpr auto kLast<cluster::ClusterRefused::Why> = cluster::ClusterRefused::Why::too_many;
template <>
inline constexpr WatcherPolicy kLast<WatcherPolicy> = WatcherPolicy::deny;
template <>
inline constexpr Subscription kLast<Subscription> = Subscription::both;
template <>
inline constexpr SubscriptionVerb kLast<SubscriptionVerb> = SubscriptionVerb::unsubscribed;

}  // namespace muster::value
