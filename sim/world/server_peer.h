// A server as the others of its cluster meet it: the end of the links that it opens to them, which
// for the network is a peer's. The server that is connected to is a host, as it is to everybody.
//
// As src/shell/links.h does: the link is told of once it is open, and has failed if it is not
// within kOpeningTimeMax; what came is read in pieces, later, and not while reading is paused. No
// handshake is played: a link is sealed, and each knows the other for one of its cluster.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/ports.h"
#include "sim/world/network.h"
#include "sim/world/timeline.h"

namespace muster::sim {

class ServerPeer final : public Peer {
 public:
  static constexpr Duration kOpeningTimeMax = Duration::seconds(2);

  // All links are of its shard 0, and come from this address.
  ServerPeer(Host& server, const IpAddress& at, Timeline& timeline, Network& network)
      : server_(server), at_(at), timeline_(timeline), network_(network) {}

  void open(const OpenLink& order);
  // Whether this end of the connection is the one that opened it.
  bool has(ConnectionId connection) const { return opened_.contains(connection); }
  void say(ConnectionId connection, std::string_view bytes) { network_.say(connection, bytes); }
  void close(ConnectionId connection);
  void pause(ConnectionId connection);
  void resume(ConnectionId connection);
  // Its process is dead: the others hear of it.
  void die();

  // --- for the network
  void connected(ConnectionId connection) override;
  bool listens() const override { return false; }
  void accepted(ConnectionId) override {}
  void tls_started(ConnectionId) override {}
  void heard(ConnectionId connection, std::string_view bytes) override;
  void ended(ConnectionId connection) override;
  void heard_datagram(const Endpoint&, const Endpoint&, std::string_view) override {}

 private:
  struct Opened {
    Ticket ticket;
    Endpoint local;
    Endpoint remote;
    std::optional<LinkId> link;  // once it is open
    std::string arrived;         // not read yet
    bool read_soon = false;
    bool paused = false;
    bool over = false;  // nothing follows what arrived
  };

  Opened* find(ConnectionId id);
  void open_no_longer(ConnectionId id);
  void read_later(ConnectionId id, Opened& opened);
  void read(ConnectionId id);
  void fail(ConnectionId id, Ticket ticket);

  Host& server_;
  IpAddress at_;
  Timeline& timeline_;
  Network& network_;
  std::map<ConnectionId, Opened> opened_;
  std::uint64_t ports_used_ = 0;
};

}  // namespace muster::sim
