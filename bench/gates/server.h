// A musterd of our own: started on free ports of loopback, ended with this object. What it costs is
// what Linux says of its process (proc(5)).
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace gates {

// "127.0.0.1:5222"
sockaddr_in address_of(const std::string& text);

class Server {
 public:
  // `musterd dev --auto-accounts --allow-all-watchers` on that data folder; returns when it is
  // ready.
  Server(const std::string& musterd, const std::string& data)
      : Server(musterd, data, std::vector<std::string>()) {}
  // With further options.
  Server(const std::string& musterd, const std::string& data,
         const std::vector<std::string>& options);
  // Kills it: nothing that was measured is to be kept.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // SIGKILL: it has ended when this returns.
  void kill();
  // SIGTERM, and waits for its end: what it was told is in its database. Fails if it fails.
  void end_in_order();

  const sockaddr_in& xmpp() const { return xmpp_; }
  const sockaddr_in& sip() const { return sip_; }

  // User and system time of all its threads, in microseconds; the clock ticks at 10,000.
  double cpu_microseconds() const;
  // Proportional set size, in bytes.
  double pss_bytes() const;

 private:
  pid_t process_ = -1;
  sockaddr_in xmpp_{};
  sockaddr_in sip_{};
};

}  // namespace gates
