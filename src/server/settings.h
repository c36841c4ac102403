// What an operator decides, as the presence server needs it. Made by the shell from the command
// line or the configuration file (which checks it), constant while the server runs, the same for
// all shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "server/cluster_port.h"
#include "server/load_settings.h"
#include "server/store_port.h"

namespace muster {

// Limits of the interface. At each: what is said to the one who passes it, and where.
struct Limits {
  // --- XMPP
  std::uint32_t stanza_bytes_max = 256 * 1024;  // stream error policy-violation
  std::uint32_t sessions_per_user_max = 20;     // resource-constraint at binding
  std::uint32_t roster_items_max = 1'000;       // not-allowed at roster set and subscribe
  std::uint32_t roster_name_bytes_max = 1023;   // not-acceptable, as are the next two
  std::uint32_t roster_group_bytes_max = 1023;
  std::uint32_t roster_groups_max = 32;  // of one item
  // What comes along with subscribe is stored (RFC 6121 section 3.1.3, last security warning).
  std::uint32_t subscription_bytes_max = 4 * 1024;  // of the stanza: policy-violation
  std::uint32_t directed_presences_max = 200;       // of one session: resource-constraint
  std::uint32_t streams_per_shard_max = 500'000;    // stream error resource-constraint
  std::uint32_t sasl_attempts_max = 5;              // stream error policy-violation
  std::uint32_t bind_attempts_max = 10;             // stream error policy-violation
  std::uint32_t registration_attempts_max = 5;      // of one stream: not-acceptable
  Duration login_time_max = Duration::seconds(60);  // stream error connection-timeout
  // How long a stream may be silent before it is pinged, and how long it may take to answer.
  Duration stream_silence_max = Duration::minutes(5);
  Duration ping_answer_time_max = Duration::seconds(30);
  // Stream management (XEP-0198). What one session was sent and has not acknowledged. Beyond, one
  // that has no link ends at once; one with a link if it does not come to have less within
  // ping_answer_time_max, or has four times the bytes: policy-violation. Messages go another way.
  std::uint32_t unacknowledged_stanzas_max = 2'000;
  std::uint32_t unacknowledged_bytes_max = 1024 * 1024;
  // All of them together. Beyond, those end that have too much, then those that wait and have
  // anything, the longest first; then who is sent more, if it has as much as the average.
  std::uint32_t unacknowledged_bytes_per_shard_max = 256 * 1024 * 1024;
  // After so many more stanzas the client is asked what it handled; after a message or a request at
  // once. It is not asked again before it has answered, but for the <r/> that is its ping.
  std::uint32_t stanzas_per_ack_request = 8;
  // Sessions that wait to be resumed: one too many ends with its link, as one that cannot be.
  std::uint32_t waiting_sessions_per_shard_max = 100'000;
  // The session ends; less than a second: there is no resuming.
  Duration resumption_time_max = Duration::minutes(5);

  // --- SIP
  std::uint32_t sip_header_bytes_max = 16 * 1024;  // 513; a stream closes
  std::uint32_t sip_body_bytes_max = 64 * 1024;    // 413; a stream closes
  // Server transactions: the oldest answer is forgotten early; if all are young, 503, Retry-After.
  std::uint32_t sip_requests_per_shard_max = 200'000;
  std::uint32_t sip_request_bytes_per_shard_max = 64 * 1024 * 1024;  // unanswered: 503
  std::uint32_t sip_calls_per_shard_max = 500'000;  // requests of ours: as if answered by 503
  std::uint32_t sip_links_per_shard_max = 100'000;  // that peers opened: closed
  std::uint32_t sip_peers_per_shard_max = 65'536;   // to which we open links: as if they refused
  std::uint32_t sip_unfinished_bytes_per_shard_max = 64 * 1024 * 1024;  // of streams: closed
  Duration sip_message_time_max = Duration::seconds(32);  // half a message: the link closes
  Duration sip_link_silence_max = Duration::minutes(20);  // RFC 5626 4.4.1 pings within 14: closed
  std::uint32_t sip_dialog_bytes_max = 4 * 1024;          // 513: what a SUBSCRIBE makes us keep
  std::uint32_t watches_per_watcher_max = 1'000;          // 403
  std::uint32_t watchers_per_presentity_max = 10'000;     // 503
  std::uint32_t publications_per_user_max = 10;           // 403
  std::uint32_t registrations_per_user_max = 10;          // 403
  std::uint32_t registration_bytes_max = 2 * 1024;        // 513: what one Contact makes us keep
  std::uint32_t page_message_bytes_max = 16 * 1024;       // 413: the body of a MESSAGE
  std::uint32_t page_messages_waiting_max = 20;           // of one phone: 480
  std::uint32_t document_bytes_max = 32 * 1024;           // 413
  Duration expires_min = Duration::seconds(60);           // 423, Min-Expires
  Duration subscription_time_max = Duration::seconds(600);
  Duration publication_time_max = Duration::seconds(3600);
  Duration registration_time_max = Duration::seconds(3600);
  // RFC 3856 section 6.10: watchers hear of a presentity at most this often.
  Duration notify_interval_min = Duration::seconds(5);

