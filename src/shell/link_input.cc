// The part of Links that reads: connecting, the first byte, TLS, the end of what a peer sends.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "shell/links.h"
#include "shell/sockets.h"

namespace muster {
namespace {

constexpr char kTlsHandshakeRecord = 0x16;  // RFC 8446 section 5.1

}  // namespace

void Links::hear(Now now, LinkId id, std::uint32_t events) {
  Link* link = links_.find(id);
  if (link == nullptr) return;
  if (link->in_connecting()) {
    hear_connected(now, id, *link);
    return;
  }
  if ((events & EPOLLOUT) != 0) mark_dirty(id, *link);
  const bool broken = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if ((events & EPOLLIN) == 0 && !broken) return;
  if (link->state == LinkState::draining || link->state == LinkState::lingering) {
    discard(id, *link);
  } else if (link->reading_paused && !broken) {
    watch(id, *link, link->watched & ~static_cast<std::uint32_t>(EPOLLIN));
  } else {
    read(now, id, *link);
  }
}

// --- a link that we asked for --------------------------------------------------------------------

void Links::hear_connected(Now now, LinkId id, Link& link) {
  int error = 0;
  socklen_t bytes = sizeof error;
  if (::getsockopt(link.fd.get(), SOL_SOCKET, SO_ERROR, &error, &bytes) != 0 || error != 0) {
    lose(id);
    return;
  }
  link.local = local_endpoint(link.fd.get());
  watch(id, link, EPOLLIN);
  if (link.transport != Transport::tls) {
    opened(id, link);
    return;
  }
  const bool to_server = link.use == LinkUse::server;
  link.tls = to_server ? TlsSession::connect(cluster_, *link.host) : TlsSession::connect(contexts_);
  if (link.tls == nullptr) return lose(id);
  look_at(id, link, now.instant + (to_server ? kServerTimeMax : kHandshakeTimeMax));
  read_tls(now, id, link, {});
}

void Links::opened(LinkId id, Link& link) {
  link.state = LinkState::open;
  LinkOpened opened{id, link.use, link.transport, link.local, link.remote, link.asked};
  if (link.use == LinkUse::server && !link.asked) opened.hosts = link.tls->peer_hosts();
  tell_(std::move(opened));
}

// --- WebSocket -----------------------------------------------------------------------------------

WebSocketScratch& Links::web_scratch() {
  if (web_scratch_ == nullptr) web_scratch_ = std::make_unique<WebSocketScratch>();
  return *web_scratch_;
}

// What a step makes of the stream is told at once and whole, as what TLS opens is.
void Links::take_web_socket(Now now, LinkId id, Link& link, std::string_view plain) {
  WebSocketScratch& scratch = web_scratch();
  const bool secure = link.tls != nullptr;
  const WebSocket::Went went = link.web_socket->hear(scratch, plain, web_sockets_, secure);
  if (!scratch.out.empty()) out_of(id, link).append(scratch.out);
  const bool was_open = link.state == LinkState::open;
  if (went == WebSocket::Went::ended && !was_open) return drain(now, id, link);
  const bool exporter = secure && link.tls->has_exporter();
  const bool unique = secure && link.tls->has_unique();
  if (went == WebSocket::Went::opened) opened(id, link);
  // Who was told may have closed it, or given it away.
  const auto is_open = [&] {
    const Link* still = links_.find(id);
    return still != nullptr && still->state == LinkState::open;
  };
  if (went == WebSocket::Went::opened && secure && is_open()) {
    tell_(TlsStarted{id, exporter, unique});
  }
  if (!scratch.stream.empty() && is_open()) tell_(BytesReceived{id, scratch.stream});
  if (went != WebSocket::Went::ended || !is_open()) return;
  close(now, id);
  tell_(LinkClosed{id});
}

// --- bytes ---------------------------------------------------------------------------------------

void Links::read(Now now, LinkId id, Link& link) {
  const ssize_t bytes = ::recv(link.fd.get(), scratch_.get(), kReadBytesMax, 0);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (bytes <= 0) report(link, "closed");
  if (bytes < 0) return lose(id);
  if (bytes == 0) return end_of_input(now, id, link);
  const std::string_view heard(scratch_.get(), static_cast<std::size_t>(bytes));
  const bool first = std::exchange(link.unheard, false);
  const bool either = link.use == LinkUse::xmpp || link.use == LinkUse::web_socket;
  if (first && either && link.tls == nullptr && contexts_ != nullptr &&
      heard[0] == kTlsHandshakeRecord) {
    begin_tls(now, id, link, {});
  }
  if (link.tls != nullptr) {
    read_tls(now, id, link, heard);
  } else {
    take(now, id, link, heard);
  }
}

void Links::take(Now now, LinkId id, Link& link, std::string_view plain) {
  if (link.web_socket != nullptr) return take_web_socket(now, id, link, plain);
  tell_(BytesReceived{id, plain});
}

// What a step of TLS opens is told at once and whole, so that nothing waits in the session: it may
// move to another thread after any step.
void Links::read_tls(Now now, LinkId id, Link& link, std::string_view sealed) {
  const TlsSession::Went went = link.tls->hear(tls_scratch_, sealed);
  if (!tls_scratch_.out.empty()) {
    link.tls->unsent.append(tls_scratch_.out);
    mark_dirty(id, link);
  }
  const std::string_view plain = tls_scratch_.plain;
  const bool over = went == TlsSession::Went::closed || went == TlsSession::Went::broken;
  // Our alert, if there is one, is the last that is said.
  if (over && !link.tls->started()) {
    report(link, link.tls->trouble());
    return end_of_input(now, id, link);
  }
  if (went == TlsSession::Went::started && link.web_socket == nullptr) {
    const bool exporter = link.tls->has_exporter();
    const bool unique = link.tls->has_unique();
    if (link.state == LinkState::connecting) {
      opened(id, link);
    } else {
      tell_(TlsStarted{id, exporter, unique});
    }
  }
  // Who was told may have closed it, or given it away.
  Link* still = links_.find(id);
  const auto listens = [](const Link* one) {
    return one != nullptr && (one->state == LinkState::open ||
                              (one->state == LinkState::connecting && one->web_socket != nullptr));
  };
  if (!plain.empty() && listens(still)) {
    take(now, id, *still, plain);
    still = links_.find(id);
  }
  if (over && listens(still)) end_of_input(now, id, *still);
}

// Who listens is told; what is ready for the peer still leaves.
void Links::end_of_input(Now now, LinkId id, Link& link) {
  const bool unknown = link.state == LinkState::connecting;
  if (unknown && link.web_socket == nullptr) return lose(id);
  link.peer_done = true;
  watch(id, link, link.watched & ~static_cast<std::uint32_t>(EPOLLIN));
  drain(now, id, link);
  if (!unknown) tell_(LinkClosed{id});
}

// Of a link that is closed here: only its end matters.
void Links::discard(LinkId id, Link& link) {
  const ssize_t bytes = ::recv(link.fd.get(), scratch_.get(), kReadBytesMax, 0);
  if (bytes > 0 || (bytes < 0 && (errno == EAGAIN || errno == EINTR))) return;
  if (bytes < 0 || link.state == LinkState::lingering) return forget(id);
  link.peer_done = true;
  watch(id, link, link.watched & ~static_cast<std::uint32_t>(EPOLLIN));
}

// --- TLS -----------------------------------------------------------------------------------------

void Links::start_tls(Now now, LinkId id, std::string_view domain) {
  Link* link = links_.find(id);
  if (link == nullptr || link->state != LinkState::open || link->tls != nullptr) return;
  if (contexts_ == nullptr) return hopeless_.push_back(id);
  begin_tls(now, id, *link, domain);
}

// What was said so far leaves in clear, before the handshake.
void Links::begin_tls(Now now, LinkId id, Link& link, std::string_view domain) {
  link.tls = TlsSession::accept(contexts_, link.use, domain);
  link.tls->unsent = std::exchange(link.out, {});
  // What nobody is told of yet has its time already.
  if (link.state == LinkState::open) look_at(id, link, now.instant + kHandshakeTimeMax);
}

}  // namespace muster
