// Many XMPP sessions from one thread: they log in as ordinary peers do, one round trip after the
// other, and then count how often a word is in what they hear. Nothing is parsed: the generator is
// to cost less than what it measures.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace gates {

class Sessions {
 public:
  static constexpr std::size_t kReadBytesMax = std::size_t{256} * 1024;
  // No progress for so long: the run has failed.
  static constexpr int kSilenceSecondsMax = 30;
  static constexpr std::size_t kLoginsInFlight = 256;

  enum class Link : std::uint8_t { plain, direct_tls };

  Sessions(const sockaddr_in& server, Link link, std::string resource = "gates");
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // The users PREFIX<first>, ... : connect, authenticate (PLAIN), bind, ask for the roster, send
  // presence and hear it back. Returns when all have; their numbers here are given in that order.
  void log_in(const std::string& prefix, std::size_t first, std::size_t count);
  std::size_t size() const { return all_.size(); }

  // From now on who is sent to another server (see-other-host) goes there, and logs in anew.
  void follow() { sent_on_ = SentOn::follows; }
  // So many have, and are logged in there.
  std::size_t moved() const { return moved_; }
  // It is logged in at another server than the one where it landed.
  bool is_elsewhere(std::size_t session) const;
  // From now on who is sent to another server comes here again, as who follows nothing does.
  void come_back() { sent_on_ = SentOn::comes_back; }

  void say(std::size_t session, std::string_view text);

  // From now on this is counted, from 0.
  void count(std::string_view word);
  std::uint64_t counted() const { return counted_; }
  std::uint64_t counted(std::size_t session) const { return all_[session].counted; }

  // Reads what there is; waits for something at most that long. How many bytes it was.
  std::size_t read(int milliseconds);
  void read_until(const std::function<bool()>& done, const std::string& what);
  int epoll_fd() const { return epoll_; }

 private:
  enum class SentOn : std::uint8_t { is_wrong, follows, comes_back };
  struct Session;
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };
  struct Session {
    int fd = -1;
    std::unique_ptr<ssl_st, FreeSsl> ssl;
    bool shaking_hands = false;
    std::string user;
    std::size_t step = 0;  // of the login
    std::string tail;      // of what was heard: it may be the beginning of what is awaited
    std::uint64_t counted = 0;
    sockaddr_in at{};    // its server
    bool moves = false;  // to `at`, where it is not logged in yet
  };

  void connect(Session& session, std::size_t number);
  void shake_hands(Session& session);
  std::size_t read(Session& session);
  std::ptrdiff_t receive(Session& session, std::size_t from);
  void hear(Session& session, std::string_view heard);
  void write(Session& session, std::string_view text);
  void begin_step(Session& session);
  bool take_redirection(Session& session, std::string_view heard) const;
  void go_on(Session& session);

  sockaddr_in server_;
  std::string resource_;
  std::unique_ptr<ssl_ctx_st, FreeContext> tls_;
  int epoll_;
  std::vector<Session> all_;
  std::size_t logged_in_ = 0;
  SentOn sent_on_ = SentOn::is_wrong;
  std::size_t moved_ = 0;
  std::string word_;
  std::uint64_t counted_ = 0;
  std::unique_ptr<char[]> scratch_;
};

}  // namespace gates
