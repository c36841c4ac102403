// This server among the others of its cluster: its lease, its links, the cluster document, and
// where users are placed. Seated on shard 0 of one of many. It ties together what each of these
// knows; each has its own page:
//
//   membership.h     the lease, who the others are, who is main
//   server_links.h   the links to them
//   documents.h      what they tell one another of their load
//   document_watchers.h  the same, told to SIP clients
//   picture.h        what is known of the load of all
//   assignments.h    whose a user is who lands here
//   awaited_users.h  who was given to this server and has not come yet
//   main_server.h    what is decided for all, where this server is main
//   operator_desk.h  what an operator asked here, and others have to answer
//   users_desk.h     whose users she asked for
//
// What another server says that means nothing here is passed over, and the operator told once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/cluster/directed.h"
#include "server/load_control/assignments.h"
#include "server/load_control/awaited_users.h"
#include "server/load_control/document_watchers.h"
#include "server/load_control/documents.h"
#include "server/load_control/late_moves.h"
#include "server/load_control/main_server.h"
#include "server/load_control/membership.h"
#include "server/load_control/operator_desk.h"
#include "server/load_control/picture.h"
#include "server/load_control/server_links.h"
#include "server/load_control/told_between.h"
#include "server/load_control/users_desk.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class ClusterServer {
 public:
  explicit ClusterServer(Shard& shard);

  void on(Now now, const Started& started, Outbox& out);
  void on(Now now, const ClusterAnswered& answered, Outbox& out);
  void on(Now now, const ServerFenced& fenced, Outbox& out);
  // Of links to other servers.
  void on(Now now, const LinkOpened& opened, Outbox& out);
  void on(Now now, const LinkFailed& failed, Outbox& out);
  void on(Now now, const BytesReceived& received, Outbox& out);
  void on(Now now, const LinkClosed& closed, Outbox& out);
  // Of the shards.
  void on(Now now, const OwnerWanted& wanted, Outbox& out);
  void on(Now now, const UsersLeft& left, Outbox& out);
  void on(Now now, const YieldAnswered& answered, Outbox& out);
  void on(Now now, const ShardLoad& load, Outbox& out);
  void on(Now now, const UsersListed& listed, Outbox& out);
  void on(Now now, const ShardStopped& stopped, Outbox& out);
  void on(Now now, const ToServers& said, Outbox& out);
  void on(Now now, const ToRelay& said, Outbox& out);
  void on(Now now, const ClusterWatched& watched, Outbox& out);
  // Of an operator.
  void on(Now now, const AdminAsked& asked, Outbox& out);
  void on(Now now, const MovesChosen& chosen, Outbox& out);
  void on(Now now, const MovesEnded& ended, Outbox& out);
  void on(Now now, const PhoneMoves& phone, Outbox& out);

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;
  // At the end of a step, what the main decides; then what leaves.
  void steer(Now now, Outbox& out);
  void flush(Now now, Outbox& out);

  bool has(LinkId link) const { return links_.has(link); }
  const cluster::Picture& picture() const { return picture_; }

  // All other modules of this shard are idle for good: once the other shards are too, the lease is
  // ended in order. Asked at the end of each step from then on.
  void leave(Now now, Outbox& out);
  bool idle() const { return membership_.state() == Membership::State::over; }

 private:
  // What is known of another server beside the picture.
  struct Other {
    std::uint64_t settled = 0;            // of whom we gave to it
    std::uint8_t shards_said_all = 0;     // on this link
    std::uint32_t dialogs = 0;            // by what it said to us
    std::optional<std::uint64_t> report;  // the number of the one that the picture has
  };
  // What one shard told last.
  struct Counted {
    std::uint64_t users = 0;
    std::uint64_t resources = 0;
    std::uint64_t xmpp = 0;
    std::uint64_t sip = 0;
    std::uint64_t dialogs = 0;
    std::uint64_t relaying = 0;
    cluster::Measures measures;
  };

  void directory_read(Now now, Outbox& out);
  void tell_who_is_gone(Outbox& out);
  void begin_documents(Now now);
  void hear(Now now, Outbox& out);
  void happened(Now now, const ServerLinks::Happened& what, Outbox& out);
  void came(Now now, const ServerLinks::Came& payload, Outbox& out);
  void came_relayed(const ServerLinks::Came& payload, Outbox& out);
  void came_for_users(const ServerLinks::Came& payload, Outbox& out);
  void concerns_came(cluster::Incarnation by, const Concerns& concerns, Outbox& out);
  void not_delivered(const ServerLinks::NotDelivered& lost, Outbox& out);
  template <class E>
  void tell_shards(const E& event, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::UserGiven& given, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::UsersSettled& settled, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::YieldUser& yield, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::UserYielded& yielded, Outbox& out);
  // An account of ours as another server wrote it; nothing if it is none.
  void tell_not_understood(cluster::Incarnation by, Outbox& out);
  std::optional<Address> read_user(cluster::Incarnation by, std::string_view text, Outbox& out);
  // What came of an input of `documents_`.
  void carry_out(Now now, Outbox& out);
  void want_users(Outbox& out);
  DocumentWatchers::Seen seen() const;
  void load_changed(Now now, Outbox& out);
  void report_settled(Now now, Outbox& out);
  void read_loads(Now now, Outbox& out);
  bool tell(cluster::Incarnation to, const cluster::Told& told);
  void over(Now now, Outbox& out);
  // cluster_admin.cc
  ServerSeen seen(const cluster::Member& member) const;
  cluster::Figures figures() const;
  void list_servers(Now now, Ticket ticket, Outbox& out);
  void answer(Now now, Ticket ticket, const OrderServer& order, Outbox& out);
  void list_users(Now now, Ticket ticket, const ListUsers& list, Outbox& out);
  void answer_operators(Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::FiguresAsked& asked, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::FiguresTold& figures, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::OrderAsked& asked, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::OrderAnswered& answered, Outbox& out);
  void find_user(Ticket ticket, const Address& user, Outbox& out);
  void user_found(const ClusterAnswered& answered, Outbox& out);

  // cluster_server_main.cc
  void carry_out(Now now, const cluster::MainServer::Invite& invite, Outbox& out);
  void carry_out(Now now, const cluster::MainServer::Confirm& confirm, Outbox& out);
  void carry_out(Now now, const cluster::MainServer::Dismiss& dismiss, Outbox& out);
  void carry_out(Now now, const cluster::MainServer::ChangeRole& role, Outbox& out);
  static void carry_out(Now now, const cluster::MainServer::Launch& launch, Outbox& out);
  void carry_out(Now now, const cluster::MainServer::MoveFrom& move, Outbox& out);
  void carry_out(Now now, const cluster::MainServer::Say& say, Outbox& out);
  bool role_answered(Now now, const ClusterAnswered& answered, Outbox& out);
  void invite_answered(Now now, const InviteAnswered& answered);
  void told(Now now, cluster::Incarnation by, const cluster::RoomWanted& wanted, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::MoveUsers& move, Outbox& out);
  void told(Now now, cluster::Incarnation by, const cluster::UsersMoved& moved, Outbox& out);
  void tell_main();
  bool tell_wanting(cluster::Incarnation main, std::uint32_t wanting);
  std::uint32_t own_dialogs() const;
  bool tell_settled(cluster::Incarnation by);
  void tell_settled_anew();
  void begin_move(Now now, const cluster::MoveUsers& move, Outbox& out);
  void move_on_from_here(Now now, Outbox& out);
  void moves_ended(Now now, std::uint64_t to, std::uint32_t users);

  Shard& shard_;
  const ClusterSettings& settings_;
  Membership membership_;
  ServerLinks links_;
  std::optional<Documents> documents_;  // from when there is a lease
  DocumentWatchers document_watchers_;
  cluster::Picture picture_;
  Assignments assignments_;
  AwaitedUsers awaited_users_;
  cluster::MainServer main_;
  cluster::LateMoves late_moves_;
  bool to_steer_ = false;                                  // the main may have to decide something
  std::map<std::uint64_t, cluster::SetRole> roles_asked_;  // by the number of the question
  std::uint64_t next_role_asked_ = 1;
  // What the main was told: how many wait here for a place, and how many dialogs users here have.
  struct ToldMain {
    cluster::Incarnation main;
    std::uint32_t wanting = 0;
    std::uint32_t dialogs = 0;
  } told_main_;
  // Candidates that the document has as servers: the directory was read anew for them, once.
  std::set<cluster::Incarnation> looked_for_;
  std::map<cluster::Incarnation, Other> others_;
  // Who was told UsersSettled and has not acknowledged it yet.
  struct Settling {
    std::uint64_t told = 0;  // its number
    bool changed = false;    // the load has, since
  };
  std::map<cluster::Incarnation, Settling> settling_;
  std::set<cluster::Incarnation> living_;          // of whose end the shards are to hear
  std::set<cluster::Incarnation> not_understood_;  // the operator was told
  std::vector<Counted> counted_;                   // by shard
  OwnLoad own_;
  std::vector<std::vector<cluster::User>> listed_;  // by shard, while another server asks
  std::uint8_t shards_listing_ = 0;
  std::uint8_t shards_serving_;              // the others
  OperatorDesk operator_desk_;
  UsersDesk users_desk_;
  std::map<std::uint64_t, Ticket> finding_;  // an operator's, by the number of the question
  std::uint64_t next_finding_ = 1;
};

}  // namespace muster
