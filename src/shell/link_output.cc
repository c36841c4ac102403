// The part of Links that writes: what a turn gathers, in one call per link; then the closing.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "shell/links.h"

namespace muster {
namespace {

// An assignment would keep the memory.
void free_memory(std::string& buffer) {
  std::string().swap(buffer);
}

}  // namespace

// --- gathering -----------------------------------------------------------------------------------

std::string& Links::out_of(LinkId id, Link& link) {
  mark_dirty(id, link);
  if (link.out.empty() && link.out.capacity() < 64 && !spare_.empty()) {
    link.out.swap(spare_.back());
    spare_.pop_back();
  }
  return link.out;
}

void Links::give_back(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() <= kSpareBufferBytesMax && spare_.size() < kSpareBuffersMax) {
    spare_.push_back(std::exchange(buffer, {}));
  } else {
    free_memory(buffer);
  }
}

void Links::send(LinkId id, std::string_view bytes) {
  Link* link = links_.find(id);
  if (link == nullptr || link->state != LinkState::open) return;
  if (link->web_socket != nullptr) return say(id, *link, bytes);
  out_of(id, *link).append(bytes);
}

void Links::fan_out(const FanOut& order) {
  for (const FanOut::Recipient& recipient : order.recipients) {
    Link* link = links_.find(recipient.link);
    if (link == nullptr || link->state != LinkState::open) continue;
    if (link->web_socket != nullptr) {
      fanned_.assign(*order.before);
      fanned_.append(order.holes, recipient.hole_begin, recipient.hole_bytes).append(*order.after);
      say(recipient.link, *link, fanned_);
      continue;
    }
    out_of(recipient.link, *link)
        .append(*order.before)
        .append(order.holes, recipient.hole_begin, recipient.hole_bytes)
        .append(*order.after);
  }
}

// What is no stream, which nobody here writes, is not said: the link is cut.
void Links::say(LinkId id, Link& link, std::string_view stream) {
  const bool secure = link.tls != nullptr;
  if (!link.web_socket->say(web_scratch(), stream, secure, out_of(id, link))) {
    hopeless_.push_back(id);
  }
}

// --- writing -------------------------------------------------------------------------------------

// What the kernel takes is taken off `buffer`.
Links::Sent Links::send_from(Link& link, std::string& buffer) {
  std::size_t written = 0;
  while (written < buffer.size()) {
    const ssize_t bytes =
        ::send(link.fd.get(), buffer.data() + written, buffer.size() - written, MSG_NOSIGNAL);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0 && errno == EAGAIN) break;
    if (bytes < 0) return Sent::broken;
    written += static_cast<std::size_t>(bytes);
  }
  if (written == buffer.size()) {
    buffer.clear();
    return Sent::all;
  }
  buffer.erase(0, written);
  return Sent::some;
}

// What was sealed before goes first; then, piece by piece, what is said since. Only what the kernel
// does not take at once is kept.
Links::Sent Links::send_sealed(Link& link) {
  TlsSession& tls = *link.tls;
  Sent sent = send_from(link, tls.unsent);
  if (sent != Sent::all) return sent;
  free_memory(tls.unsent);
  if (!tls.started()) return Sent::all;
  std::size_t sealed = 0;
  while (sealed < link.out.size() && sent == Sent::all) {
    const std::string_view piece = std::string_view(link.out).substr(sealed, kSealBytesMax);
    tls.seal(tls_scratch_, piece);
    sealed += piece.size();
    sent = send_from(link, tls_scratch_.out);
  }
  link.out.erase(0, sealed);
  if (sent == Sent::all && link.state == LinkState::draining) {
    tls.close(tls_scratch_);
    sent = send_from(link, tls_scratch_.out);
  }
  if (sent == Sent::some) tls.unsent = tls_scratch_.out;
  return sent;
}

Links::Sent Links::write(Link& link) {
  return link.tls == nullptr ? send_from(link, link.out) : send_sealed(link);
}

void Links::flush(Now now) {
  for (const LinkFailed& failed : std::exchange(failed_, {}))
    tell_(failed);
  for (const LinkId id : std::exchange(hopeless_, {})) {
    const Link* link = links_.find(id);
    // It was closed meanwhile: the close frame says so, of what was being said nothing is missed.
    const bool is_closed =
        link != nullptr && link->web_socket != nullptr && link->state == LinkState::draining;
    if (!is_closed) lose(id);
  }
  // Who is told that a link is lost may dirty others: they are written in the same go.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    const LinkId id = dirty_[i];
    Link* link = links_.find(id);
    if (link == nullptr || !link->dirty) continue;
    link->dirty = false;
    if (link->in_connecting()) continue;
    const Sent sent = write(*link);
    if (sent == Sent::broken) {
      lose(id);
      continue;
    }
    std::uint32_t events = link->watched & ~static_cast<std::uint32_t>(EPOLLOUT);
    if (sent == Sent::some) events |= EPOLLOUT;
    watch(id, *link, events);
    const std::size_t waiting = link->out.size() + (link->tls ? link->tls->unsent.size() : 0);
    if (waiting > kUnwrittenBytesMax) {
      lose(id);
    } else if (sent == Sent::all) {
      if (link->out.empty()) give_back(link->out);
      if (link->state == LinkState::draining) finish(now, id, *link);
    }
  }
  dirty_.clear();
}

// All is said. Our FIN; then the peer's, unless it has sent it already.
void Links::finish(Now now, LinkId id, Link& link) {
  ::shutdown(link.fd.get(), SHUT_WR);
  if (link.peer_done) return forget(id);
  link.state = LinkState::lingering;
  link.tls.reset();
  look_at(id, link, now.instant + kLingerTimeMax);
  watch(id, link, EPOLLIN);
}

}  // namespace muster
