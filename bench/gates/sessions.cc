#include "sessions.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "failing.h"
#include "server.h"

namespace gates {
namespace {

constexpr std::string_view kHeader =
    "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
constexpr std::string_view kRoster = "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>";

std::string authentication(const std::string& user) {
  const std::string clear = std::string(1, '\0') + user + std::string(1, '\0') + "secret";
  std::string coded(4 * ((clear.size() + 2) / 3) + 1, '\0');
  const int bytes = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                                    reinterpret_cast<const unsigned char*>(clear.data()),
                                    static_cast<int>(clear.size()));
  coded.resize(static_cast<std::size_t>(bytes));
  return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + coded + "</auth>";
}

std::string binding(const std::string& resource) {
  return "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
         resource + "</resource></bind></iq>";
}

// What is said in each step of a login, "" for what depends on the session; and what ends the
// answer.
struct Step {
  std::string_view say;
  std::string_view await;
};
constexpr std::size_t kAuthenticates = 1;
constexpr std::array<Step, 6> kLogin = {{
    {kHeader, "</stream:features>"},
    {"", "<success "},
    {kHeader, "</stream:features>"},
    {"", "</bind></iq>"},
    {kRoster, "xmlns='jabber:iq:roster'"},
    {"<presence/>", "<presence "},
}};

}  // namespace

void Sessions::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}
void Sessions::FreeSsl::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

