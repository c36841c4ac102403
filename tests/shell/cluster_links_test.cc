// Links between servers over real sockets: who has the credentials of the cluster gets through, and
// of nobody else is anything told.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shell/links_world.h"
#include "shell/sockets.h"
#include "shell/tls/cluster_tls.h"

namespace muster::testing {
namespace shell_cluster_links_test {

constexpr Duration kMoment = Duration::microseconds(1);

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// Files in a folder of their own: keys, and certificates of two CAs.
class Files {
 public:
  Files() {
    std::string name = ::testing::TempDir() + "cluster-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Files() { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  SharedKeyFile key(const std::string& name, const std::string& bytes, mode_t mode = 0600) const {
    std::ofstream(path(name)) << bytes;
    ::chmod(path(name).c_str(), mode);
    return {path(name)};
  }
  // Signed by the CA of that name, which is made with its first certificate.
  ServerCertificateFiles certificate(const std::string& ca, const std::string& names) {
    const std::string file = path(ca + std::to_string(++made_) + ".pem");
    auto& authority = authorities_[ca];
    if (authority.key == nullptr) {
      authority.key.reset(EVP_EC_gen("P-256"));
      authority.certificate = make(*authority.key, "DNS:" + ca, ca, *authority.key, true);
      write(path(ca), *authority.certificate, nullptr);
    }
    const std::unique_ptr<EVP_PKEY, Free> own(EVP_EC_gen("P-256"));
    const auto certificate = make(*own, names, ca, *authority.key, false);
    write(file, *certificate, own.get());
    return {file, file, path(ca)};
  }

 private:
  static std::unique_ptr<X509, Free> make(EVP_PKEY& key, const std::string& names,
                                          const std::string& issuer, EVP_PKEY& issuer_key,
                                          bool authority) {
    std::unique_ptr<X509, Free> made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), authority ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), &key);
    const auto name = [](X509_NAME* into, const std::string& text) {
      X509_NAME_add_entry_by_txt(into, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
    };
    name(X509_get_subject_name(made.get()), authority ? issuer : names);
    name(X509_get_issuer_name(made.get()), issuer);
    const auto extend = [&](int kind, const std::string& value) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
      ASSERT_NE(extension, nullptr);
      X509_add_ext(made.get(), extension, -1);
      X509_EXTENSION_free(extension);
    };
    extend(NID_subject_alt_name, names);
    extend(NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    X509_sign(made.get(), &issuer_key, EVP_sha256());
    return made;
  }
  static void write(const std::string& path, X509& certificate, EVP_PKEY* key) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    PEM_write_X509(file, &certificate);
    if (key != nullptr) PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

  struct Authority {
    std::unique_ptr<EVP_PKEY, Free> key;
    std::unique_ptr<X509, Free> certificate;
  };
  std::filesystem::path folder_;
  std::map<std::string, Authority> authorities_;
  int made_ = 0;
};

