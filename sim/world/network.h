// What is between user agents and servers: links and datagrams, as honest as the real ones.
//
// A link keeps the order of its bytes and nothing else: they are cut and joined anywhere, and come
// when they come. It may be cut (both sides hear of it, what was under way is lost), fall silent
// (nobody hears of it), be half-closed (an end that has finished still hears), and have a peer that
// reads slowly: then what a server says waits, on its way (kWindowBytes) and in the server, and
// past kUnwrittenBytesMax there the server cuts it, as src/shell/links.h does. After StartTls,
// bytes that were said in clear break the link.
//
// A link between two servers is one between a peer, of the server that opens it (server_peer.h),
// and a host. It is sealed when it opens, either end may be slow to read, and past kWindowBytes and
// kUnwrittenBytesMax either end cuts it.
//
// One address can be parted from another, in one direction: nothing comes through there, be it
// bytes, an end, or what opens a link. What is said on a link waits, for TCP says it again and
// again, and comes once that is mended, if its link is still there; datagrams are lost.
//
// It owns the connections. A server knows one by its LinkId, the peer by its ConnectionId; both
// ends are told of anything in an event of its own, never within a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/ports.h"
#include "sim/random_streams.h"
#include "sim/world/faults.h"
#include "sim/world/timeline.h"

namespace muster::sim {

using ConnectionId = Id<struct ConnectionTag, std::uint64_t>;

// The other end than a host's: whoever connects, is connected to, or gets datagrams.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void connected(ConnectionId connection) = 0;
  // A server may connect to its endpoints.
  virtual bool listens() const { return true; }
  // A server connected to an endpoint of this peer.
  virtual void accepted(ConnectionId connection) = 0;
  // The handshake is done: what is said from now on is sealed.
  virtual void tls_started(ConnectionId connection) = 0;
  virtual void heard(ConnectionId connection, std::string_view bytes) = 0;
  // Nothing comes any more: the server finished, refused, or the link was cut.
  virtual void ended(ConnectionId connection) = 0;
  virtual void heard_datagram(const Endpoint& at, const Endpoint& from, std::string_view bytes) = 0;
};

// What the network knows of a server.
class Host {
 public:
  virtual ~Host() = default;
  virtual bool running() const = 0;
  virtual std::uint8_t shard_count() const = 0;
  virtual ShardId any_shard() = 0;
  virtual const Endpoint& sip_at() const = 0;
  virtual LinkId adopt(ShardId shard, ConnectionId connection) = 0;
  virtual void forget(ShardId shard, LinkId link) = 0;
  // `bytes` is what a view in the input sees.
  virtual void feed(ShardId shard, Input input, std::string bytes) = 0;
  // The same for an answer to the process that runs now: it is lost if that is dead by then.
  virtual std::function<void(Input)> answer_to(ShardId shard) = 0;
};

class Network {
 public:
  static constexpr std::size_t kUnwrittenBytesMax = std::size_t{2} * 1024 * 1024;
  static constexpr std::size_t kReadBytes = std::size_t{16} * 1024;
  static constexpr std::size_t kWindowBytes = std::size_t{256} * 1024;
  static constexpr Duration kDrainTime = Duration::seconds(10);

  Network(Timeline& timeline, Prng random) : timeline_(timeline), random_(std::move(random)) {}

  NetworkFaults faults;

  // --- for the world
  void serve(const Endpoint& at, Host& server) { servers_[at] = &server; }
  // From now on nothing gets from one to the other; or it does again.
  void part(const IpAddress& from, const IpAddress& to) { parted_.emplace(from, to); }
  void mend(const IpAddress& from, const IpAddress& to);
  bool is_parted(const IpAddress& from, const IpAddress& to) const {
    return parted_.contains({from, to});
  }

  // --- for peers. `from` is where the peer is; links of servers and datagrams come to it if it is
  // bound there.
  void bind(const Endpoint& at, Peer& peer) { peers_[at] = &peer; }
  void unbind(const Endpoint& at) { peers_.erase(at); }
  struct Connecting {
    Endpoint from;
    Endpoint to;
    LinkUse use = LinkUse::xmpp;
    Transport transport = Transport::tcp;
    std::optional<ShardId> shard;  // drawn if not given
  };
  // What is said at once follows on the heels of the connection.
  ConnectionId connect(Peer& peer, const Connecting& connecting);
  void say(ConnectionId connection, std::string_view bytes);
  // The peer says no more, and goes on listening until the server has finished too.
  void finish(ConnectionId connection);
  // The peer is gone: the server hears of it. Or does not.
  void abort(ConnectionId connection);
  void vanish(ConnectionId connection);
  void send_datagram(const Endpoint& from, const Endpoint& to, std::string_view bytes,
                     std::optional<ShardId> shard = {});
  // How long it takes a process to read what came.
  Duration draw_read_delay() { return draw_between(random_, {}, faults.read_delay_max); }