  // --- presence on its way from one protocol to the other
  std::uint32_t composed_bytes_max = 64 * 1024;  // a document for SIP watchers: it says less
  std::uint32_t status_bytes_max = 2 * 1024;     // a <status/> or <note>: cut
  std::uint32_t statuses_max = 16;               // of one presence: the rest is left out
  std::uint32_t tuples_shown_max = 16;  // of a publication, to XMPP contacts: the rest is not shown

  bool resume_sessions() const { return resumption_time_max >= Duration::seconds(1); }
};

// Of the links to the other servers (load_control/server_links.h).
struct ServerLinkSettings {
  // From when a link is open until the peer has said who it is, and we believe it.
  Duration hello_time_max = Duration::seconds(3);
  // How long a peer that we do not know waits until we do: longer than another server's lease is
  // not told, shorter than the peer itself waits.
  Duration unknown_time_max = Duration::seconds(2);
  // After so long without a word a ping is sent; after so long without one the link is lost. That
  // is before a lease of a server that fell silent runs out.
  Duration ping_after = Duration::milliseconds(400);
  Duration lost_after = Duration::milliseconds(1'500);
  // How long to wait until a link is opened again: twice as long after each failure, and of that at
  // least half, by chance.
  Duration reopen_after_min = Duration::milliseconds(100);
  Duration reopen_after_max = Duration::seconds(2);
};

// Of a server that is one of many (server/cluster_port.h).
struct ClusterSettings {
  cluster::Self self;
  bool standby = false;  // it waits to be taken in
  // The name by which users reach this server alone: it stands for the first domain, as our address
  // does. Canonical; empty: it has none.
  std::string host_name = {};
  // How long the others believe in a server that says nothing; and after how much of it, counted
  // from when it was asked for, it is asked for anew: the rest is for a store that is busy.
  Duration lease_time = Duration::milliseconds(2'000);
  Duration renew_after = Duration::milliseconds(500);
  // When the store could not give it.
  Duration ask_again_after = Duration::milliseconds(250);
  ServerLinkSettings links = {};
  // Accounts that may subscribe to the cluster document here.
  std::vector<Address> document_watchers = {};
  // Its max_level is that of `self`.
  cluster::LoadSettings load = {};
};

struct Settings {
  // The domains this service serves; the first one names the server.
  std::vector<std::string> domains;
  // Who may do what without TLS, and without proof (musterd dev).
  bool plain_without_tls = false;
  bool tls_offered = false;
  bool in_band_registration = false;
  bool loopback_sip_trusted = false;
  bool auto_accounts = false;
  bool allow_all_watchers = false;
  // SIP digest algorithms, best first (RFC 8760). Some phones give up at one they do not know.
  bool sip_digest_sha256 = true;
  bool sip_digest_md5 = true;
  WatcherPolicy default_policy = WatcherPolicy::ask;
  Limits limits;

  // None: this server is alone, and the only one who changes the store of users.
  std::optional<ClusterSettings> cluster;

  // Of this software, told to XMPP users who ask (XEP-0092); empty: not told.
  std::string version;

  bool is_own_name(std::string_view host) const {
    return cluster && !cluster->host_name.empty() && cluster->host_name == host;
  }
  bool serves(std::string_view domain) const {
    for (const std::string& ours : domains) {
      if (ours == domain) return true;
    }
    return false;
  }
};

}  // namespace muster
