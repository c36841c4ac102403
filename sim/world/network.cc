#include "sim/world/network.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/digest.h"

namespace muster::sim {

Duration draw(Prng& prng, const Delay& delay) {
  Duration drawn = draw_between(prng, delay.least, delay.most);
  if (happens(prng, delay.spike_per_mille)) drawn = drawn + draw_between(prng, {}, delay.spike);
  return drawn;
}

Network::Connection* Network::find(ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

void Network::later(Instant when, ConnectionId id, Told what) {
  timeline_.at(when, [this, id, what] {
    if (Connection* connection = find(id)) (this->*what)(id, *connection);
  });
}

// When what is sent now arrives; never before what was sent earlier.
Instant Network::arrival(Instant& last) {
  last = std::max(last, timeline_.now() + draw(random_, faults.link));
  return last;
}

bool Network::is_parted(const Connection& connection, Way way) const {
  if (parted_.empty()) return false;
  return way == Way::up ? is_parted(connection.remote.ip, connection.local.ip)
                        : is_parted(connection.local.ip, connection.remote.ip);
}

// Behind what is held already, so that a link keeps its order.
void Network::arrive(Instant when, ConnectionId id, Way way, Arrival what) {
  timeline_.at(when, [this, id, way, what = std::move(what)] {
    Connection* connection = find(id);
    if (connection == nullptr) return;
    auto& held = way == Way::up ? connection->held_up : connection->held_down;
    if (held.empty() && !is_parted(*connection, way)) return what();
    held.push_back(what);
  });
}

void Network::arrive(Instant when, ConnectionId id, Way way, Told what) {
  arrive(when, id, way, [this, id, what] {
    if (Connection* connection = find(id)) (this->*what)(id, *connection);
  });
}

void Network::mend(const IpAddress& from, const IpAddress& to) {
  if (parted_.erase({from, to}) == 0) return;
  for (const auto& [id, connection] : connections_) {
    for (const Way way : {Way::up, Way::down}) {
      const bool is_up = way == Way::up;
      const IpAddress& source = is_up ? connection.remote.ip : connection.local.ip;
      const IpAddress& sink = is_up ? connection.local.ip : connection.remote.ip;
      const auto& held = is_up ? connection.held_up : connection.held_down;
      if (source != from || sink != to || held.empty()) continue;
      timeline_.after(draw(random_, faults.link), [this, id = id, way] { release(id, way); });
    }
  }
}

void Network::release(ConnectionId id, Way way) {
  Connection* connection = find(id);
  if (connection == nullptr || is_parted(*connection, way)) return;
  const auto held = std::exchange(way == Way::up ? connection->held_up : connection->held_down, {});
  for (const Arrival& what : held)
    what();
}

std::size_t Network::piece_of(std::size_t bytes) {
  if (bytes < 2 || !happens(random_, faults.split_per_mille)) return bytes;
  return 1 + random_.below(bytes - 1);
}

void Network::misfortune(ConnectionId id, Connection& connection) {
  if (happens(random_, faults.cut_per_mille)) abort(id);
  if (happens(random_, faults.silent_per_mille)) connection.silent = true;
}

void Network::forget_if_over(ConnectionId id, const Connection& connection) {
  const bool server_gone = connection.server_end == ServerEnd::gone;
  if (server_gone && (!connection.peer_open || connection.silent)) connections_.erase(id);
}

// --- connecting ----------------------------------------------------------------------------------

ConnectionId Network::connect(Peer& peer, const Connecting& connecting) {
  const ConnectionId id(next_connection_++);
  Connection& connection = connections_[id];
  connection.peer = &peer;
  connection.use = connecting.use;
  connection.transport = connecting.transport;
  connection.local = connecting.to;
  connection.remote = connecting.from;
  connection.slow = happens(random_, faults.slow_reader_per_mille);
  const auto server = servers_.find(connecting.to);
  if (server == servers_.end() || happens(random_, faults.refused_per_mille)) {
    connection.server_end = ServerEnd::gone;
    end_peer_later(id, connection);
    return id;
  }
  connection.server = server->second;
  connection.shard = connecting.shard ? *connecting.shard : connection.server->any_shard();
  arrive(arrival(connection.last_up), id, Way::up, &Network::open_at_server);
  return id;
}

// What a peer that gave up before had sent opens nothing.
void Network::open_at_server(ConnectionId id, Connection& connection) {
  const bool given_up = !connection.peer_open || connection.silent || connection.broken;
  if (given_up || !connection.server->running()) {
    leave_server(connection, ServerEnd::gone);
    end_peer_later(id, connection);
    return;
  }
  connection.server_end = ServerEnd::open;
  connection.link = connection.server->adopt(connection.shard, id);
  LinkOpened opened;
  opened.link = connection.link;
  opened.use = connection.use;
  opened.transport = connection.transport;
  opened.local = connection.local;
  opened.remote = connection.remote;
  connection.server->feed(connection.shard, std::move(opened), {});
  arrive(arrival(connection.last_down), id, Way::down, &Network::peer_is_connected);
  if (connection.transport == Transport::tls && connection.use != LinkUse::server) {
    server_starts_tls(id);
  }
}

void Network::peer_is_connected(ConnectionId id, Connection& connection) {
  if (connection.peer_open) connection.peer->connected(id);
}

void Network::server_opens(Host& server, ShardId shard, const OpenLink& order) {
  const auto peer = peers_.find(order.remote);
  const bool listens = peer != peers_.end() && peer->second->listens();
  if (!listens || happens(random_, faults.refused_per_mille)) {
    Instant last = timeline_.now();
    timeline_.at(arrival(last), [answer = server.answer_to(shard),
                                 failed = LinkFailed{order.ticket, order.use}] { answer(failed); });
    return;
  }
  const ConnectionId id(next_connection_++);
  Connection& connection = connections_[id];
  connection.peer = peer->second;
  connection.server = &server;
  connection.shard = shard;
  connection.use = order.use;
  connection.transport = order.transport;
  connection.local = {server.sip_at().ip,
                      static_cast<std::uint16_t>(32'768 + id.number() % 28'000)};
  connection.remote = order.remote;
  connection.slow = happens(random_, faults.slow_reader_per_mille);
  // There and back; TLS, which a phone has no model of, is as quick.
  connection.last_up = timeline_.now() + draw(random_, faults.link) + draw(random_, faults.link);
  const LinkId link = connection.link = server.adopt(shard, id);
  connection.server_end = ServerEnd::open;
  LinkOpened opened{link, order.use, order.transport, connection.local, order.remote, order.ticket};
  arrive(connection.last_up, id, Way::up, [this, id, answer = server.answer_to(shard), opened] {
    Connection* at = find(id);
    if (at == nullptr || at->server_end != ServerEnd::open) return;
    answer(opened);
    if (at->peer_open) at->peer->accepted(id);
  });
  return;
}

// --- what peers do -------------------------------------------------------------------------------

void Network::say(ConnectionId id, std::string_view bytes) {
  Connection* connection = find(id);
  if (connection == nullptr || !connection->peer_open || connection->finished_up) return;
  while (!bytes.empty()) {
    const std::size_t size = piece_of(bytes.size());
    const bool sealed = connection->peer_seals;
    if (connection->use == LinkUse::server) wait_for_reader(*connection, size);
    arrive(arrival(connection->last_up), id, Way::up,
           [this, id, piece = std::string(bytes.substr(0, size)), sealed] {
             arrive_bytes(id, piece, sealed);
           });
    bytes.remove_prefix(size);
  }
  if (connection->unread > kWindowBytes + kUnwrittenBytesMax) return abort(id);
  misfortune(id, *connection);
}

// The server that is spoken to is as slow to read as the one that speaks.
void Network::wait_for_reader(Connection& connection, std::size_t bytes) {
  connection.unread += bytes;
  if (!connection.slow) return;
  if (connection.slow_up_until <= timeline_.now()) {
    connection.slow_up_until = timeline_.now() + draw_between(random_, {}, faults.slow_reading);
  }
  connection.last_up = std::max(connection.last_up, connection.slow_up_until);
}

void Network::finish(ConnectionId id) {
  if (Connection* connection = find(id)) {
    arrive(arrival(connection->last_up), id, Way::up, &Network::finish_arrives);
  }
}

void Network::finish_arrives(ConnectionId id, Connection& connection) {
  if (connection.silent) return;
  connection.finished_up = true;
  read_later(id, connection);
}

void Network::abort(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  connection->finished_up = true;
  end_peer_later(id, *connection);
  arrive(timeline_.now() + draw(random_, faults.link), id, Way::up, &Network::break_server_end);
}

void Network::vanish(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  connection->silent = true;
  connection->peer_open = false;
  forget_if_over(id, *connection);
}

// --- bytes on their way to a server --------------------------------------------------------------

void Network::arrive_bytes(ConnectionId id, const std::string& bytes, bool sealed) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->silent || connection->broken) return;
  if (connection->server_end != ServerEnd::open && connection->server_end != ServerEnd::moving)
    return;
  if (connection->tls != Tls::none && !sealed) return break_server_end(id, *connection);
  connection->arrived += bytes;
  read_later(id, *connection);
}

