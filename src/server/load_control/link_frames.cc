// The part of ServerLinks that hears what comes on links: hellos, and whom they are believed of;
// then what an up link carries.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "codec/address/ip.h"
#include "server/load_control/server_links.h"

namespace muster {

using cluster::Directed;
using cluster::Frame;
using cluster::FrameError;
using cluster::Hello;
using cluster::Incarnation;
using cluster::Lane;

namespace {

// RFC 6125 section 6.4.3: `*` stands for the whole first label.
bool is_name_of(std::string_view name, std::string_view host) {
  if (equals_ignoring_case(name, host)) return true;
  const std::size_t dot = host.find('.');
  return name.starts_with("*.") && dot != std::string_view::npos && dot > 0 &&
         equals_ignoring_case(name.substr(1), host.substr(dot));
}

bool is_one_of(const std::vector<std::string>& names, std::string_view host) {
  const auto ip = parse_ip(host);
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return ip ? parse_ip(name) == ip : is_name_of(name, host);
  });
}

}  // namespace

void ServerLinks::on(Now now, const BytesReceived& received, Outbox&) {
  MUSTER_CHECK(!reading_.valid());
  Link* link = links_.find(received.link);
  if (link == nullptr) return;
  link->heard_at = now.instant;
  reading_ = received.link;
  unread_ = received.bytes;
}

std::optional<ServerLinks::Happened> ServerLinks::next(Now now, Outbox& out) {
  while (true) {
    if (!happened_.empty()) {
      Happened first = std::move(happened_.front());
      happened_.pop_front();
      return first;
    }
    if (!reading_.valid()) return std::nullopt;
    if (auto came = read_frame(now, out)) return came;
  }
}

std::optional<ServerLinks::Happened> ServerLinks::read_frame(Now now, Outbox& out) {
  const LinkId id = reading_;
  Link& link = *links_.find(id);
  if (const auto frame = link.reader.next(unread_)) return hear(now, id, link, *frame, out);
  reading_ = {};
  if (const auto error = link.reader.error()) {
    break_off(now, id, *error == FrameError::too_long ? "too long" : "no lane", out);
  }
  return std::nullopt;
}

std::optional<ServerLinks::Happened> ServerLinks::hear(Now now, LinkId id, Link& link,
                                                       const Frame& frame, Outbox& out) {
  if (frame.lane == Lane::control) {
    hear_control(now, id, link, frame.payload, out);
    return std::nullopt;
  }
  if (frame.lane == Lane::directed) return hear_directed(now, id, link, frame.payload, out);
  return Came{link.peer, frame.lane, frame.payload};
}

void ServerLinks::hear_control(Now now, LinkId id, Link& link, std::string_view payload,
                               Outbox& out) {
  const auto control = cluster::read_control(payload);
  if (!control) return break_off(now, id, "no control", out);
  const auto* hello = std::get_if<Hello>(&*control);
  // A hello is the first, and nothing follows until it is believed.
  const bool in_turn = link.up ? hello == nullptr : hello != nullptr && !link.waiting;
  if (!in_turn) return break_off(now, id, "hello", out);
  if (hello != nullptr) return hear_hello(now, id, link, *hello, out);
  const auto* acknowledged = std::get_if<cluster::Acknowledged>(&*control);
  if (acknowledged == nullptr) return;
  if (!peers_.at(link.peer).directed.acknowledge(acknowledged->number)) {
    break_off(now, id, "acknowledged", out);
  }
}

std::optional<ServerLinks::Happened> ServerLinks::hear_directed(Now now, LinkId id, Link& link,
                                                                std::string_view payload,
                                                                Outbox& out) {
  DirectedLane& lane = peers_.at(link.peer).directed;
  const auto directed = cluster::read_directed(payload);
  const auto came = directed ? lane.came(directed->number) : DirectedLane::Came::too_far;
  if (came == DirectedLane::Came::too_far) {
    break_off(now, id, "number", out);
    return std::nullopt;
  }
  out_of(id, link);
  link.acknowledgement_owed = true;
  if (came == DirectedLane::Came::next) return Came{link.peer, Lane::directed, directed->said};
  ++counters_.came_again;
  return std::nullopt;
}

// --- hellos --------------------------------------------------------------------------------------

