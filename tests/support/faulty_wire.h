// A wire to PostgreSQL that does what a test wants: it hands on, from a port of 127.0.0.1, what
// asker and database say, can end before the n-th message of the database, and can be slow.
// Messages: PostgreSQL 15 manual, chapter 55 (a letter, the length of the rest in 4 bytes, the
// rest).
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "shell/fd.h"

namespace muster::testing {

class FaultyWire {
 public:
  // Without a word, or with that of a database that is shut down.
  enum class Fault { cut, shutdown };

  // `database`: the path of its socket.
  explicit FaultyWire(std::string database) : database_(std::move(database)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), any, size), 0);
    EXPECT_EQ(::listen(listener_.get(), SOMAXCONN), 0);
    EXPECT_EQ(::getsockname(listener_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { work(); });
  }
  ~FaultyWire() {
    EXPECT_EQ(::eventfd_write(over_.get(), 1), 0);
    thread_.join();
  }
  FaultyWire(const FaultyWire&) = delete;
  FaultyWire& operator=(const FaultyWire&) = delete;

  // What a connection string says of the way, behind all else.
  std::string way() const {
    return " host=127.0.0.1 port=" + std::to_string(port_) + " sslmode=disable gssencmode=disable";
  }

  // The database's message that comes `after` others is the end of its connection instead.
  void fail(Fault fault, int after) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    countdown_ = after;
    armed_ = true;
    hit_ = false;
  }
  // All is well again; true if something had failed.
  bool heal() {
    const std::lock_guard lock(mutex_);
    armed_ = false;
    return hit_;
  }
  // So long before each message of the database.
  void take_time(int milliseconds) { pause_milliseconds_ = milliseconds; }

 private:
  struct Connection {
    Fd asker;
    Fd database;       // closed: only the asker's end is awaited
    std::string came;  // from the database: less than a message
  };

  void work() {
    while (true) {
      std::vector<pollfd> ready = {{over_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const Connection& one : connections_) {
        ready.push_back({one.asker.get(), POLLIN, 0});
        ready.push_back({one.database.valid() ? one.database.get() : -1, POLLIN, 0});
      }
      ::poll(ready.data(), ready.size(), -1);
      if (ready[0].revents != 0) return;
      auto one = connections_.begin();
      for (std::size_t i = 2; i < ready.size(); i += 2) {
        const bool goes_on = (ready[i].revents == 0 || from_asker(*one)) &&
                             (ready[i + 1].revents == 0 || from_database(*one));
        one = goes_on ? std::next(one) : connections_.erase(one);
      }
      if (ready[1].revents != 0) connect();
    }
  }

  void connect() {
    Connection made{Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)),
                    Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                    {}};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    database_.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(made.database.get(), any, sizeof address) != 0) return;
    connections_.push_back(std::move(made));
  }

  // False at the end.
  static bool from_asker(Connection& one) {
    std::array<char, 65'536> bytes;
    const ssize_t count = ::recv(one.asker.get(), bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    return !one.database.valid() ||
           send(one.database, std::string_view(bytes.data(), static_cast<std::size_t>(count)));
  }

  bool from_database(Connection& one) {
    std::array<char, 65'536> bytes;
    const ssize_t count = ::recv(one.database.get(), bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    one.came.append(bytes.data(), static_cast<std::size_t>(count));
    while (one.came.size() >= 5) {
      std::uint32_t length = 0;
      std::memcpy(&length, one.came.data() + 1, sizeof length);
      const std::size_t size = 1 + std::size_t{ntohl(length)};
      if (one.came.size() < size) break;
      if (fails()) {
        end(one);
        break;
      }
      if (pause_milliseconds_ > 0) ::poll(nullptr, 0, pause_milliseconds_);
      if (!send(one.asker, std::string_view(one.came).substr(0, size))) return false;
      one.came.erase(0, size);
    }
    return true;
  }

  bool fails() {
    const std::lock_guard lock(mutex_);
    if (!armed_ || hit_ || countdown_-- > 0) return false;
    return hit_ = true;
  }

  // The asker reads what was sent before it reads the end.
  void end(Connection& one) {
    one.database = Fd();
    if (fault_ == Fault::shutdown) send(one.asker, last_word());
    ::shutdown(one.asker.get(), SHUT_WR);
  }

  static std::string last_word() {
    using namespace std::string_literals;
    const std::string fields = "SFATAL\0VFATAL\0C57P01\0Mplanted\0\0"s;
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(fields.size() + 4));
    std::string message = "E";
    message.append(reinterpret_cast<const char*>(&length), sizeof length);
    return message + fields;
  }

  static bool send(const Fd& to, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  std::string database_;
  Fd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Fd over_{::eventfd(0, EFD_CLOEXEC)};
  std::uint16_t port_ = 0;
  std::list<Connection> connections_;
  std::mutex mutex_;  // the fault
  Fault fault_ = Fault::cut;
  bool armed_ = false;
  bool hit_ = false;
  int countdown_ = 0;
  std::atomic<int> pause_milliseconds_ = 0;
  std::thread thread_;
};

}  // namespace muster::testing