void Network::read_later(ConnectionId id, Connection& connection) {
  if (connection.read_soon) return;
  connection.read_soon = true;
  later(timeline_.now() + draw_read_delay(), id, &Network::read);
}

// What the server's epoll would report: bytes, or the end.
void Network::read(ConnectionId id, Connection& connection) {
  connection.read_soon = false;
  if (connection.server_end != ServerEnd::open) return;
  if (connection.broken) return lose(id, connection);
  if (connection.paused || connection.tls == Tls::shaking_hands) return;
  if (!connection.arrived.empty()) {
    std::string piece = connection.arrived.substr(0, kReadBytes);
    connection.arrived.erase(0, piece.size());
    connection.unread -= std::min(connection.unread, piece.size());
    if (!connection.arrived.empty() || connection.finished_up) read_later(id, connection);
    connection.server->feed(connection.shard, BytesReceived{connection.link, {}}, std::move(piece));
    return;
  }
  if (!connection.finished_up) return;
  // What is ready for the peer still leaves.
  const ShardId shard = connection.shard;
  const LinkId link = connection.link;
  drain(id, connection);
  connection.server->feed(shard, LinkClosed{link}, {});
}

void Network::break_server_end(ConnectionId id, Connection& connection) {
  connection.broken = true;
  connection.arrived.clear();
  connection.unwritten.clear();
  connection.behind_tls.clear();
  if (connection.server_end == ServerEnd::draining) {
    leave_server(connection, ServerEnd::gone);
    end_peer_later(id, connection);
  } else if (connection.server_end == ServerEnd::open) {
    read_later(id, connection);
  } else if (connection.server_end == ServerEnd::gone) {
    forget_if_over(id, connection);
  }
}

