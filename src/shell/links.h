// The links of one shard: reading into the shard's one scratch buffer, TLS, gathering what a loop
// turn has to say and writing it in one call per link, closing in order.
//
// An idle link has no buffer. Readiness is epoll's, level-triggered. On an XMPP link the first byte
// decides: 0x16 begins a TLS record, and so direct TLS (XEP-0368).
//
// The end. After CloseLink what was said leaves, then TLS's close_notify, then our FIN; the link
// stays until the peer has done the same (RFC 6120 section 4.4), reading and forgetting what it
// sends: to close a socket with unread bytes would send a RST, which may take our last words with
// it. A peer that has sent its FIN (half-closed) is LinkClosed at once; what it asked before is
// still answered, as far as the answer was ready.
//
// A link to another server begins with TLS, and nobody is told of it before the handshake has shown
// that the peer is of this cluster (ClusterTls). Who is not is reported.
//
// A link of use `web_socket` begins with TLS where its listener has it, else as an XMPP one; nobody
// is told of it before the request that opens a WebSocket was answered (web_socket/web_socket.h).
// From then on what is told, and taken, is the XMPP stream that it carries.
//
// Limits: kUnwrittenBytesMax waits for a slow reader; past it the link is cut. kConnectTimeMax,
// kHandshakeTimeMax, kServerTimeMax, kDrainTimeMax, kLingerTimeMax: at each the link is cut.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadlines.h"
#include "base/slot_table.h"
#include "server/ports.h"
#include "shell/address_limits.h"
#include "shell/link.h"
#include "shell/tls/cluster_tls.h"
#include "shell/tls/contexts.h"
#include "shell/tls/session.h"
#include "shell/web_socket/web_socket.h"

namespace muster {

class Links {
 public:
  static constexpr std::size_t kUnwrittenBytesMax = std::size_t{2} * 1024 * 1024;
  static constexpr std::size_t kReadBytesMax = TlsScratch::kSealedBytesMax;
  // Sealed in one go, so that what waits sealed has a bound too.
  static constexpr std::size_t kSealBytesMax = std::size_t{64} * 1024;
  static constexpr Duration kConnectTimeMax = Duration::seconds(10);
  static constexpr Duration kHandshakeTimeMax = Duration::seconds(10);
  // To another server: to connect, and then the handshake. It is tried anew soon.
  static constexpr Duration kServerTimeMax = Duration::seconds(2);
  static constexpr Duration kDrainTimeMax = Duration::seconds(10);
  static constexpr Duration kLingerTimeMax = Duration::seconds(5);
  // Buffers that a flushed link gives back, for the next.
  static constexpr std::size_t kSpareBuffersMax = 256;
  static constexpr std::size_t kSpareBufferBytesMax = std::size_t{64} * 1024;

  // Is told what happens on links, by hear(), flush() and wake() and nothing else. It may call
  // back, but for these three.
  using Tell = std::function<void(const Input&)>;

  // `limits` may be null, and so may the contexts: then there is no TLS.
  Links(int epoll_fd, AddressLimits* limits, Tell tell);
  ~Links();

  void use_tls(std::shared_ptr<const TlsContexts> contexts) { contexts_ = std::move(contexts); }

  // Of links to other servers: null, and there are none.
  using Report = std::function<void(const Log&)>;
  void use_cluster(std::shared_ptr<const ClusterTls> cluster) { cluster_ = std::move(cluster); }
  void report_to(Report report) { report_ = std::move(report); }

  void use_web_sockets(WebSocketSettings settings) { web_sockets_ = std::move(settings); }

  // A link that the acceptor gives, of use `server`.
  void shake_hands(Now now, Link link);
  // The same, of use `web_socket`.
  void await_request(Now now, Link link);
  // A link that the acceptor, or another shard, gives to this one.
  LinkId adopt(Link link);
  // The link with all it has, out of this shard; nothing if it is gone.
  std::unique_ptr<Link> release(LinkId id);
  // Begins to connect; LinkOpened or LinkFailed tells later how it went.
  void open(Now now, const OpenLink& order);

  // What epoll reported for it.
  void hear(Now now, LinkId id, std::uint32_t events);

  void send(LinkId id, std::string_view bytes);
  void fan_out(const FanOut& order);
  void pause_reading(LinkId id);
  void resume_reading(LinkId id);
  void start_tls(Now now, LinkId id, std::string_view domain);
  void close(Now now, LinkId id);
  // Of those that nobody is told of nobody will be.
  void close_all(Now now);

  // Writes what the turn gathered.
  void flush(Now now);

  // What takes too long.
  std::optional<Instant> next_deadline() const { return deadlines_.next(); }
  void wake(Now now);

  const Link* find(LinkId id) const { return links_.find(id); }
  std::size_t size() const { return links_.size(); }

 private:
  // links.cc
  void look_at(LinkId id, Link& link, Instant when);
  void watch(LinkId id, Link& link, std::uint32_t events);
  void mark_dirty(LinkId id, Link& link);
  void forget(LinkId id);
  void lose(LinkId id);
  void report(Link& link, std::string_view why);
  // link_input.cc
  void hear_connected(Now now, LinkId id, Link& link);
  void opened(LinkId id, Link& link);
  void discard(LinkId id, Link& link);
  void read(Now now, LinkId id, Link& link);
  void read_tls(Now now, LinkId id, Link& link, std::string_view sealed);
  void begin_tls(Now now, LinkId id, Link& link, std::string_view domain);
  void end_of_input(Now now, LinkId id, Link& link);
  void take(Now now, LinkId id, Link& link, std::string_view plain);
  void take_web_socket(Now now, LinkId id, Link& link, std::string_view plain);
  WebSocketScratch& web_scratch();
  // link_output.cc
  std::string& out_of(LinkId id, Link& link);
  void give_back(std::string& buffer);
  void say(LinkId id, Link& link, std::string_view stream);
  void drain(Now now, LinkId id, Link& link);
  enum class Sent : std::uint8_t { all, some, broken };
  Sent send_from(Link& link, std::string& buffer);
  Sent send_sealed(Link& link);
  Sent write(Link& link);
  void finish(Now now, LinkId id, Link& link);

  int epoll_fd_;
  AddressLimits* limits_;
  Tell tell_;
  std::shared_ptr<const TlsContexts> contexts_;
  std::shared_ptr<const ClusterTls> cluster_;
  Report report_;
  SlotTable<Link, LinkTag> links_;
  Deadlines<LinkId> deadlines_;
  std::vector<LinkId> dirty_;
  // What flush() is to tell.
  std::vector<LinkFailed> failed_;
  std::vector<LinkId> hopeless_;
  std::vector<std::string> spare_;
  std::unique_ptr<char[]> scratch_;
  TlsScratch tls_scratch_;
  WebSocketSettings web_sockets_;
  std::unique_ptr<WebSocketScratch> web_scratch_;  // once there is a WebSocket
  std::string fanned_;                             // to one of them
};

}  // namespace muster
