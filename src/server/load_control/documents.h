// The cluster document, as this server tells it to the others and knows it by them (paper, section
// 3.2 and figure 5; docs/wire.md, "The exchange"). Of the whole server; seated on shard 0. It has
// no link and asks no store: what comes of an input are values in outcomes(), which the caller
// carries out and clears.
//
// There are two kinds of documents. Each server is the notifier of its own, which has its level,
// the number of its users and its endpoints, and whose entity is its svr_id. The main subscribes to
// all of them, and is the notifier of the service's, whose entity is the service's URI; the others
// subscribe to that. A server whose role is standby subscribes to nothing until it was taken in
// (invitation.h); then it does, whatever its directory still calls it.
//
// Limits: cluster::Limits (a peer's document: 413), and those of link_sip.h, document_notifier.h,
// document_watch.h, cluster_picture.h. What each peer sent that is wrong is counted, and told once
// for each kind (document_fault.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "codec/cluster/read.h"
#include "model/cluster/document.h"
#include "server/cluster_port.h"
#include "server/load_control/cluster_picture.h"
#include "server/load_control/document_fault.h"
#include "server/load_control/document_notifier.h"
#include "server/load_control/document_watch.h"
#include "server/load_control/invitation.h"
#include "server/load_control/link_outcome.h"
#include "server/load_control/link_sip.h"
#include "server/load_control/users_notifier.h"

namespace muster {

// The elements of a server to which no link has been up for longer leave the main's picture, though
// the directory still has it.
inline constexpr Duration kUnlinkedTimeMax = Duration::seconds(10);

// What a server says of its own load.
struct OwnLoad {
  cluster::LoadLevel level;
  std::optional<cluster::LoadLevel> max;
  std::uint32_t users = 0;
  friend bool operator==(const OwnLoad&, const OwnLoad&) = default;
};

class Documents {
 public:
  struct Settings {
    std::string entity;                              // the service's URI
    std::string transport = "TLS";                   // of the links, as Via names it
    std::vector<cluster::ServerEndpoint> endpoints;  // where users reach this server, sorted
    cluster::Limits limits;
  };

  // This life of the server. `prng` outlives it.
  Documents(Settings settings, std::string svr_id, cluster::Incarnation self, Prng& prng);

  // --- inputs
  // The link to a server is up, or is cut; and a whole message that came over it.
  void peer_up(Instant now, cluster::Incarnation peer);
  void peer_down(Instant now, cluster::Incarnation peer);
  void came(Instant now, cluster::Incarnation peer, std::string_view bytes);
  // As the store last told it.
  void directory(Instant now, const cluster::Directory& directory);
  void own(Instant now, const OwnLoad& load);
  // As main: asks a candidate in; once it said 200, takes it in, or sends it away; lets go who was
  // taken in. Answer to the first: InviteAnswered.
  void invite(Instant now, cluster::Incarnation candidate);
  void confirm(Instant now, cluster::Incarnation candidate);
  void dismiss(Instant now, cluster::Incarnation server);
  // It serves nobody any more: all subscriptions are ended, in order.
  void leave(Instant now);
  void wake(Instant now);
  std::optional<Instant> next_deadline() const;

  // Asks another server, to which a link is up, for all its users: UsersCame or UsersFailed
  // follows, unless it is asked already.
  void ask_users(Instant now, cluster::Incarnation peer);
  // The answer to UsersWanted: this server's users, sorted by their addresses.
  void give_users(Instant now, std::vector<cluster::User> users);

  LinkOutcomes& outcomes() { return outcomes_; }

  // --- what is known
  // The service's document as this server knows it: of no server, before anything came.
  const cluster::Document& picture() const;
  // What this server tells of itself.
  const cluster::Document& own_document() const { return own_document_; }
  // How a level in it is to be taken. The number grows with each report of that server's load that
  // came: one that was not counted yet may be in the next.
  struct Report {
    std::uint64_t number = 0;
    bool stale = true;  // no link brings its reports now
  };
  Report report(std::string_view svr_id) const;