Sessions::Sessions(const sockaddr_in& server, Link link, std::string resource)
    : server_(server),
      resource_(std::move(resource)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      scratch_(new char[kReadBytesMax]) {
  must(epoll_ >= 0, "epoll_create1");
  if (link == Link::plain) return;
  tls_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_mode(tls_.get(), SSL_MODE_RELEASE_BUFFERS);
}

// By a reset, so that the port is free for the next round.
Sessions::~Sessions() {
  for (Session& session : all_) {
    const linger at_once{1, 0};
    ::setsockopt(session.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(session.fd);
  }
  ::close(epoll_);
}

void Sessions::log_in(const std::string& prefix, std::size_t first, std::size_t count) {
  const std::size_t begin = all_.size();
  const std::size_t end = begin + count;
  all_.resize(end);
  for (std::size_t next = begin; next < end; ++next) {
    all_[next].user = prefix + std::to_string(first + next - begin);
    all_[next].at = server_;
    connect(all_[next], next);
    read_until([&] { return next + 1 - logged_in_ < kLoginsInFlight; }, "logins");
  }
  read_until([&] { return logged_in_ == end; }, "logins");
}

bool Sessions::is_elsewhere(std::size_t session) const {
  return all_[session].at.sin_port != server_.sin_port;
}

void Sessions::say(std::size_t session, std::string_view text) {
  write(all_[session], text);
}

void Sessions::count(std::string_view word) {
  word_ = word;
  counted_ = 0;
  for (Session& session : all_) {
    session.counted = 0;
    session.tail.clear();
  }
}

// --- reading -------------------------------------------------------------------------------------

std::size_t Sessions::read(int milliseconds) {
  std::array<epoll_event, 256> events;
  const int count =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
  std::size_t bytes = 0;
  for (int i = 0; i < count; ++i)
    bytes += read(all_[events[static_cast<std::size_t>(i)].data.u64]);
  return bytes;
}

void Sessions::read_until(const std::function<bool()>& done, const std::string& what) {
  while (!done()) {
    if (read(kSilenceSecondsMax * 1000) == 0) {
      fail(what + ": nothing is heard any more, " + std::to_string(logged_in_) + " of " +
           std::to_string(all_.size()) + " sessions, " + std::to_string(counted_) + " of " + word_);
    }
  }
}

std::size_t Sessions::read(Session& session) {
  if (session.shaking_hands) {
    shake_hands(session);
    return 1;
  }
  std::size_t all = 0;
  for (;;) {
    const std::size_t tail = session.tail.size();
    std::memcpy(scratch_.get(), session.tail.data(), tail);
    const std::ptrdiff_t bytes = receive(session, tail);
    if (bytes == 0) return all;
    all += static_cast<std::size_t>(bytes);
    if (sent_on_ != SentOn::is_wrong &&
        take_redirection(session, {scratch_.get() + tail, static_cast<std::size_t>(bytes)})) {
      go_on(session);
      return all;
    }
    hear(session, {scratch_.get(), tail + static_cast<std::size_t>(bytes)});
    if (tls_ == nullptr) return all;  // epoll tells if there is more
  }
}

// 0: nothing now.
std::ptrdiff_t Sessions::receive(Session& session, std::size_t from) {
  char* const to = scratch_.get() + from;
  if (session.ssl != nullptr) {
    const int bytes = SSL_read(session.ssl.get(), to, static_cast<int>(kReadBytesMax - from));
    if (bytes > 0) return bytes;
    if (SSL_get_error(session.ssl.get(), bytes) != SSL_ERROR_WANT_READ) fail("TLS is broken");
    return 0;
  }
  const ssize_t bytes = ::recv(session.fd, to, kReadBytesMax - from, MSG_DONTWAIT);
  if (bytes < 0 && errno == EAGAIN) return 0;
  must(bytes >= 0, "recv");
  if (bytes == 0) fail("the server closed the stream of " + session.user);
  return bytes;
}

// What comes with it is of no use any more.
bool Sessions::take_redirection(Session& session, std::string_view heard) const {
  constexpr std::string_view kBegin = "<see-other-host";
  std::size_t at = heard.find(kBegin);
  if (at == std::string_view::npos) return false;
  if (sent_on_ == SentOn::comes_back) return true;
  at = heard.find('>', at) + 1;
  session.at = address_of(std::string(heard.substr(at, heard.find('<', at) - at)));
  return true;
}

void Sessions::go_on(Session& session) {
  ::close(session.fd);
  session.moves = session.moves || session.step == kLogin.size();
  session.step = 0;
  session.tail.clear();
  connect(session, static_cast<std::size_t>(&session - all_.data()));
}

void Sessions::hear(Session& session, std::string_view heard) {
  while (session.step < kLogin.size()) {
    const std::string_view awaited = kLogin[session.step].await;
    const std::size_t at = heard.find(awaited);
    if (at == std::string_view::npos) {
      session.tail = heard.substr(heard.size() - std::min(heard.size(), awaited.size() - 1));
      return;
    }
    heard.remove_prefix(at + awaited.size());
    ++session.step;
    begin_step(session);
  }
  session.tail.clear();
  if (word_.empty()) return;
  const char* at = heard.data();
  const char* const end = at + heard.size();
  while (const void* found =
             ::memmem(at, static_cast<std::size_t>(end - at), word_.data(), word_.size())) {
    at = static_cast<const char*>(found) + word_.size();
    ++session.counted;
    ++counted_;
  }
  const auto rest = static_cast<std::size_t>(end - at);
  session.tail.assign(end - std::min(rest, word_.size() - 1), end);
}

// --- writing -------------------------------------------------------------------------------------

void Sessions::connect(Session& session, std::size_t number) {
  session.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(session.fd >= 0, "socket");
  must(
      ::connect(session.fd, reinterpret_cast<const sockaddr*>(&session.at), sizeof session.at) == 0,
      "connect");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = number;
  must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, session.fd, &event) == 0, "epoll_ctl");
  if (tls_ == nullptr) return begin_step(session);
  must(::fcntl(session.fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
  session.ssl.reset(SSL_new(tls_.get()));
  SSL_set_fd(session.ssl.get(), session.fd);
  SSL_set_connect_state(session.ssl.get());
  session.shaking_hands = true;
  shake_hands(session);
}

void Sessions::shake_hands(Session& session) {
  const int done = SSL_do_handshake(session.ssl.get());
  if (done == 1) {
    session.shaking_hands = false;
    begin_step(session);
  } else if (SSL_get_error(session.ssl.get(), done) != SSL_ERROR_WANT_READ) {
    fail("the TLS handshake failed");
  }
}

void Sessions::begin_step(Session& session) {
  if (session.step == kLogin.size()) {
    ++(std::exchange(session.moves, false) ? moved_ : logged_in_);
    return;
  }
  const std::string_view text = kLogin[session.step].say;
  if (!text.empty()) return write(session, text);
  const bool authenticates = session.step == kAuthenticates;
  write(session, authenticates ? authentication(session.user) : binding(resource_));
}

// The kernel takes what we say: little is on its way at any time.
void Sessions::write(Session& session, std::string_view text) {
  while (!text.empty()) {
    std::ptrdiff_t bytes = 0;
    if (session.ssl != nullptr) {
      bytes = SSL_write(session.ssl.get(), text.data(), static_cast<int>(text.size()));
    } else {
      bytes = ::send(session.fd, text.data(), text.size(), MSG_NOSIGNAL);
    }
    must(bytes > 0, "what a session says");
    text.remove_prefix(static_cast<std::size_t>(bytes));
  }
}

}  // namespace gates
