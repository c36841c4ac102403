// Links with TLS on them, against OpenSSL's own end.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <filesystem>

#include "shell/links_world.h"
#include "shell/tls/certificate.h"
#include "shell/tls/contexts.h"

namespace muster::testing {
namespace shell_tls_links_test {

constexpr Duration kMoment = Duration::microseconds(1);

struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = ::testing::TempDir() + "tls-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

class TlsLinks : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto certificates = development_certificates(folder_.path, {"example.com"});
    ASSERT_TRUE(certificates.ok()) << certificates.error();
    auto contexts = TlsContexts::load(*certificates);
    ASSERT_TRUE(contexts.ok()) << contexts.error();
    world.links.use_tls(*contexts);
  }

  // OpenSSL as the other end; both ends take turns until it is connected.
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  void shake_hands() {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    ssl.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), pair.peer.fd());
    // What SSL_set_tlsext_host_name says with an old-style cast.
    std::string name = "example.com";
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    int connected = 0;
    for (int turns = 0; connected != 1 && turns < 1'000; ++turns) {
      connected = SSL_connect(ssl.get());
      world.turn();
    }
    ASSERT_EQ(connected, 1);
  }
  std::string read_all(std::size_t size) {
    std::string heard;
    std::array<char, 16'384> buffer{};
    for (int turns = 0; heard.size() < size && turns < 100'000; ++turns) {
      world.turn();
      const int bytes = SSL_read(ssl.get(), buffer.data(), buffer.size());
      if (bytes > 0) heard.append(buffer.data(), static_cast<std::size_t>(bytes));
    }
    return heard;
  }

  TemporaryFolder folder_;
  LinksWorld world;
  LinksWorld::Pair pair = world.connect();
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl;
};

std::string counted(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i)
    text += std::to_string(i) + " ";
  return text.substr(0, bytes);
}

TEST_F(TlsLinks, TheFirstByteDecides) {
  shake_hands();
  EXPECT_EQ(world.started_tls, 1);
  EXPECT_EQ(world.heard, "") << "nothing of the handshake is for the stream";
}

TEST_F(TlsLinks, MuchIsSealedInPieces) {
  shake_hands();
  const std::string said = counted(3 * Links::kSealBytesMax + 1);
  world.links.send(pair.id, said);
  EXPECT_EQ(read_all(said.size()), said);
}

// More in one go than one step takes, and than it opens.
TEST_F(TlsLinks, MuchIsOpenedWhole) {
  shake_hands();
  const std::string said = counted(TlsScratch::kPlainBytesMax + TlsScratch::kSealedBytesMax + 1);
  SSL_set_mode(ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  std::size_t written = 0;
  for (int turns = 0; world.heard.size() < said.size() && turns < 100'000; ++turns) {
    const int bytes = written == said.size() ? 0
                                             : SSL_write(ssl.get(), said.data() + written,
                                                         static_cast<int>(said.size() - written));
    if (bytes > 0) written += static_cast<std::size_t>(bytes);
    world.turn();
  }
  EXPECT_EQ(world.heard, said);
}

TEST_F(TlsLinks, AHandshakeHasAnEnd) {
  pair.peer.say("\x16");
  world.turn();
  world.pass(Links::kHandshakeTimeMax - kMoment);
  EXPECT_EQ(world.closed, 0);
  world.pass(kMoment);
  EXPECT_EQ(world.closed, 1);
  EXPECT_EQ(world.links.size(), 0u);
}

TEST_F(TlsLinks, WhatIsNoTlsIsCut) {
  world.links.start_tls(world.now, pair.id, "example.com");
  pair.peer.say("<stream:stream>");
  for (int turns = 0; turns < 3; ++turns)
    world.turn();
  EXPECT_EQ(world.closed, 1);
  EXPECT_EQ(world.heard, "");
}

}  // namespace shell_tls_links_test
}  // namespace muster::testing