void ServerLinks::say_hello(LinkId id, Link& link, const Peer& peer) {
  Hello hello;
  hello.from = self_.number();
  hello.to = link.peer.number();
  hello.link = peer.link_number;
  hello.received = peer.directed.received();
  hello.svr_id = svr_id_;
  cluster::append_control(out_of(id, link), hello);
}

void ServerLinks::hear_hello(Now now, LinkId id, Link& link, const Hello& hello, Outbox& out) {
  if (hello.format != cluster::kFrameFormat) return break_off(now, id, "format", out);
  if (link.stranger) return judge(now, id, link, hello, out);
  // The answer to ours.
  Peer& peer = peers_.at(link.peer);
  const bool right = Incarnation(hello.from) == link.peer && Incarnation(hello.to) == self_ &&
                     hello.link == peer.link_number && hello.svr_id == peer.svr_id &&
                     peer.directed.acknowledge(hello.received);
  if (!right) return break_off(now, id, "hello", out);
  take_up(now, id, link, peer, out);
}

// What a younger server says who opened this link; again when the directory has changed.
void ServerLinks::judge(Now now, LinkId id, Link& link, const Hello& hello, Outbox& out) {
  const Incarnation from(hello.from);
  const auto place = peers_.find(from);
  if (self_ == Incarnation() || (place == peers_.end() && from > self_)) {
    link.waiting = {hello, std::string(hello.svr_id)};
    const Instant by = now.instant + settings_.unknown_time_max;
    if (by >= link.believed_by) return;
    link.believed_by = by;
    return look_at(id, link, by);
  }
  // It means another life of ours.
  if (Incarnation(hello.to) != self_) return doubt(now, id, "another life", out);
  if (place == peers_.end() || is_ours(from)) return break_off(now, id, "older", out);
  Peer& peer = place->second;
  if (hello.svr_id != peer.svr_id) return break_off(now, id, "svr-id", out);
  if (link.hosts && !is_one_of(*link.hosts, peer.host)) {
    return break_off(now, id, "certificate", out);
  }
  if (hello.link <= peer.link_number) return doubt(now, id, "earlier link", out);
  if (!peer.directed.acknowledge(hello.received)) return break_off(now, id, "received", out);
  if (peer.link.valid()) close(now, peer.link, "replaced", out);
  peer.link_number = hello.link;
  peer.link = id;
  link.peer = from;
  say_hello(id, link, peer);
  take_up(now, id, link, peer, out);
}

void ServerLinks::take_up(Now now, LinkId id, Link& link, Peer& peer, Outbox& out) {
  if (std::exchange(link.stranger, false)) --strangers_;
  link.up = true;
  link.up_since = link.heard_at = link.said_at = now.instant;
  link.reader.open_lanes();
  peer.state = PeerState::up;
  ++counters_.opened;
  peer.directed.for_each_waiting([&](std::uint64_t number, std::string_view said) {
    cluster::append_directed(out_of(id, link), number, said);
  });
  look_at(id, link, now.instant + std::min(settings_.ping_after, settings_.lost_after));
  out.order(Log{Log::Level::info, "server-linked", peer.svr_id,
                "incarnation " + std::to_string(link.peer.number())});
  happened_.push_back(PeerUp{link.peer});
}

// --- who is wrong --------------------------------------------------------------------------------

void ServerLinks::doubt(Now now, LinkId id, std::string_view why, Outbox& out) {
  ++counters_.not_believed;
  tell_once(*links_.find(id), why, out);
  close(now, id, why, out);
}

void ServerLinks::break_off(Now now, LinkId id, std::string_view rule, Outbox& out) {
  ++counters_.broke_a_rule;
  tell_once(*links_.find(id), rule, out);
  close(now, id, rule, out);
}

void ServerLinks::tell_once(const Link& link, std::string_view why, Outbox& out) {
  const auto peer = peers_.find(link.peer);
  std::string who;
  if (peer != peers_.end()) {
    if (std::exchange(peer->second.told_of, true)) return;
    who = peer->second.svr_id;
  } else {
    if (told_of_.size() >= kToldMax || !told_of_.insert(link.remote.ip).second) return;
    who = to_text(link.remote);
  }
  out.order(Log{Log::Level::warning, "server-link-refused", std::move(who), std::string(why)});
}

}  // namespace muster
