// SIP watchers behind a few UDP sockets of one thread: they send requests in batches, answer every
// NOTIFY with 200 and show what they hear. Of a message only the lines that matter are looked at.
//
// The sockets are several because the kernel spreads datagrams over a server's threads by the ports
// they come from.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gates {

// What was heard, as far as anybody asks; views into the datagram.
struct Heard {
  bool notify = false;      // else a response
  std::string_view status;  // of a response: "200"
  std::string_view call_id;
  std::string_view cseq;  // "1 NOTIFY"
  std::string_view etag;
};

class Phones {
 public:
  static constexpr std::size_t kSockets = 16;
  static constexpr std::size_t kBatch = 64;
  static constexpr std::size_t kDatagramBytesMax = 2'048;

  using Hear = std::function<void(const Heard&)>;

  Phones(const sockaddr_in& server, Hear hear);
  ~Phones();
  Phones(const Phones&) = delete;
  Phones& operator=(const Phones&) = delete;

  std::uint16_t port(std::size_t socket) const { return sockets_[socket % kSockets].port; }
  // Leaves with the socket's next batch.
  void send(std::size_t socket, std::string datagram);
  void flush();
  // Reads what there is, and answers; waits for something at most that long. How many datagrams.
  std::size_t read(int milliseconds);

 private:
  struct Socket {
    int fd = -1;
    std::uint16_t port = 0;
    std::vector<std::string> waiting;
  };
  struct Buffers;

  std::size_t read(Socket& socket);
  void take(Socket& socket, std::string_view datagram);
  void flush(Socket& socket);

  sockaddr_in server_;
  Hear hear_;
  int epoll_;
  std::vector<Socket> sockets_;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace gates
