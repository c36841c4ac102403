#include "shell/links.h"

#include <sys/epoll.h>

#include <utility>

#include "base/check.h"
#include "codec/address/ip.h"
#include "shell/sockets.h"

namespace muster {

Links::Links(int epoll_fd, AddressLimits* limits, Tell tell)
    : epoll_fd_(epoll_fd),
      limits_(limits),
      tell_(std::move(tell)),
      scratch_(std::make_unique<char[]>(kReadBytesMax)) {}

Links::~Links() {
  links_.for_each([this](LinkId id, Link&) { forget(id); });
}

// --- coming and going ----------------------------------------------------------------------------

LinkId Links::adopt(Link link) {
  const auto [id, placed] = links_.emplace(std::move(link));
  placed->watched = placed->reading_paused ? 0u : std::uint32_t{EPOLLIN};
  if (placed->in_connecting()) placed->watched = EPOLLOUT;
  epoll_event event{};
  event.events = placed->watched;
  event.data.u64 = id.number();
  MUSTER_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, placed->fd.get(), &event) == 0);
  if (!placed->out.empty() || (placed->tls != nullptr && !placed->tls->unsent.empty())) {
    mark_dirty(id, *placed);
  }
  return id;
}

std::unique_ptr<Link> Links::release(LinkId id) {
  Link* link = links_.find(id);
  if (link == nullptr || link->state != LinkState::open) return nullptr;
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, link->fd.get(), nullptr);
  auto released = std::make_unique<Link>(std::move(*link));
  released->dirty = false;
  links_.erase(id);
  return released;
}

void Links::open(Now now, const OpenLink& order) {
  const bool to_server = order.use == LinkUse::server;
  auto fd = connect_tcp(order.remote);
  const bool no_tls = to_server ? cluster_ == nullptr || order.transport != Transport::tls
                                : order.transport == Transport::tls && contexts_ == nullptr;
  if (!fd || no_tls) {
    failed_.push_back({order.ticket, order.use});
    return;
  }
  Link link;
  link.fd = std::move(*fd);
  link.use = order.use;
  link.transport = order.transport;
  link.remote = order.remote;
  link.state = LinkState::connecting;
  link.asked = order.ticket;
  if (to_server) link.host = std::make_unique<const std::string>(order.host);
  const LinkId id = adopt(std::move(link));
  look_at(id, *links_.find(id), now.instant + (to_server ? kServerTimeMax : kConnectTimeMax));
}

void Links::shake_hands(Now now, Link link) {
  if (cluster_ == nullptr) {
    if (link.counted && limits_ != nullptr) limits_->give_back(link.remote.ip);
    return;
  }
  link.state = LinkState::connecting;
  link.tls = TlsSession::accept(cluster_);
  const LinkId id = adopt(std::move(link));
  look_at(id, *links_.find(id), now.instant + kServerTimeMax);
}

void Links::await_request(Now now, Link link) {
  const bool tls_first = link.transport == Transport::tls;
  if (tls_first && contexts_ == nullptr) {
    if (link.counted && limits_ != nullptr) limits_->give_back(link.remote.ip);
    return;
  }
  link.state = LinkState::connecting;
  link.web_socket = std::make_unique<WebSocket>();
  const LinkId id = adopt(std::move(link));
  Link& adopted = *links_.find(id);
  if (tls_first) begin_tls(now, id, adopted, {});
  look_at(id, adopted, now.instant + kHandshakeTimeMax);
}

// Without a word: nobody listens.
void Links::forget(LinkId id) {
  Link* link = links_.find(id);
  if (link == nullptr) return;
  if (link->counted && limits_ != nullptr) limits_->give_back(link->remote.ip);
  links_.erase(id);
}

// The link is cut, and who listens hears of it.
void Links::lose(LinkId id) {
  const Link* link = links_.find(id);
  if (link == nullptr) return;
  const LinkState state = link->state;
  const LinkUse use = link->use;
  const std::optional<Ticket> asked = link->asked;
  forget(id);
  if (state == LinkState::open) tell_(LinkClosed{id});
  if (state == LinkState::connecting && asked) tell_(LinkFailed{*asked, use});
}

// The handshake of a link to another server came to nothing. Our alert, if there is one, may tell
// the peer why.
void Links::report(Link& link, std::string_view why) {
  if (link.use != LinkUse::server || !link.in_handshake()) return;
  send_from(link, link.tls->unsent);
  if (!report_) return;
  report_({Log::Level::warning, "server-handshake-failed", to_text(link.remote), std::string(why)});
}

// Once all that was sent has left.
void Links::close(Now now, LinkId id) {
  Link* link = links_.find(id);
  if (link != nullptr && link->state == LinkState::open) drain(now, id, *link);
}

void Links::drain(Now now, LinkId id, Link& link) {
  if (link.web_socket != nullptr) link.web_socket->close(web_scratch(), out_of(id, link));
  link.state = LinkState::draining;
  // What was to be said in a TLS connection that never came to be is not said in clear.
  if (link.in_handshake()) link.out.clear();
  look_at(id, link, now.instant + kDrainTimeMax);
  mark_dirty(id, link);
}

void Links::close_all(Now now) {
  links_.for_each([&](LinkId id, const Link& link) {
    link.state == LinkState::connecting ? forget(id) : close(now, id);
  });
}

// --- time ----------------------------------------------------------------------------------------

void Links::look_at(LinkId id, Link& link, Instant when) {
  link.deadline = when;
  deadlines_.add(when, id);
}

void Links::wake(Now now) {
  while (const auto id = deadlines_.take_due(now.instant)) {
    Link* link = links_.find(*id);
    if (link == nullptr || now.instant < link->deadline) continue;
    if (link->state == LinkState::open && !link->in_handshake()) continue;
    report(*link, "too slow");
    lose(*id);
  }
}

// --- what epoll is asked -------------------------------------------------------------------------

void Links::watch(LinkId id, Link& link, std::uint32_t events) {
  if (events == link.watched) return;
  link.watched = events;
  epoll_event event{};
  event.events = events;
  event.data.u64 = id.number();
  MUSTER_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, link.fd.get(), &event) == 0);
}

void Links::mark_dirty(LinkId id, Link& link) {
  if (link.dirty) return;
  link.dirty = true;
  dirty_.push_back(id);
}

void Links::pause_reading(LinkId id) {
  if (Link* link = links_.find(id)) link->reading_paused = true;
}

void Links::resume_reading(LinkId id) {
  Link* link = links_.find(id);
  if (link == nullptr) return;
  link->reading_paused = false;
  watch(id, *link, link->watched | EPOLLIN);
}

}  // namespace muster