// One who opens links and one who accepts them, on loopback.
class ClusterLinks : public ::testing::Test {
 protected:
  ClusterLinks() {
    auto fd = listen_tcp({IpAddress::v4(127, 0, 0, 1), 0});
    EXPECT_TRUE(fd.ok());
    listener_ = std::move(*fd);
    opener.links.report_to([this](const Log& log) { by_opener.push_back(log); });
    accepter.links.report_to([this](const Log& log) { by_accepter.push_back(log); });
  }
  static void give(LinksWorld& world, const ClusterCredentials& credentials) {
    auto loaded = ClusterTls::load(credentials);
    ASSERT_TRUE(loaded.ok()) << loaded.error();
    world.links.use_cluster(std::move(*loaded));
  }
  Endpoint place() const { return local_endpoint(listener_.get()); }
  void accept() {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) return;
    Link link;
    link.remote = remote_endpoint(fd.get());
    link.fd = std::move(fd);
    link.use = LinkUse::server;
    link.transport = Transport::tls;
    accepter.links.shake_hands(accepter.now, std::move(link));
  }
  void turn() {
    accept();
    opener.turn();
    accepter.turn();
  }
  // Until both ends know how it went.
  void connect(const std::string& host = "s1.example.com") {
    OpenLink order;
    order.ticket = Ticket(7);
    order.use = LinkUse::server;
    order.transport = Transport::tls;
    order.remote = place();
    order.host = host;
    opener.links.open(opener.now, order);
    for (int turns = 0; turns < kTurns; ++turns)
      turn();
  }
  void expect_through() {
    EXPECT_EQ(opener.opened, 1);
    EXPECT_EQ(accepter.opened, 1);
    for (const Log& log : by_opener)
      ADD_FAILURE() << log.detail;
    for (const Log& log : by_accepter)
      ADD_FAILURE() << log.detail;
  }
  // Nothing was told of it but that it failed, and that to nobody but who asked.
  void expect_nothing() {
    EXPECT_EQ(accepter.opened + accepter.closed + accepter.failed + accepter.started_tls, 0);
    EXPECT_EQ(accepter.links.size(), 0u);
    EXPECT_EQ(accepter.heard, "");
    EXPECT_EQ(opener.heard, "");
    EXPECT_EQ(opener.links.size(), 0u);
  }

  // Each needs a few turns; loopback has what was sent at once.
  static constexpr int kTurns = 50;
  Files files;
  LinksWorld opener;
  LinksWorld accepter;
  std::vector<Log> by_opener;
  std::vector<Log> by_accepter;

 private:
  Fd listener_;
};

const std::string kKey(32, 'k');

// --- the shared key ------------------------------------------------------------------------------