// The server cuts it, or finds it cut.
void Network::lose(ConnectionId id, Connection& connection) {
  const ShardId shard = connection.shard;
  const LinkId link = connection.link;
  connection.unwritten.clear();
  leave_server(connection, ServerEnd::gone);
  connection.server->feed(shard, LinkClosed{link}, {});
  end_peer_later(id, connection);
}

void Network::leave_server(Connection& connection, ServerEnd end) {
  if (connection.server_end == ServerEnd::open && connection.server != nullptr) {
    connection.server->forget(connection.shard, connection.link);
  }
  connection.server_end = end;
}

// --- what servers do -----------------------------------------------------------------------------

void Network::server_says(ConnectionId id, std::string_view bytes) {
  Connection* connection = find(id);
  if (connection != nullptr) write(id, *connection, bytes);
}

void Network::server_pauses(ConnectionId id) {
  if (Connection* connection = find(id)) connection->paused = true;
}

void Network::server_resumes(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  connection->paused = false;
  if (!connection->arrived.empty() || connection->finished_up) read_later(id, *connection);
}

// Once all that was said has left; for kDrainTime at most.
void Network::server_closes(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->server_end != ServerEnd::open) return;
  if (connection->tls == Tls::shaking_hands) connection->behind_tls.clear();
  drain(id, *connection);
}