  bool is_main() const { return picture_.has_value(); }
  // Whether that server subscribes to the service's document here.
  bool is_followed_by(cluster::Incarnation peer) const;
  // All has ended that leave() ended, or was about to be.
  bool has_left() const { return own_.empty() && service_.empty() && users_.empty(); }
  const DocumentCounters& counters() const { return counters_; }

 private:
  struct Peer {
    std::string svr_id;  // empty where the directory does not have it
    std::optional<DocumentWatch> own;
    std::optional<DocumentWatch> service;
    std::optional<DocumentWatch> users;
    std::optional<Invitation> invitation;
  };
  // Of each server that runs.
  struct Heard {
    std::uint64_t reports = 0;
    std::optional<Instant> unlinked_since;  // at the main, while it does not hear it
  };

  // --- documents.cc
  // Null if it is gone.
  const cluster::Member* member(cluster::Incarnation incarnation) const;
  static bool runs(const cluster::Member& member);
  bool is_running(std::string_view svr_id) const;
  bool follows_service() const;
  void own_changed();
  void begin_to_be_main(Instant now);
  void cease_to_be_main();
  // The picture with the directory.
  void bring_in_line();
  void picture_changed();
  void put(cluster::Incarnation of, const cluster::Document& own);
  void keep(std::optional<cluster::Document> document);
  // After each input: what is watched and by whom, and what is due.
  void settle(Instant now);
  void take_out_unlinked(Instant now);
  void settle_watches(Instant now, cluster::Incarnation incarnation, Peer& peer);
  void hand_over_users(cluster::Incarnation incarnation, DocumentWatch& watch);
  void fault(cluster::Incarnation peer, DocumentFault why, std::string detail = {});
  void send(cluster::Incarnation to, std::string bytes);

  // --- documents_requests.cc
  void take_request(Instant now, cluster::Incarnation from, Peer& peer, LinkSip& sip);
  void take_subscribe(Instant now, cluster::Incarnation from, LinkSip& sip, std::string& answer);
  void begin_subscription(Instant now, cluster::Incarnation from, LinkSip& sip,
                          std::string& answer);
  bool refuse_not_main(LinkSip& sip, std::string& answer);
  void take_notify(Instant now, cluster::Incarnation from, Peer& peer, LinkSip& sip,
                   std::string& answer);
  void take_answer(Instant now, cluster::Incarnation from, Peer& peer,
                   const LinkSip::Answer& answer);
  void take_outcome(cluster::Incarnation from, Peer& peer, DocumentWatch& watch,
                    const DocumentWatch::Outcome& outcome);

  // --- documents_invitations.cc
  bool take_invite_answer(Instant now, cluster::Incarnation from, Peer& peer,
                          const LinkSip::Answer& answer);
  void take_invite(cluster::Incarnation from, Peer& peer, LinkSip& sip, std::string& answer);
  void take_ack(cluster::Incarnation from, const Peer& peer);
  void take_bye(cluster::Incarnation from, Peer& peer, LinkSip& sip, std::string& answer);

  const Settings settings_;
  const LinkSelf link_self_;
  const cluster::Incarnation self_;
  Prng& prng_;
  cluster::Reader reader_;
  LinkMessage read_;  // what came last

  cluster::Directory directory_;
  bool joined_ = false;  // taken in, and the directory does not say so yet
  bool leaving_ = false;

  cluster::Document own_document_;
  std::optional<ClusterPicture> picture_;  // where this server is main
  cluster::Document kept_;                 // else: what the last subscription left
  std::map<std::string, Heard, std::less<>> heard_;

  LinkSips links_;
  std::map<cluster::Incarnation, Peer> peers_;  // of the same
  DocumentNotifier own_;
  DocumentNotifier service_;
  UsersNotifier users_;
  bool users_asked_ = false;

  std::set<std::pair<cluster::Incarnation, DocumentFault>> told_;
  DocumentCounters counters_;
  LinkOutcomes outcomes_;
};

}  // namespace muster