TEST_F(ClusterLinks, WhoHasTheSharedKeyGetsThrough) {
  give(opener, files.key("key", kKey));
  give(accepter, files.key("key", kKey));
  connect();
  expect_through();
  ASSERT_EQ(accepter.opened, 1);
  EXPECT_EQ(opener.latest.use, LinkUse::server);
  EXPECT_EQ(opener.latest.transport, Transport::tls);
  EXPECT_EQ(opener.latest.asked, Ticket(7));
  EXPECT_EQ(accepter.latest.use, LinkUse::server);
  EXPECT_EQ(accepter.latest.asked, std::nullopt);
  EXPECT_EQ(opener.started_tls + accepter.started_tls, 0) << "that it opens says so";
  const std::string much(200'000, 'x');
  opener.links.send(opener.latest.link, much);
  accepter.links.send(accepter.latest.link, "back");
  for (int turns = 0; turns < kTurns; ++turns)
    turn();
  EXPECT_TRUE(accepter.heard == much);
  EXPECT_EQ(opener.heard, "back");
  opener.links.close(opener.now, opener.latest.link);
  for (int turns = 0; turns < kTurns; ++turns)
    turn();
  EXPECT_EQ(accepter.closed, 1);
}

TEST_F(ClusterLinks, WhoHasAnotherKeyDoesNot) {
  give(opener, files.key("key", kKey));
  give(accepter, files.key("other", kKey + "x"));
  connect();
  expect_nothing();
  EXPECT_EQ(opener.failed, 1);
  ASSERT_EQ(by_accepter.size(), 1u);
  EXPECT_EQ(by_accepter[0].what, "server-handshake-failed");
  EXPECT_EQ(by_opener.size(), 1u);
}

TEST_F(ClusterLinks, WithoutCredentialsThereAreNoLinks) {
  give(accepter, files.key("key", kKey));
  connect();
  EXPECT_EQ(opener.failed, 1);
  expect_nothing();
}

TEST_F(ClusterLinks, NorForThoseWhoComeToSuchAServer) {
  give(opener, files.key("key", kKey));
  connect();
  EXPECT_EQ(opener.failed, 1);
  expect_nothing();
}

TEST_F(ClusterLinks, AKeyAndACertificateAreNoMatch) {
  give(opener, files.key("key", kKey));
  give(accepter, files.certificate("ca", "DNS:s1.example.com"));
  connect();
  expect_nothing();
  EXPECT_EQ(opener.failed, 1);
}

TEST_F(ClusterLinks, NorTheOtherWayRound) {
  give(opener, files.certificate("ca", "DNS:s1.example.com"));
  give(accepter, files.key("key", kKey));
  connect();
  expect_nothing();
  EXPECT_EQ(opener.failed, 1);
}

TEST_F(ClusterLinks, AKeyFileIsForItsOwnerAndLongEnough) {
  const auto error = [&](const SharedKeyFile& file) {
    const auto loaded = ClusterTls::load(file);
    return loaded.ok() ? std::string() : loaded.error().substr(loaded.error().find(file.path));
  };
  const std::string path = files.path("key");
  EXPECT_EQ(error({path}), path + ": No such file or directory");
  EXPECT_EQ(error(files.key("key", kKey, 0640)),
            path + " is to be its owner's, and for nobody else to read");
  EXPECT_EQ(error(files.key("key", kKey, 0604)),
            path + " is to be its owner's, and for nobody else to read");
  const std::string size = path + " is to have from 32 to 4096 bytes";
  const auto of_bytes = [&](std::size_t bytes) {
    return error(files.key("key", std::string(bytes, 'k')));
  };
  EXPECT_EQ(of_bytes(ClusterTls::kKeyBytesMin - 1), size);
  EXPECT_EQ(of_bytes(ClusterTls::kKeyBytesMin), "");
  EXPECT_EQ(of_bytes(ClusterTls::kKeyBytesMax), "");
  EXPECT_EQ(of_bytes(ClusterTls::kKeyBytesMax + 1), size);
}

// --- certificates --------------------------------------------------------------------------------

TEST_F(ClusterLinks, WhoHasACertificateOfTheCaGetsThrough) {
  give(opener, files.certificate("ca", "DNS:s2.example.com"));
  give(accepter, files.certificate("ca", "DNS:s1.example.com"));
  connect("s1.example.com");
  expect_through();
}

// For load control, which knows who the server says to be.
TEST_F(ClusterLinks, WhoComesIsSaidToBeWhomItsCertificateNames) {
  using Hosts = std::vector<std::string>;
  give(opener, files.certificate("ca", "DNS:s2.example.com,IP:192.0.2.2,IP:2001:db8::2,"
                                       "email:ops@example.com,DNS:*.example.org"));
  give(accepter, files.certificate("ca", "DNS:s1.example.com"));
  connect("s1.example.com");
  expect_through();
  EXPECT_EQ(accepter.latest.hosts,
            (Hosts{"s2.example.com", "192.0.2.2", "2001:db8::2", "*.example.org"}));
  EXPECT_EQ(opener.latest.hosts, std::nullopt) << "it was asked for by its name";
}

TEST_F(ClusterLinks, WhoHasTheKeyNamesNobody) {
  give(opener, files.key("key", kKey));
  give(accepter, files.key("key", kKey));
  connect();
  expect_through();
  EXPECT_EQ(accepter.latest.hosts, std::nullopt);
}

TEST_F(ClusterLinks, AnAddressIsANameToo) {
  give(opener, files.certificate("ca", "DNS:s2.example.com"));
  give(accepter, files.certificate("ca", "IP:127.0.0.1"));
  connect("127.0.0.1");
  expect_through();
}

TEST_F(ClusterLinks, WhoIsNotTheServerThatIsMeantDoesNot) {
  give(opener, files.certificate("ca", "DNS:s2.example.com"));
  give(accepter, files.certificate("ca", "DNS:s3.example.com"));
  connect("s1.example.com");
  expect_nothing();
  EXPECT_EQ(opener.failed, 1);
  ASSERT_EQ(by_opener.size(), 1u);
  EXPECT_EQ(by_opener[0].detail, "hostname mismatch");
}

TEST_F(ClusterLinks, WithoutANameToAskForNobodyIsTaken) {
  give(opener, files.certificate("ca", "DNS:s2.example.com"));
  give(accepter, files.certificate("ca", "DNS:s1.example.com"));
  connect("");
  EXPECT_EQ(opener.failed, 1);
  expect_nothing();
}

TEST_F(ClusterLinks, AServerOfAnotherCaDoesNot) {
  give(opener, files.certificate("ca", "DNS:s2.example.com"));
  give(accepter, files.certificate("other", "DNS:s1.example.com"));
  connect();
  expect_nothing();
  EXPECT_EQ(opener.failed, 1);
}

// It has shown its own by then: to who comes it looks as if the link was closed.
TEST_F(ClusterLinks, WhoComesWithACertificateOfAnotherCaDoesNot) {
  ServerCertificateFiles foreign = files.certificate("other", "DNS:s2.example.com");
  ServerCertificateFiles ours = files.certificate("ca", "DNS:s1.example.com");
  foreign.ca = ours.ca;
  give(opener, foreign);
  give(accepter, ours);
  connect();
  EXPECT_EQ(opener.opened, opener.closed);
  expect_nothing();
  EXPECT_EQ(by_accepter.size(), 1u);
}

TEST_F(ClusterLinks, NorWhoHasNone) {
  give(accepter, files.certificate("ca", "DNS:s1.example.com"));
  const auto fd = connect_tcp(place());
  ASSERT_TRUE(fd.ok());
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), fd->get());
  for (int turns = 0; turns < kTurns; ++turns) {
    SSL_connect(ssl.get());
    turn();
  }
  expect_nothing();
  ASSERT_EQ(by_accepter.size(), 1u);
  EXPECT_EQ(by_accepter[0].detail, "peer did not return a certificate");
}

