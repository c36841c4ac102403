// The links between this server and each other one of its cluster that is not gone (design, "Server
// links"): one for each pair, authenticated by the driver before it opens, with the lanes of
// codec/cluster/frame.h. What came of each input is asked for by next(), and is to be taken before
// anything else is given.
//
// Which link. Of two servers the younger, whose incarnation is the higher, opens the link; the
// older waits. So there is one who decides: it opens another link only once it has given up the one
// before, and numbers them. The older takes a link whose number is higher than that of any link
// before, in place of the one it may still believe in, and refuses all others: a late arrival of a
// link that was given up never takes the place of a newer one. That the older closes what it gave
// up makes the younger open the next one; that it closes what was replaced makes it do nothing, for
// the younger has forgotten that link. So however much they disagree about which link is dead, each
// new link ends the disagreement.
//
// Who is believed. Each says hello first, the younger before the older. A hello is believed if it
// is of our format, means this life of ours, and comes from a life that the directory has, by its
// svr_id, whose host its certificate names if it has shown one; one that the directory does not
// have waits for it.
//
// While they are linked each sends at least a ping now and then, and takes the link for lost when
// nothing comes (ServerLinkSettings).
//
// Lanes. `documents`, `presence` and `relay` are at most once: what was told is lost with the link,
// which both learn by PeerDown. `directed` comes once and in order as long as both servers live:
// it waits while there is no link (DirectedLane).
//
// Limits: those of DirectedLane and kStepBytesMax, past which send() refuses; kPayloadBytesMax, of
// what is told and of what comes; kStrangersMax. A peer that breaks a rule loses its link; it is
// counted, and logged once in the life of that peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/deadlines.h"
#include "base/prng.h"
#include "base/time.h"
#include "codec/cluster/frame.h"
#include "server/cluster_port.h"
#include "server/link_table.h"
#include "server/load_control/directed_lane.h"
#include "server/outbox.h"
#include "server/settings.h"

namespace muster {

class ServerLinks {
 public:
  // To one server in one step on the lanes that are at most once.
  static constexpr std::size_t kStepBytesMax = std::size_t{1024} * 1024;
  // Links whose peers are not believed yet: after a network was cut all others may come at once.
  // One more is closed.
  static constexpr std::size_t kStrangersMax = cluster::kMembersMax;
  // Strangers that broke a rule, by their addresses, who are told of once each.
  static constexpr std::size_t kToldMax = 64;

  // --- what comes of it
  struct PeerUp {
    cluster::Incarnation peer;
  };
  // What it was told on the lanes that are at most once may be lost.
  struct PeerDown {
    cluster::Incarnation peer;
  };
  // The payload is good until the next call of next().
  struct Came {
    cluster::Incarnation peer;
    cluster::Lane lane;
    std::string_view payload;
  };
  // It is gone, or we are: what it was told on `directed` and did not acknowledge. Of that it may
  // have taken some.
  struct NotDelivered {
    cluster::Incarnation peer;
    std::vector<std::string> payloads;
  };
  using Happened = std::variant<PeerUp, PeerDown, Came, NotDelivered>;

  ServerLinks(const ServerLinkSettings& settings, Prng& prng) : settings_(settings), prng_(prng) {}

  // The directory as it is now: who it has and is not gone is to be linked, who else was is given
  // up; it does not come back. `self` is one of it.
  void know(Now now, const cluster::Directory& directory, cluster::Incarnation self, Outbox& out);

