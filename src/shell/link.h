// One transport connection of a shard, and what is still to be written to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/endpoint.h"
#include "server/ports.h"
#include "shell/fd.h"
#include "shell/tls/session.h"
#include "shell/web_socket/web_socket.h"

namespace muster {

enum class LinkState : std::uint8_t {
  connecting,  // nobody is told of it yet: until the socket is connected, and TLS has begun if it
               // is to; of use `server` also one that a peer opened; a WebSocket until it is one
  open,
  draining,   // nobody here listens any more: until what was said has left
  lingering,  // we said that we send no more: until the peer has done so too
};

struct Link {
  Fd fd;
  LinkUse use = LinkUse::xmpp;
  Transport transport = Transport::tcp;
  LinkState state = LinkState::open;
  bool unheard = true;  // no byte came yet: the first one may begin TLS
  bool reading_paused = false;
  bool peer_done = false;     // it sends no more
  bool dirty = false;         // is on the list of those to flush
  bool counted = false;       // in the AddressLimits
  std::uint32_t watched = 0;  // what epoll is asked for
  Endpoint local;
  Endpoint remote;
  Instant deadline;  // of connecting, of a TLS handshake, of draining and of lingering
  std::string out;   // for the peer, in clear: not sealed yet, or not taken by the kernel
  std::unique_ptr<TlsSession> tls;
  std::unique_ptr<WebSocket> web_socket;    // of use `web_socket`
  std::optional<Ticket> asked;              // OpenLink's
  std::unique_ptr<const std::string> host;  // the same, of use `server`

  // The socket is not connected yet.
  bool in_connecting() const {
    return state == LinkState::connecting && asked.has_value() && tls == nullptr;
  }
  // Nothing may be written to it in clear, or nothing at all, until the handshake is done.
  bool in_handshake() const { return tls != nullptr && !tls->started(); }
};

}  // namespace muster
