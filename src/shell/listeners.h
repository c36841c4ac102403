// The listening sockets of one shard. Each shard has its own on each endpoint (SO_REUSEPORT); the
// kernel spreads the peers over them.
//
// Limits: the AddressLimits; a peer past it is closed at once. Where the process has no descriptor
// left (EMFILE, ENFILE), the reserve is given up to take the waiting peer and close it, which it
// hears, instead of leaving it to wait; then nothing is accepted for kAcceptPause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/time.h"
#include "server/ports.h"
#include "shell/address_limits.h"
#include "shell/fd.h"
#include "shell/link.h"

namespace muster {

struct Listener {
  Fd fd;
  LinkUse use = LinkUse::xmpp;
  Transport transport = Transport::tcp;
};

class Listeners {
 public:
  // Peers accepted for one event of epoll, so that those who are here are not kept waiting.
  static constexpr int kAcceptedAtOnceMax = 64;
  static constexpr Duration kAcceptPause = Duration::milliseconds(100);

  // What epoll reports for the listener of index i carries `first_source` + i.
  Listeners(int epoll_fd, std::uint64_t first_source, std::vector<Listener> listeners,
            AddressLimits* limits);

  std::size_t size() const { return listeners_.size(); }

  using Take = std::function<void(Link)>;
  void accept(Now now, std::size_t index, const Take& take);

  std::optional<Instant> next_deadline() const { return resume_; }
  void wake(Now now);

  // Nobody is let in any more.
  void close();

  struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  // too many from one address
    std::uint64_t pauses = 0;   // no descriptors left
  };
  const Counters& counters() const { return counters_; }

 private:
  bool take_one(const Listener& listener, const Take& take);
  void turn_away(Now now, const Listener& listener);
  void watch(bool on);

  int epoll_fd_;
  std::uint64_t first_source_;
  std::vector<Listener> listeners_;
  std::vector<Endpoint> bound_;  // where each of them listens
  AddressLimits* limits_;
  Fd reserve_;
  std::optional<Instant> resume_;
  Counters counters_;
};

}  // namespace muster