  // --- for servers
  void server_opens(Host& server, ShardId shard, const OpenLink& order);
  void server_says(ConnectionId connection, std::string_view bytes);
  void server_sends(const Endpoint& from, const Endpoint& to, std::string bytes);
  void server_pauses(ConnectionId connection);
  void server_resumes(ConnectionId connection);
  void server_starts_tls(ConnectionId connection);
  void server_closes(ConnectionId connection);
  // From shard to shard: in between the link is nobody's.
  void server_releases(ConnectionId connection);
  void server_adopts(ConnectionId connection, ShardId shard, const StreamOnTheMove& stream);
  // The server is dead: its peers hear of it.
  void server_dies(Host& server);

  // For checkers: connections that are open at the server's end.
  std::size_t open_connections() const;
  std::size_t connections() const { return connections_.size(); }
  // The most that ever waited in a server for one peer.
  std::size_t most_unwritten() const { return most_unwritten_; }

 private:
  enum class Tls : std::uint8_t { none, shaking_hands, started };
  enum class Way : std::uint8_t { up, down };  // to the server, to the peer
  using Arrival = std::function<void()>;
  enum class ServerEnd : std::uint8_t { connecting, open, moving, draining, gone };
  struct Connection {
    Peer* peer = nullptr;
    Host* server = nullptr;
    ShardId shard;
    LinkId link;
    LinkUse use = LinkUse::xmpp;
    Transport transport = Transport::tcp;
    Endpoint local;   // the server's
    Endpoint remote;  // the peer's
    ServerEnd server_end = ServerEnd::connecting;
    bool peer_open = true;  // it is told what happens
    bool silent = false;
    bool slow = false;
    Tls tls = Tls::none;
    bool peer_seals = false;
    // To the server.
    Instant last_up;
    std::vector<Arrival> held_up;  // until what is parted is mended
    std::size_t unread = 0;        // what another server said, until it is read
    Instant slow_up_until;
    std::string arrived;  // not read yet
    bool paused = false;
    bool read_soon = false;
    bool finished_up = false;  // nothing follows what arrived
    bool broken = false;
    // To the peer.
    Instant last_down;
    std::vector<Arrival> held_down;
    std::string unwritten;
    std::string behind_tls;  // said during the handshake
    std::size_t under_way = 0;
    bool flush_soon = false;
    Instant slow_until;
  };
  using Told = void (Network::*)(ConnectionId, Connection&);

  Connection* find(ConnectionId id);
  void later(Instant when, ConnectionId id, Told what);
  Instant arrival(Instant& last);
  void arrive(Instant when, ConnectionId id, Way way, Arrival what);
  void arrive(Instant when, ConnectionId id, Way way, Told what);
  bool is_parted(const Connection& connection, Way way) const;
  void release(ConnectionId id, Way way);
  std::size_t piece_of(std::size_t bytes);
  void wait_for_reader(Connection& connection, std::size_t bytes);
  void misfortune(ConnectionId id, Connection& connection);
  void deliver_datagram(Endpoint from, Endpoint to, std::string bytes,
                        std::optional<ShardId> shard);
  template <class Deliver>
  void under_way(Deliver deliver);

  // to the server
  void open_at_server(ConnectionId id, Connection& connection);
  void arrive_bytes(ConnectionId id, const std::string& bytes, bool sealed);
  void finish_arrives(ConnectionId id, Connection& connection);
  void tls_is_done(ConnectionId id, Connection& connection);
  void read_later(ConnectionId id, Connection& connection);
  void read(ConnectionId id, Connection& connection);
  void lose(ConnectionId id, Connection& connection);
  void break_server_end(ConnectionId id, Connection& connection);
  static void leave_server(Connection& connection, ServerEnd end);

  // to the peer
  void write(ConnectionId id, Connection& connection, std::string_view bytes);
  void flush_later(ConnectionId id, Connection& connection);
  void flush(ConnectionId id, Connection& connection);
  void peer_hears(ConnectionId id, const std::string& bytes);
  void peer_is_connected(ConnectionId id, Connection& connection);
  void peer_is_sealed(ConnectionId id, Connection& connection);
  void end_peer_later(ConnectionId id, Connection& connection);
  void end_peer(ConnectionId id, Connection& connection);
  void drain(ConnectionId id, Connection& connection);
  void drained(ConnectionId id, Connection& connection);
  void drain_no_longer(ConnectionId id, Connection& connection);
  void forget_if_over(ConnectionId id, const Connection& connection);

  Timeline& timeline_;
  Prng random_;
  std::map<Endpoint, Host*> servers_;
  std::map<Endpoint, Peer*> peers_;
  std::set<std::pair<IpAddress, IpAddress>> parted_;  // from, to
  std::map<ConnectionId, Connection> connections_;
  std::uint64_t next_connection_ = 1;
  std::size_t most_unwritten_ = 0;
};

// How long this time.
Duration draw(Prng& prng, const Delay& delay);

}  // namespace muster::sim