void Network::drain(ConnectionId id, Connection& connection) {
  leave_server(connection, ServerEnd::draining);
  later(timeline_.now() + kDrainTime, id, &Network::drain_no_longer);
  flush_later(id, connection);
}

void Network::server_releases(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->server_end != ServerEnd::open) return;
  leave_server(*connection, ServerEnd::moving);
}

void Network::server_adopts(ConnectionId id, ShardId shard, const StreamOnTheMove& stream) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->server_end != ServerEnd::moving) return;
  const ShardId from = std::exchange(connection->shard, shard);
  const LinkId was = std::exchange(connection->link, connection->server->adopt(shard, id));
  connection->server_end = ServerEnd::open;
  connection->paused = false;
  connection->server->feed(shard,
                           LinkArrived{connection->link, connection->local, connection->remote,
                                       connection->transport, stream, from, was},
                           {});
  const bool over = connection->finished_up || connection->broken;
  if (!connection->arrived.empty() || over) read_later(id, *connection);
}

void Network::server_dies(Host& server) {
  for (auto& [id, connection] : connections_) {
    const bool served =
        connection.server_end != ServerEnd::connecting && connection.server_end != ServerEnd::gone;
    if (connection.server != &server || !served) continue;
    connection.server_end = ServerEnd::gone;
    connection.unwritten.clear();
    connection.behind_tls.clear();
    end_peer_later(id, connection);
  }
}

// --- TLS -----------------------------------------------------------------------------------------

// What arrived in clear, behind what ordered it, breaks the link: TLS would not understand it.
void Network::server_starts_tls(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->tls != Tls::none) return;
  connection->tls = Tls::shaking_hands;
  if (!connection->arrived.empty()) return break_server_end(id, *connection);
  flush(id, *connection);
  arrive(arrival(connection->last_down), id, Way::down, &Network::peer_is_sealed);
}

void Network::peer_is_sealed(ConnectionId id, Connection& connection) {
  if (!connection.peer_open || connection.silent) return;
  connection.peer_seals = true;
  arrive(arrival(connection.last_up), id, Way::up, &Network::tls_is_done);
  connection.peer->tls_started(id);
}

void Network::tls_is_done(ConnectionId id, Connection& connection) {
  if (connection.silent || connection.broken) return;
  connection.tls = Tls::started;
  if (connection.server_end != ServerEnd::open) return;
  connection.server->feed(connection.shard, TlsStarted{connection.link}, {});
  write(id, connection, std::exchange(connection.behind_tls, {}));
  if (!connection.arrived.empty() || connection.finished_up) read_later(id, connection);
}

// --- bytes on their way to a peer ----------------------------------------------------------------

void Network::write(ConnectionId id, Connection& connection, std::string_view bytes) {
  if (connection.server_end != ServerEnd::open || connection.broken) return;
  (connection.tls == Tls::shaking_hands ? connection.behind_tls : connection.unwritten) += bytes;
  flush_later(id, connection);
}

void Network::flush_later(ConnectionId id, Connection& connection) {
  if (connection.flush_soon) return;
  connection.flush_soon = true;
  later(timeline_.now(), id, &Network::flush);
}

