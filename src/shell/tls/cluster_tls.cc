#include "shell/tls/cluster_tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "codec/address/ip.h"
#include "shell/crypto.h"
#include "shell/fd.h"

namespace muster {
namespace {

// AES-128 with SHA-256, which a pre-shared key is bound to (RFC 8446 section 4.2.11).
constexpr const char* kCiphers = "TLS_AES_128_GCM_SHA256";
constexpr std::array<unsigned char, 2> kCipherId = {0x13, 0x01};
constexpr std::string_view kIdentity = "muster cluster";

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Failure<std::string> failed(std::string_view what, const std::string& path) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return Failure{std::string(what) + " " + path + ": " + text.data()};
}

Result<Secret, std::string> read_key(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (!file.valid() || ::fstat(file.get(), &about) != 0) {
    return Failure{"cluster key " + path + ": " + std::strerror(errno)};
  }
  if (about.st_uid != ::geteuid() || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Failure{"cluster key " + path + " is to be its owner's, and for nobody else to read"};
  }
  std::string bytes(ClusterTls::kKeyBytesMax + 1, '\0');
  const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  Secret key(std::move(bytes));
  if (key.view().size() < ClusterTls::kKeyBytesMin ||
      key.view().size() > ClusterTls::kKeyBytesMax) {
    return Failure{"cluster key " + path + " is to have from " +
                   std::to_string(ClusterTls::kKeyBytesMin) + " to " +
                   std::to_string(ClusterTls::kKeyBytesMax) + " bytes"};
  }
  return key;
}

// Where the connections of a context find the key.
int key_index() {
  static const int kIndex =
      CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, nullptr, nullptr, nullptr, nullptr);
  return kIndex;
}

SSL_SESSION* session_of(SSL* ssl) {
  const auto& key =
      *static_cast<const std::string*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), key_index()));
  SSL_SESSION* session = SSL_SESSION_new();
  const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, kCipherId.data());
  MUSTER_CHECK(session != nullptr && cipher != nullptr);
  MUSTER_CHECK(SSL_SESSION_set1_master_key(session, unsigned_bytes(key), key.size()) == 1);
  MUSTER_CHECK(SSL_SESSION_set1_id_context(session, unsigned_bytes(kIdentity),
                                           static_cast<unsigned>(kIdentity.size())) == 1);
  MUSTER_CHECK(SSL_SESSION_set_cipher(session, cipher) == 1);
  MUSTER_CHECK(SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1);
  return session;
}

int offer_key(SSL* ssl, const EVP_MD*, const unsigned char** identity, std::size_t* bytes,
              SSL_SESSION** session) {
  *identity = unsigned_bytes(kIdentity);
  *bytes = kIdentity.size();
  *session = session_of(ssl);
  return 1;
}

// Without a session the handshake goes on by certificate, and fails: there is none.
int find_key(SSL* ssl, const unsigned char* identity, std::size_t bytes, SSL_SESSION** session) {
  const std::string_view named(reinterpret_cast<const char*>(identity), bytes);
  *session = named == kIdentity ? session_of(ssl) : nullptr;
  return 1;
}

void set_common_rules(SSL_CTX* context) {
  MUSTER_CHECK(context != nullptr);
  MUSTER_CHECK(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1);
  MUSTER_CHECK(SSL_CTX_set_ciphersuites(context, kCiphers) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // To OpenSSL a pre-shared key is a session, and where peers are verified a session has a context.
  MUSTER_CHECK(SSL_CTX_set_session_id_context(context, unsigned_bytes(kIdentity),
                                              static_cast<unsigned>(kIdentity.size())) == 1);
  // Whoever has no key has to have a certificate, and without a CA there is none that is good.
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

}  // namespace

void ClusterTls::Freed::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

ClusterTls::ClusterTls()
    : accepting_(SSL_CTX_new(TLS_server_method())), connecting_(SSL_CTX_new(TLS_client_method())) {
  set_common_rules(accepting_.get());
  set_common_rules(connecting_.get());
}

ClusterTls::~ClusterTls() {
  cleanse(key_);
}

Result<std::shared_ptr<const ClusterTls>, std::string> ClusterTls::load(
    const ClusterCredentials& credentials) {
  const std::shared_ptr<ClusterTls> tls(new ClusterTls);
  const auto used = std::visit(
      Overloaded{
          [&](const SharedKeyFile& file) { return tls->use_key(file.path); },
          [&](const ServerCertificateFiles& files) { return tls->use_certificate(files); },
      },
      credentials);
  if (!used) return Failure{used.error()};
  return std::shared_ptr<const ClusterTls>(tls);
}

Result<void, std::string> ClusterTls::use_key(const std::string& path) {
  const auto secret = read_key(path);
  if (!secret) return Failure{secret.error()};
  const auto derived = hmac_of<32>(secret->view(), {"muster server link"});
  key_ = bytes_of(derived);
  for (SSL_CTX* context : {accepting_.get(), connecting_.get()})
    MUSTER_CHECK(SSL_CTX_set_ex_data(context, key_index(), &key_) == 1);
  SSL_CTX_set_psk_use_session_callback(connecting_.get(), offer_key);
  SSL_CTX_set_psk_find_session_callback(accepting_.get(), find_key);
  return {};
}

Result<void, std::string> ClusterTls::use_certificate(const ServerCertificateFiles& files) {
  for (SSL_CTX* context : {accepting_.get(), connecting_.get()}) {
    if (SSL_CTX_use_certificate_chain_file(context, files.chain.c_str()) != 1) {
      return failed("certificate", files.chain);
    }
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return failed("key", files.key);
    }
    if (SSL_CTX_check_private_key(context) != 1) {
      return Failure{"key " + files.key + " is not that of certificate " + files.chain};
    }
    if (SSL_CTX_load_verify_file(context, files.ca.c_str()) != 1) return failed("CA", files.ca);
  }
  return {};
}

ssl_st* ClusterTls::accept() const {
  SSL* ssl = SSL_new(accepting_.get());
  MUSTER_CHECK(ssl != nullptr);
  SSL_set_accept_state(ssl);
  return ssl;
}

ssl_st* ClusterTls::connect(const std::string& host) const {
  SSL* ssl = SSL_new(connecting_.get());
  MUSTER_CHECK(ssl != nullptr);
  SSL_set_connect_state(ssl);
  if (!key_.empty()) return ssl;
  // As who is come to reads them (server_links.h): subjectAltName alone, and `*` for a whole label.
  SSL_set_hostflags(ssl,
                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int named = parse_ip(host)
                        ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str())
                        : SSL_set1_host(ssl, host.c_str());
  if (!host.empty() && named == 1) return ssl;
  SSL_free(ssl);
  return nullptr;
}

}  // namespace muster