  void on(Now now, const LinkOpened& opened, Outbox& out);
  void on(Now now, const LinkFailed& failed, Outbox& out);
  void on(Now now, const BytesReceived& received, Outbox& out);
  void on(Now now, const LinkClosed& closed, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;
  std::optional<Happened> next(Now now, Outbox& out);

  enum class Sent : std::uint8_t {
    sent,      // it leaves with the next flush(); on `directed` it may wait for a link
    no_peer,   // there is no such server
    no_link,   // not now: on `directed` never an answer
    full,      // more waits for it than may
    too_long,  // kPayloadBytesMax
  };
  // `lane` is not `control`.
  Sent send(cluster::Incarnation peer, cluster::Lane lane, std::string_view payload);
  // At the end of a step: what each server is told in it leaves in one order.
  void flush(Now now, Outbox& out);

  // What was sent leaves, then all links are closed, for good.
  void close_all(Now now, Outbox& out);

  bool has(LinkId link) const { return links_.find(link) != nullptr; }
  bool is_up(cluster::Incarnation peer) const;
  // The how manieth link to that server is up, or was; both ends count alike. 0: none.
  std::uint64_t link_number(cluster::Incarnation peer) const;
  // Of what it was told on `directed`, numbered from 1: the last, and up to which it has
  // acknowledged; nothing if there is no such server.
  struct Directed {
    std::uint64_t told = 0;
    std::uint64_t acknowledged = 0;
  };
  std::optional<Directed> directed(cluster::Incarnation peer) const;

  struct Counters {
    std::uint64_t opened = 0;        // links whose peer was believed
    std::uint64_t lost = 0;          // of those: closed by the peer or the network, or silent
    std::uint64_t broke_a_rule = 0;  // links that were closed for it
    std::uint64_t not_believed = 0;  // hellos that were not taken: unknown, or an older link's
    std::uint64_t came_again = 0;    // payloads that had come in an earlier link
    std::uint64_t refused = 0;       // sends: full
    std::uint64_t too_many = 0;      // links past kStrangersMax
  };
  const Counters& counters() const { return counters_; }

 private:
  enum class PeerState : std::uint8_t {
    resting,   // no link: the older waits for one, the younger for its time
    opening,   // OpenLink has no answer yet
    greeting,  // our hello is said
    up,
  };
  struct Peer {
    std::string svr_id;
    std::string host;  // of svr_id
    Endpoint at;
    PeerState state = PeerState::resting;
    LinkId link;                    // of greeting and up
    std::uint64_t link_number = 0;  // of the latest link
    std::uint32_t failures = 0;     // since a link held for a while
    Instant open_at;
    bool told_of = false;  // that it broke a rule
    DirectedLane directed;
  };
  // Who speaks on a link that is not believed yet, and waits to be known.
  struct Waiting {
    cluster::Hello hello;  // its svr_id is the next
    std::string svr_id;
  };
  struct Link {
    cluster::Incarnation peer;  // who it was opened to, or who is believed
    bool stranger = false;      // it was opened by somebody who is not believed yet
    bool up = false;
    Endpoint remote;
    std::optional<std::vector<std::string>> hosts;  // as LinkOpened has them
    std::optional<Waiting> waiting;
    cluster::FrameReader reader;
    std::string out;
    bool dirty = false;
    bool acknowledgement_owed = false;
    Instant believed_by;  // until it is up
    Instant up_since;
    Instant heard_at;
    Instant said_at;
    Instant looked_at_at;
  };
  using Peers = std::map<cluster::Incarnation, Peer>;
  using LinkDue = std::pair<LinkId, Instant>;

  // server_links.cc: who is to be linked, opening, time
  bool is_ours(cluster::Incarnation peer) const { return peer < self_; }
  void meet(const cluster::Member& member, Outbox& out);
  Peers::iterator give_up(Now now, Peers::iterator place, Outbox& out);
  void open(cluster::Incarnation incarnation, Peer& peer, Outbox& out);
  void rest(Now now, cluster::Incarnation incarnation, Peer& peer);
  static void tell_unreachable(const Peer& peer, std::string_view why, Outbox& out);
  void look_at(LinkId id, Link& link, Instant when);
  void look(Now now, LinkId id, Link& link, Outbox& out);
  void close(Now now, LinkId id, std::string_view why, Outbox& out);
  void forget(Now now, LinkId id, std::string_view why, Outbox& out);
  Sent refuse();
  std::string& out_of(LinkId id, Link& link);
  // link_frames.cc: what is said on a link
  void say_hello(LinkId id, Link& link, const Peer& peer);
  std::optional<Happened> read_frame(Now now, Outbox& out);
  std::optional<Happened> hear(Now now, LinkId id, Link& link, const cluster::Frame& frame,
                               Outbox& out);
  void hear_control(Now now, LinkId id, Link& link, std::string_view payload, Outbox& out);
  std::optional<Happened> hear_directed(Now now, LinkId id, Link& link, std::string_view payload,
                                        Outbox& out);
  void hear_hello(Now now, LinkId id, Link& link, const cluster::Hello& hello, Outbox& out);
  void judge(Now now, LinkId id, Link& link, const cluster::Hello& hello, Outbox& out);
  void take_up(Now now, LinkId id, Link& link, Peer& peer, Outbox& out);
  void doubt(Now now, LinkId id, std::string_view why, Outbox& out);
  void break_off(Now now, LinkId id, std::string_view rule, Outbox& out);
  void tell_once(const Link& link, std::string_view why, Outbox& out);

  const ServerLinkSettings& settings_;
  Prng& prng_;
  cluster::Incarnation self_;
  std::string svr_id_;   // ours
  bool closed_ = false;  // for good
  Peers peers_;
  LinkTable<Link> links_;
  std::size_t strangers_ = 0;
  std::map<Ticket, cluster::Incarnation> openings_;
  std::uint64_t next_ticket_ = 1;
  Deadlines<LinkDue> links_due_;
  Deadlines<cluster::Incarnation> peers_due_;
  std::vector<LinkId> dirty_;
  std::set<IpAddress> told_of_;
  Counters counters_;
  // What next() is to say.
  std::deque<Happened> happened_;
  LinkId reading_;
  std::string_view unread_;
};

}  // namespace muster