void Network::flush(ConnectionId id, Connection& connection) {
  connection.flush_soon = false;
  std::size_t taken = 0;
  while (taken < connection.unwritten.size() && connection.under_way < kWindowBytes) {
    const std::size_t most =
        std::min(connection.unwritten.size() - taken, kWindowBytes - connection.under_way);
    std::string piece = connection.unwritten.substr(taken, piece_of(most));
    taken += piece.size();
    connection.under_way += piece.size();
    if (connection.slow && connection.slow_until <= timeline_.now()) {
      connection.slow_until = timeline_.now() + draw_between(random_, {}, faults.slow_reading);
    }
    connection.last_down = std::max(connection.last_down, connection.slow_until);
    arrive(arrival(connection.last_down), id, Way::down,
           [this, id, heard = std::move(piece)] { peer_hears(id, heard); });
  }
  connection.unwritten.erase(0, taken);
  const std::size_t waiting = connection.unwritten.size() + connection.behind_tls.size();
  most_unwritten_ = std::max(most_unwritten_, waiting);
  if (waiting > kUnwrittenBytesMax) {
    if (connection.server_end == ServerEnd::open) return lose(id, connection);
  }
  if (connection.unwritten.empty() && connection.server_end == ServerEnd::draining) {
    drained(id, connection);
  }
}

// Our FIN, behind what was said.
void Network::drained(ConnectionId id, Connection& connection) {
  connection.server_end = ServerEnd::gone;
  end_peer_later(id, connection);
}

void Network::drain_no_longer(ConnectionId id, Connection& connection) {
  if (connection.server_end == ServerEnd::draining) drained(id, connection);
}

void Network::peer_hears(ConnectionId id, const std::string& bytes) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->silent) return;
  connection->under_way -= bytes.size();
  if (!connection->unwritten.empty()) flush_later(id, *connection);
  if (connection->peer_open && !connection->broken) connection->peer->heard(id, bytes);
}

void Network::end_peer_later(ConnectionId id, Connection& connection) {
  arrive(arrival(connection.last_down), id, Way::down, &Network::end_peer);
}

void Network::end_peer(ConnectionId id, Connection& connection) {
  Peer* peer = connection.peer;
  const bool tell = connection.peer_open && !connection.silent;
  if (tell) connection.peer_open = false;
  forget_if_over(id, connection);
  if (tell) peer->ended(id);
}

// --- datagrams -----------------------------------------------------------------------------------

template <class Deliver>
void Network::under_way(Deliver deliver) {
  int copies = happens(random_, faults.datagram_doubled_per_mille) ? 2 : 1;
  for (; copies > 0; --copies) {
    if (happens(random_, faults.datagram_lost_per_mille)) continue;
    timeline_.after(draw(random_, faults.datagram), deliver);
  }
}

void Network::send_datagram(const Endpoint& from, const Endpoint& to, std::string_view bytes,
                            std::optional<ShardId> shard) {
  under_way([this, from, to, text = std::string(bytes), shard] {
    deliver_datagram(from, to, text, shard);
  });
}

// The kernel chooses the socket, and so the shard, by a hash of both endpoints.
void Network::deliver_datagram(Endpoint from, Endpoint to, std::string bytes,
                               std::optional<ShardId> shard) {
  if (is_parted(from.ip, to.ip)) return;
  const auto found = servers_.find(to);
  if (found == servers_.end() || !found->second->running()) return;
  Host& server = *found->second;
  if (!shard) {
    const std::string_view ip(reinterpret_cast<const char*>(from.ip.bytes.data()), 16);
    shard = ShardId(static_cast<std::uint8_t>(hash_bytes(ip, from.port) % server.shard_count()));
  }
  server.feed(*shard, DatagramReceived{to, from, {}}, std::move(bytes));
}

void Network::server_sends(const Endpoint& from, const Endpoint& to, std::string bytes) {
  under_way([this, from, to, text = std::move(bytes)] {
    const auto peer = is_parted(from.ip, to.ip) ? peers_.end() : peers_.find(to);
    if (peer != peers_.end()) peer->second->heard_datagram(to, from, text);
  });
}

std::size_t Network::open_connections() const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& entry) { return entry.second.server_end == ServerEnd::open; }));
}

}  // namespace muster::sim
