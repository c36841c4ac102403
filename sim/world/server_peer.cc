#include "sim/world/server_peer.h"

#include <utility>

namespace muster::sim {

ServerPeer::Opened* ServerPeer::find(ConnectionId id) {
  const auto found = opened_.find(id);
  return found == opened_.end() ? nullptr : &found->second;
}

// --- opening -------------------------------------------------------------------------------------

void ServerPeer::open(const OpenLink& order) {
  const Endpoint local{at_, static_cast<std::uint16_t>(32'768 + ports_used_++ % 28'000)};
  const ConnectionId id =
      network_.connect(*this, {local, order.remote, LinkUse::server, Transport::tls, ShardId(0)});
  Opened& opened = opened_[id];
  opened.ticket = order.ticket;
  opened.local = local;
  opened.remote = order.remote;
  timeline_.after(kOpeningTimeMax, [this, id] { open_no_longer(id); });
}

void ServerPeer::open_no_longer(ConnectionId id) {
  const Opened* opened = find(id);
  if (opened == nullptr || opened->link) return;
  network_.abort(id);
  fail(id, opened->ticket);
}

void ServerPeer::fail(ConnectionId id, Ticket ticket) {
  opened_.erase(id);
  server_.feed(ShardId(0), LinkFailed{ticket, LinkUse::server}, {});
}

void ServerPeer::connected(ConnectionId id) {
  Opened* opened = find(id);
  if (opened == nullptr) return;
  opened->link = server_.adopt(ShardId(0), id);
  server_.feed(ShardId(0),
               LinkOpened{*opened->link, LinkUse::server, Transport::tls, opened->local,
                          opened->remote, opened->ticket},
               {});
}

// --- what comes ----------------------------------------------------------------------------------

void ServerPeer::heard(ConnectionId id, std::string_view bytes) {
  Opened* opened = find(id);
  if (opened == nullptr) return;
  opened->arrived += bytes;
  read_later(id, *opened);
}

void ServerPeer::ended(ConnectionId id) {
  Opened* opened = find(id);
  if (opened == nullptr) return;
  if (!opened->link) return fail(id, opened->ticket);
  opened->over = true;
  read_later(id, *opened);
}

void ServerPeer::read_later(ConnectionId id, Opened& opened) {
  if (opened.read_soon) return;
  opened.read_soon = true;
  timeline_.after(network_.draw_read_delay(), [this, id] { read(id); });
}

void ServerPeer::read(ConnectionId id) {
  Opened* opened = find(id);
  if (opened == nullptr) return;
  opened->read_soon = false;
  if (opened->paused) return;
  const LinkId link = *opened->link;
  if (opened->arrived.empty()) {
    if (!opened->over) return;
    server_.forget(ShardId(0), link);
    opened_.erase(id);
    return server_.feed(ShardId(0), LinkClosed{link}, {});
  }
  std::string piece = opened->arrived.substr(0, Network::kReadBytes);
  opened->arrived.erase(0, piece.size());
  if (!opened->arrived.empty() || opened->over) read_later(id, *opened);
  server_.feed(ShardId(0), BytesReceived{link, {}}, std::move(piece));
}

// --- what the server does ------------------------------------------------------------------------

void ServerPeer::pause(ConnectionId id) {
  if (Opened* opened = find(id)) opened->paused = true;
}

void ServerPeer::resume(ConnectionId id) {
  Opened* opened = find(id);
  if (opened == nullptr) return;
  opened->paused = false;
  read_later(id, *opened);
}

void ServerPeer::close(ConnectionId id) {
  const Opened* opened = find(id);
  if (opened == nullptr) return;
  server_.forget(ShardId(0), *opened->link);
  opened_.erase(id);
  network_.finish(id);
}

void ServerPeer::die() {
  for (const auto& [id, opened] : std::exchange(opened_, {}))
    network_.abort(id);
}

}  // namespace muster::sim
