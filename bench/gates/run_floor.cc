// What a NOTIFY and its 200 would cost a server that knows no protocol: datagrams of their sizes,
// in batches of 64, and nothing else. It says how much of the gate is the kernel's, and how fast
// the machine is just now.

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "failing.h"
#include "runs.h"

namespace gates {
namespace {

constexpr unsigned kBatch = 64;
constexpr std::size_t kInFlight = 512;
constexpr std::size_t kNotifyBytes = 1'000;
constexpr std::size_t kAnswerBytes = 330;

// One end of the exchange.
class End {
 public:
  explicit End(std::size_t says_bytes) : says_(says_bytes, 'x') {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(fd_ >= 0, "socket");
    const int buffer_bytes = 4 * 1024 * 1024;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    own_.sin_family = AF_INET;
    own_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof own_;
    must(::bind(fd_, reinterpret_cast<const sockaddr*>(&own_), bytes) == 0, "bind");
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own_), &bytes);
  }
  ~End() { ::close(fd_); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  const sockaddr_in& own() const { return own_; }

  void say(const sockaddr_in& to, std::size_t count) {
    sockaddr_in address = to;
    while (count > 0) {
      const unsigned batch = static_cast<unsigned>(std::min<std::size_t>(count, kBatch));
      for (unsigned i = 0; i < batch; ++i)
        prepare(i, says_.data(), says_.size(), &address);
      must(::sendmmsg(fd_, headers_.data(), batch, 0) == static_cast<int>(batch), "sendmmsg");
      count -= batch;
    }
  }

  // Waits for one, and takes what is there.
  std::size_t hear() {
    static std::array<std::array<char, 2'048>, kBatch> heard;
    for (unsigned i = 0; i < kBatch; ++i)
      prepare(i, heard[i].data(), heard[i].size(), nullptr);
    const int count = ::recvmmsg(fd_, headers_.data(), kBatch, MSG_WAITFORONE, nullptr);
    must(count > 0, "recvmmsg");
    return static_cast<std::size_t>(count);
  }

 private:
  void prepare(unsigned i, char* bytes, std::size_t size, sockaddr_in* to) {
    vectors_[i] = {bytes, size};
    headers_[i].msg_hdr = {};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = to;
    headers_[i].msg_hdr.msg_namelen = to == nullptr ? 0 : sizeof *to;
  }

  int fd_ = -1;
  sockaddr_in own_{};
  std::string says_;
  std::array<mmsghdr, kBatch> headers_{};
  std::array<iovec, kBatch> vectors_{};
};

void serve(End& server, const sockaddr_in& peer, std::size_t exchanges) {
  std::size_t said = 0;
  for (std::size_t heard = 0; heard < exchanges; heard += server.hear()) {
    const std::size_t room = std::min(kInFlight - (said - heard), exchanges - said);
    if (room >= kBatch || said + room == exchanges) {
      server.say(peer, room);
      said += room;
    }
  }
}

}  // namespace

Figures measure_floor(const Setting& setting) {
  const std::size_t exchanges = setting.scale.fan_out_changes * kContacts;
  End server(kNotifyBytes);
  End peer(kAnswerBytes);
  const pid_t process = ::fork();
  must(process >= 0, "fork");
  if (process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(server, peer.own(), exchanges);
    ::_exit(0);
  }
  for (std::size_t answered = 0; answered < exchanges;) {
    const std::size_t heard = peer.hear();
    peer.say(server.own(), heard);
    answered += heard;
  }
  rusage used{};
  int status = 0;
  must(::wait4(process, &status, 0, &used) == process, "wait4");
  const auto microseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return {{"floor", (microseconds(used.ru_utime) + microseconds(used.ru_stime)) /
                        static_cast<double>(exchanges)}};
}

}  // namespace gates
