#include "server/load_control/server_links.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "codec/sip/uri.h"

namespace muster {
namespace {

using cluster::Incarnation;
using cluster::Lane;
using cluster::Member;
using cluster::Role;

// As a certificate has it.
std::string host_of(std::string_view svr_id) {
  const auto uri = sip::parse_uri(svr_id);
  return uri ? std::string(uri->host.text) : std::string();
}

}  // namespace

// --- who is to be linked -------------------------------------------------------------------------

void ServerLinks::know(Now now, const cluster::Directory& directory, Incarnation self,
                       Outbox& out) {
  if (closed_) return;
  std::set<Incarnation> living;
  const Member* own = nullptr;
  for (const Member& member : directory.members) {
    if (member.role == Role::gone) continue;
    if (member.incarnation == self) own = &member;
    living.insert(member.incarnation);
  }
  // Of who does not live itself nobody is a peer; nor of another life the same.
  if (own == nullptr || self != self_) living.clear();
  for (auto peer = peers_.begin(); peer != peers_.end();)
    peer = living.contains(peer->first) ? std::next(peer) : give_up(now, peer, out);
  self_ = own == nullptr ? Incarnation() : self;
  if (own == nullptr) return;
  svr_id_ = own->self.svr_id;
  for (const Member& member : directory.members) {
    if (member.role != Role::gone && &member != own) meet(member, out);
  }
  links_.for_each([&](LinkId id, Link& link) {
    if (!link.waiting) return;
    const Waiting waiting = *std::exchange(link.waiting, std::nullopt);
    cluster::Hello hello = waiting.hello;
    hello.svr_id = waiting.svr_id;
    judge(now, id, link, hello, out);
  });
}

void ServerLinks::meet(const Member& member, Outbox& out) {
  const auto [place, is_new] = peers_.try_emplace(member.incarnation);
  if (!is_new) return;
  Peer& peer = place->second;
  peer.svr_id = member.self.svr_id;
  peer.host = host_of(member.self.svr_id);
  peer.at = member.self.link;
  if (is_ours(member.incarnation)) open(member.incarnation, peer, out);
}

ServerLinks::Peers::iterator ServerLinks::give_up(Now now, Peers::iterator place, Outbox& out) {
  const auto& [incarnation, peer] = *place;
  if (peer.link.valid()) close(now, peer.link, "gone", out);
  std::vector<std::string> left = place->second.directed.give_up();
  if (!left.empty()) happened_.push_back(NotDelivered{incarnation, std::move(left)});
  return peers_.erase(place);
}

// --- opening and closing -------------------------------------------------------------------------

void ServerLinks::open(Incarnation incarnation, Peer& peer, Outbox& out) {
  peer.state = PeerState::opening;
  const Ticket ticket(next_ticket_++);
  openings_.emplace(ticket, incarnation);
  out.order(OpenLink{ticket, LinkUse::server, Transport::tls, peer.at, peer.host});
}

void ServerLinks::on(Now now, const LinkOpened& opened, Outbox& out) {
  auto peer = peers_.end();
  if (opened.asked) {
    const auto opening = openings_.find(*opened.asked);
    if (opening != openings_.end()) {
      peer = peers_.find(opening->second);
      openings_.erase(opening);
    }
  }
  const bool too_many = !opened.asked && strangers_ >= kStrangersMax;
  if (too_many) ++counters_.too_many;
  if (closed_ || too_many || (opened.asked && peer == peers_.end())) {
    out.order(CloseLink{opened.link});
    return;
  }
  Link& link = links_.add(opened.link, {});
  link.remote = opened.remote;
  link.hosts = opened.hosts;
  link.believed_by = now.instant + settings_.hello_time_max;
  look_at(opened.link, link, link.believed_by);
  if (!opened.asked) {
    link.stranger = true;
    ++strangers_;
    return;
  }
  link.peer = peer->first;
  peer->second.state = PeerState::greeting;
  peer->second.link = opened.link;
  ++peer->second.link_number;
  say_hello(opened.link, link, peer->second);
}

void ServerLinks::on(Now now, const LinkFailed& failed, Outbox& out) {
  const auto opening = openings_.find(failed.asked);
  if (opening == openings_.end()) return;
  const auto peer = peers_.find(opening->second);
  openings_.erase(opening);
  if (peer == peers_.end()) return;
  tell_unreachable(peer->second, "no connection", out);
  rest(now, peer->first, peer->second);
}

void ServerLinks::rest(Now now, Incarnation incarnation, Peer& peer) {
  constexpr std::uint32_t kDoublings = 16;
  peer.state = PeerState::resting;
  if (!is_ours(incarnation)) return;
  const std::int64_t doubled = std::int64_t{1} << std::min(peer.failures, kDoublings);
  const Duration longest =
      std::min(settings_.reopen_after_min * doubled, settings_.reopen_after_max);
  ++peer.failures;
  const auto half = static_cast<std::uint64_t>((longest / 2).in_microseconds());
  const auto drawn = static_cast<std::int64_t>(half + prng_.below(half + 1));
  peer.open_at = now.instant + Duration::microseconds(drawn);
  peers_due_.add(peer.open_at, incarnation);
}

void ServerLinks::close(Now now, LinkId id, std::string_view why, Outbox& out) {
  out.order(CloseLink{id});
  forget(now, id, why, out);
}

void ServerLinks::on(Now now, const LinkClosed& closed, Outbox& out) {
  const Link* link = links_.find(closed.link);
  if (link != nullptr && !link->up) {
    const auto peer = peers_.find(link->peer);
    if (peer != peers_.end()) tell_unreachable(peer->second, "closed before its hello", out);
  }
  forget(now, closed.link, "closed", out);
}

// The first time, of those that follow one another.
void ServerLinks::tell_unreachable(const Peer& peer, std::string_view why, Outbox& out) {
  if (peer.failures > 0) return;
  out.order(Log{Log::Level::warning, "server-unreachable", peer.svr_id, std::string(why)});
}

void ServerLinks::forget(Now now, LinkId id, std::string_view why, Outbox& out) {
  const Link* link = links_.find(id);
  if (link == nullptr) return;
  if (link->stranger) --strangers_;
  const auto peer = peers_.find(link->peer);
  const bool was_up = link->up;
  const bool held = was_up && now.instant - link->up_since >= settings_.lost_after;
  links_.erase(id);
  if (reading_ == id) {
    reading_ = {};
    unread_ = {};
  }
  if (peer == peers_.end() || peer->second.link != id) return;
  peer->second.link = {};
  if (held) peer->second.failures = 0;
  if (was_up) {
    ++counters_.lost;
    out.order(Log{Log::Level::warning, "server-link-lost", peer->second.svr_id, std::string(why)});
    happened_.push_back(PeerDown{peer->first});
  }
  rest(now, peer->first, peer->second);
}

void ServerLinks::close_all(Now now, Outbox& out) {
  if (closed_) return;
  closed_ = true;
  flush(now, out);
  for (auto peer = peers_.begin(); peer != peers_.end();)
    peer = give_up(now, peer, out);
  links_.for_each([&](LinkId id, const Link&) { close(now, id, "stopping", out); });
}

// --- time ----------------------------------------------------------------------------------------

void ServerLinks::look_at(LinkId id, Link& link, Instant when) {
  link.looked_at_at = when;
  links_due_.add(when, {id, when});
}

void ServerLinks::wake(Now now, Outbox& out) {
  while (const auto due = links_due_.take_due(now.instant)) {
    Link* link = links_.find(due->first);
    if (link != nullptr && link->looked_at_at == due->second) look(now, due->first, *link, out);
  }
  while (const auto due = peers_due_.take_due(now.instant)) {
    const auto peer = peers_.find(*due);
    if (peer == peers_.end() || peer->second.state != PeerState::resting) continue;
    if (peer->second.open_at <= now.instant) open(peer->first, peer->second, out);
  }
}

void ServerLinks::look(Now now, LinkId id, Link& link, Outbox& out) {
  if (!link.up) {
    if (now.instant < link.believed_by) return look_at(id, link, link.believed_by);
    return doubt(now, id, link.waiting ? "unknown" : "no hello", out);
  }
  const Instant lost_at = link.heard_at + settings_.lost_after;
  if (now.instant >= lost_at) return close(now, id, "silent", out);
  Instant ping_at = link.said_at + settings_.ping_after;
  if (now.instant >= ping_at) {
    cluster::append_control(out_of(id, link), cluster::Ping{});
    ping_at = now.instant + settings_.ping_after;
  }
  look_at(id, link, std::min(ping_at, lost_at));
}

std::optional<Instant> ServerLinks::next_deadline() const {
  const auto link = links_due_.next();
  const auto peer = peers_due_.next();
  return link && peer ? std::min(link, peer) : link ? link : peer;
}

// --- telling -------------------------------------------------------------------------------------

ServerLinks::Sent ServerLinks::send(Incarnation incarnation, Lane lane, std::string_view payload) {
  MUSTER_CHECK(lane != Lane::control);
  const bool directed = lane == Lane::directed;
  const std::size_t header = directed ? cluster::kDirectedHeaderBytes : 0;
  if (header + payload.size() > cluster::kPayloadBytesMax) return Sent::too_long;
  const auto place = peers_.find(incarnation);
  if (place == peers_.end()) return Sent::no_peer;
  Peer& peer = place->second;
  Link* link = peer.state == PeerState::up ? links_.find(peer.link) : nullptr;
  if (directed) {
    if (!peer.directed.has_room_for(payload.size())) return refuse();
    const std::uint64_t number = peer.directed.add(payload);
    if (link != nullptr) cluster::append_directed(out_of(peer.link, *link), number, payload);
    return Sent::sent;
  }
  if (link == nullptr) return Sent::no_link;
  if (link->out.size() + payload.size() > kStepBytesMax) return refuse();
  cluster::append_frame(out_of(peer.link, *link), lane, payload);
  return Sent::sent;
}

ServerLinks::Sent ServerLinks::refuse() {
  ++counters_.refused;
  return Sent::full;
}

std::string& ServerLinks::out_of(LinkId id, Link& link) {
  if (!link.dirty) {
    link.dirty = true;
    dirty_.push_back(id);
  }
  return link.out;
}

void ServerLinks::flush(Now now, Outbox& out) {
  for (const LinkId id : dirty_) {
    Link* link = links_.find(id);
    if (link == nullptr) continue;
    if (link->acknowledgement_owed) {
      const Peer& peer = peers_.at(link->peer);
      cluster::append_control(link->out, cluster::Acknowledged{peer.directed.received()});
    }
    link->acknowledgement_owed = false;
    link->dirty = false;
    link->said_at = now.instant;
    out.order(SendBytes{id, std::exchange(link->out, {})});
  }
  dirty_.clear();
}

bool ServerLinks::is_up(Incarnation peer) const {
  const auto place = peers_.find(peer);
  return place != peers_.end() && place->second.state == PeerState::up;
}

std::uint64_t ServerLinks::link_number(Incarnation peer) const {
  const auto place = peers_.find(peer);
  return place == peers_.end() ? 0 : place->second.link_number;
}

std::optional<ServerLinks::Directed> ServerLinks::directed(Incarnation peer) const {
  const auto place = peers_.find(peer);
  if (place == peers_.end()) return std::nullopt;
  const DirectedLane& lane = place->second.directed;
  return Directed{lane.told(), lane.acknowledged()};
}

}  // namespace muster
