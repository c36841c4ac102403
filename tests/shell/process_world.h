// A whole server process in a test, on loopback, with peers that wait for what they are to hear.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shell/server_process.h"
#include "shell/sockets.h"
#include "shell/store/sqlite_store.h"

namespace muster::testing {

// Longer than anything takes on a slow machine: a peer that waits in vain fails its test.
inline constexpr timeval kPatience{60, 0};

class WaitingPeer {
 public:
  WaitingPeer(const Endpoint& to, int type) : fd_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    const socklen_t bytes = to_sockaddr(to, address);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), bytes), 0);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  }

  void say(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t bytes = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      ASSERT_GT(bytes, 0);
      text.remove_prefix(static_cast<std::size_t>(bytes));
    }
  }
  // One read; empty at the end of the stream.
  std::string hear() const {
    std::array<char, 65'536> buffer{};
    const ssize_t bytes = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    EXPECT_GE(bytes, 0) << "nothing came";
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(bytes, 0))};
  }
  // Until `what`, or `or_what`, has come; all that came since the last call.
  std::string hear_until(std::string_view what, std::string_view or_what = {}) {
    std::string heard;
    const auto has = [&](std::string_view text) {
      return !text.empty() && heard.find(text) != std::string::npos;
    };
    while (!has(what) && !has(or_what)) {
      const std::string more = hear();
      if (more.empty()) {
        ADD_FAILURE() << "waited for " << what << ", heard " << heard;
        return heard;
      }
      heard += more;
    }
    return heard;
  }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

// Logged in, and no more.
class XmppStream : public WaitingPeer {
 public:
  XmppStream(const Endpoint& to, const std::string& user, const std::string& password)
      : WaitingPeer(to, SOCK_STREAM) {
    open();
    hear_until("</stream:features>");
    std::string credentials;
    credentials.append(1, '\0').append(user).append(1, '\0').append(password);
    say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + base64(credentials) +
        "</auth>");
    hear_until("<success");
    open();
    hear_until("</stream:features>");
  }
  // The answer, or the end of the stream.
  std::string bind() {
    say("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
    return hear_until("</iq>", "</stream:stream>");
  }

 private:
  void open() const {
    say("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
        " to='example.com' version='1.0'>");
  }
  static std::string base64(std::string_view bytes) {
    static constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
      std::uint32_t group = 0;
      for (std::size_t j = 0; j < 3; ++j) {
        group = group << 8 | (i + j < bytes.size() ? static_cast<std::uint8_t>(bytes[i + j]) : 0u);
      }
      for (std::size_t j = 0; j < 4; ++j) {
        text += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63u];
      }
    }
    return text;
  }
};

// Logged in, and available.
class XmppPeer : public XmppStream {
 public:
  XmppPeer(const Endpoint& to, const std::string& user, const std::string& password)
      : XmppStream(to, user, password) {
    bind();
    say("<presence/>");
    hear_until("<presence");
  }
};

class ProcessWorld : public ::testing::Test {
 public:
  static std::string subscribe(const std::string& watcher, const std::string& presentity,
                               const std::string& transport, const WaitingPeer& peer, int number) {
    const std::string count = std::to_string(number);
    const std::string at = "127.0.0.1:" + std::to_string(local_endpoint(peer.fd()).port);
    return "SUBSCRIBE sip:" + presentity + "@example.com SIP/2.0\r\n" + "Via: SIP/2.0/" +
           transport + " " + at + ";branch=z9hG4bK" + count + "\r\n" + "From: <sip:" + watcher +
           "@example.com>;tag=w" + count + "\r\n" + "To: <sip:" + presentity + "@example.com>\r\n" +
           "Call-ID: call-" + count + "@test\r\nCSeq: 1 SUBSCRIBE\r\nMax-Forwards: 70\r\n" +
           "Contact: <sip:" + watcher + "@" + at + ";transport=" + transport + ">\r\n" +
           "Event: presence\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n";
  }

 protected:
  void TearDown() override {
    process.reset();
    std::filesystem::remove_all(folder_);
  }
  void start(std::unique_ptr<StoreBackend> backend = nullptr) {
    const std::string error = try_to_start(std::move(backend), {}, {});
    ASSERT_EQ(error, "");
  }
  // The error, if there is one.
  std::string try_to_start(std::unique_ptr<StoreBackend> backend, std::vector<Endpoint> cluster,
                           std::optional<ClusterCredentials> credentials) {
    std::string name = ::testing::TempDir() + "muster-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    if (backend == nullptr) {
      auto store = SqliteStore::open({folder_ + "/muster.db"});
      if (!store) return store.error();
      backend = std::move(*store);
    }
    const Endpoint any{IpAddress::v4(127, 0, 0, 1), 0};
    ServerOptions options;
    options.shards = 2;
    options.xmpp = {any};
    options.sip = {any};
    options.settings.domains = {"example.com"};
    options.settings.plain_without_tls = true;
    options.settings.auto_accounts = true;
    options.settings.loopback_sip_trusted = true;
    options.settings.allow_all_watchers = true;
    options.settings.limits.notify_interval_min = Duration();
    options.cluster = std::move(cluster);
    options.cluster_credentials = std::move(credentials);
    auto started = ServerProcess::start(std::move(options), std::move(backend));
    if (!started) return started.error();
    process = std::move(*started);
    return {};
  }
  Endpoint xmpp() const { return process->endpoints().xmpp.at(0); }
  Endpoint sip() const { return process->endpoints().sip.at(0); }

  // 200 to the NOTIFY in what was heard.
  static std::string answer_to_notify(const std::string& heard) {
    std::string answer = "SIP/2.0 200 OK\r\n";
    std::size_t at = heard.find("NOTIFY sip:");
    for (const char* row : {"\r\nVia:", "\r\nFrom:", "\r\nTo:", "\r\nCall-ID:", "\r\nCSeq:"}) {
      const std::size_t begin = heard.find(row, at) + 2;
      answer += heard.substr(begin, heard.find("\r\n", begin) + 2 - begin);
    }
    return answer + "Content-Length: 0\r\n\r\n";
  }

  std::unique_ptr<ServerProcess> process;

 private:
  std::string folder_;
};

}  // namespace muster::testing
