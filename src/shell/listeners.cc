#include "shell/listeners.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "shell/sockets.h"

namespace muster {
namespace {

Fd open_reserve() {
  return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

Listeners::Listeners(int epoll_fd, std::uint64_t first_source, std::vector<Listener> listeners,
                     AddressLimits* limits)
    : epoll_fd_(epoll_fd),
      first_source_(first_source),
      listeners_(std::move(listeners)),
      limits_(limits),
      reserve_(open_reserve()) {
  for (const Listener& listener : listeners_)
    bound_.push_back(local_endpoint(listener.fd.get()));
  watch(true);
}

void Listeners::watch(bool on) {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = first_source_ + i;
    const int done =
        ::epoll_ctl(epoll_fd_, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listeners_[i].fd.get(), &event);
    MUSTER_CHECK(done == 0);
  }
}

void Listeners::accept(Now now, std::size_t index, const Take& take) {
  if (index >= listeners_.size() || resume_) return;
  for (int i = 0; i < kAcceptedAtOnceMax; ++i) {
    if (take_one(listeners_[index], take)) continue;
    if (errno == EMFILE || errno == ENFILE) turn_away(now, listeners_[index]);
    return;
  }
}

// False if there is nobody, with errno.
bool Listeners::take_one(const Listener& listener, const Take& take) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  Fd fd(::accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &bytes,
                  SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) return errno == ECONNABORTED || errno == EINTR;
  Link link;
  link.remote = from_sockaddr(address);
  if (limits_ != nullptr && !limits_->take(link.remote.ip)) {
    ++counters_.refused;
    return true;
  }
  const Endpoint& bound = bound_[static_cast<std::size_t>(&listener - listeners_.data())];
  link.local = bound.ip.is_unspecified() ? local_endpoint(fd.get()) : bound;
  link.fd = std::move(fd);
  link.use = listener.use;
  link.transport = listener.transport;
  link.counted = limits_ != nullptr;
  ++counters_.accepted;
  take(std::move(link));
  return true;
}

void Listeners::turn_away(Now now, const Listener& listener) {
  ++counters_.pauses;
  reserve_.reset();
  Fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  reserve_ = open_reserve();
  watch(false);
  resume_ = now.instant + kAcceptPause;
}

void Listeners::wake(Now now) {
  if (!resume_ || now.instant < *resume_) return;
  resume_.reset();
  watch(true);
}

void Listeners::close() {
  if (!resume_) watch(false);
  resume_.reset();
  listeners_.clear();
}

}  // namespace muster