TEST_F(ClusterLinks, FilesThatAreNoCertificatesAreRefused) {
  const ServerCertificateFiles good = files.certificate("ca", "DNS:s1.example.com");
  const std::string none = files.key("none", "no certificate").path;
  for (const ServerCertificateFiles& bad :
       {ServerCertificateFiles{none, good.key, good.ca},
        {good.chain, none, good.ca},
        {good.chain, good.key, none},
        {good.chain, files.certificate("ca", "DNS:s2.example.com").key, good.ca}})
    EXPECT_FALSE(ClusterTls::load(bad).ok());
}

// --- who speaks no TLS ---------------------------------------------------------------------------

TEST_F(ClusterLinks, GarbageGetsNowhere) {
  give(accepter, files.key("key", kKey));
  auto fd = connect_tcp(place());
  ASSERT_TRUE(fd.ok());
  turn();
  Peer peer(std::move(*fd));
  peer.say("GET / HTTP/1.1\r\nHost: s1.example.com\r\n\r\n");
  for (int turns = 0; turns < kTurns; ++turns)
    turn();
  expect_nothing();
  ASSERT_EQ(by_accepter.size(), 1u);
  peer.hear();
  EXPECT_TRUE(peer.ended);
}

TEST_F(ClusterLinks, SilenceHasAnEnd) {
  give(accepter, files.key("key", kKey));
  const auto fd = connect_tcp(place());
  ASSERT_TRUE(fd.ok());
  turn();
  accepter.pass(Links::kServerTimeMax - kMoment);
  EXPECT_EQ(accepter.links.size(), 1u);
  accepter.pass(kMoment);
  expect_nothing();
  ASSERT_EQ(by_accepter.size(), 1u);
  EXPECT_EQ(by_accepter[0].detail, "too slow");
}

TEST_F(ClusterLinks, SoHasThatOfAServerThatIsConnectedTo) {
  give(opener, files.key("key", kKey));
  OpenLink order;
  order.use = LinkUse::server;
  order.transport = Transport::tls;
  order.remote = place();
  opener.links.open(opener.now, order);
  opener.turn();  // connected; nobody accepts
  opener.pass(Links::kServerTimeMax - kMoment);
  EXPECT_EQ(opener.failed, 0);
  opener.pass(kMoment);
  EXPECT_EQ(opener.failed, 1);
  expect_nothing();
}

TEST_F(ClusterLinks, AtTheEndNobodyIsWaitedFor) {
  give(accepter, files.key("key", kKey));
  const auto fd = connect_tcp(place());
  ASSERT_TRUE(fd.ok());
  turn();
  EXPECT_EQ(accepter.links.size(), 1u);
  accepter.links.close_all(accepter.now);
  expect_nothing();
}

}  // namespace shell_cluster_links_test
}  // namespace muster::testing
