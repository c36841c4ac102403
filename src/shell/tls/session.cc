#include "shell/tls/session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "codec/address/ip.h"

namespace muster {
namespace {

std::optional<IpAddress> ip_of_bytes(std::string_view bytes) {
  IpAddress ip = IpAddress::v4(0, 0, 0, 0);
  if (bytes.size() != 4 && bytes.size() != ip.bytes.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), ip.bytes.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  return ip;
}

// --- the BIO: one method, whose every BIO points to the scratch space of the present step
// ---------

int read_in(BIO* bio, char* into, int bytes) {
  auto& scratch = *static_cast<TlsScratch*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (scratch.in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(static_cast<std::size_t>(bytes), scratch.in.size());
  std::memcpy(into, scratch.in.data(), taken);
  scratch.in.remove_prefix(taken);
  return static_cast<int>(taken);
}

int write_out(BIO* bio, const char* from, int bytes) {
  auto& scratch = *static_cast<TlsScratch*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  scratch.out.append(from, static_cast<std::size_t>(bytes));
  return bytes;
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* scratch_method() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "scratch");
    MUSTER_CHECK(method != nullptr);
    BIO_meth_set_read(method, read_in);
    BIO_meth_set_write(method, write_out);
    BIO_meth_set_ctrl(method, control);
    BIO_meth_set_create(method, create);
    return method;
  }();
  return kMethod;
}

}  // namespace

void TlsSession::Freed::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsSession::TlsSession(std::shared_ptr<const void> made_from, ssl_st* ssl)
    : ssl_(ssl), made_from_(std::move(made_from)) {
  MUSTER_CHECK(ssl != nullptr);
  BIO* bio = BIO_new(scratch_method());
  MUSTER_CHECK(bio != nullptr);
  SSL_set_bio(ssl, bio, bio);
}

TlsSession::~TlsSession() = default;

std::unique_ptr<TlsSession> TlsSession::accept(std::shared_ptr<const TlsContexts> contexts,
                                               LinkUse use, std::string_view domain) {
  ssl_st* ssl = SSL_new(contexts->accepting(use, domain));
  std::unique_ptr<TlsSession> session(new TlsSession(std::move(contexts), ssl));
  SSL_set_accept_state(ssl);
  return session;
}

std::unique_ptr<TlsSession> TlsSession::connect(std::shared_ptr<const TlsContexts> contexts) {
  ssl_st* ssl = SSL_new(contexts->connecting());
  std::unique_ptr<TlsSession> session(new TlsSession(std::move(contexts), ssl));
  SSL_set_connect_state(ssl);
  return session;
}

std::unique_ptr<TlsSession> TlsSession::accept(std::shared_ptr<const ClusterTls> cluster) {
  ssl_st* ssl = cluster->accept();
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(cluster), ssl));
}

std::unique_ptr<TlsSession> TlsSession::connect(std::shared_ptr<const ClusterTls> cluster,
                                                const std::string& host) {
  ssl_st* ssl = cluster->connect(host);
  if (ssl == nullptr) return nullptr;
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(cluster), ssl));
}

// --- steps ---------------------------------------------------------------------------------------

void TlsSession::use(TlsScratch& scratch) {
  ERR_clear_error();
  scratch.out.clear();
  BIO_set_data(SSL_get_rbio(ssl_.get()), &scratch);
}

TlsSession::Went TlsSession::shake_hands(TlsScratch& scratch) {
  const int done = SSL_do_handshake(ssl_.get());
  if (done != 1) {
    const int error = SSL_get_error(ssl_.get(), done);
    return error == SSL_ERROR_WANT_READ && scratch.in.empty() ? Went::on : Went::broken;
  }
  started_ = true;
  made_from_.reset();
  return Went::started;
}

TlsSession::Went TlsSession::hear(TlsScratch& scratch, std::string_view sealed) {
  MUSTER_CHECK(sealed.size() <= TlsScratch::kSealedBytesMax);
  use(scratch);
  scratch.in = sealed;
  scratch.plain = {};
  Went went = Went::on;
  if (!started_) {
    went = shake_hands(scratch);
    if (went != Went::started) return went;
  }
  while (true) {
    const std::size_t opened = scratch.plain.size();
    std::size_t bytes = 0;
    const int done = SSL_read_ex(ssl_.get(), scratch.opened.get() + opened,
                                 TlsScratch::kPlainBytesMax - opened, &bytes);
    if (done == 1) {
      scratch.plain = {scratch.opened.get(), opened + bytes};
      continue;
    }
    switch (SSL_get_error(ssl_.get(), done)) {
      case SSL_ERROR_WANT_READ: return went;
      case SSL_ERROR_ZERO_RETURN: return Went::closed;
      default: return Went::broken;
    }
  }
}

std::string TlsSession::trouble() const {
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  return reason == nullptr ? "closed" : reason;
}

void TlsSession::seal(TlsScratch& scratch, std::string_view plain) {
  MUSTER_CHECK(started_ && !closed_);
  use(scratch);
  if (plain.empty()) return;
  std::size_t written = 0;
  // The BIO takes everything; what cannot be sealed (the peer's alert was fatal) is lost with the
  // link.
  SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written);
}

void TlsSession::close(TlsScratch& scratch) {
  use(scratch);
  if (!started_ || closed_) return;
  closed_ = true;
  SSL_shutdown(ssl_.get());
}

// RFC 6125 section 6.4: what stands in subjectAltName, and nothing else.
std::optional<std::vector<std::string>> TlsSession::peer_hosts() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return std::nullopt;
  struct Free {
    void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
  };
  const std::unique_ptr<GENERAL_NAMES, Free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> hosts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    const ASN1_STRING* text = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                 static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (name->type == GEN_DNS) {
      if (!parse_ip(bytes)) hosts.emplace_back(bytes);
    } else if (const auto ip = ip_of_bytes(bytes)) {
      hosts.push_back(to_text(*ip));
    }
  }
  return hosts;
}

// --- channel bindings ----------------------------------------------------------------------------

// RFC 9266 section 4.2: before TLS 1.3 a binding is unique only with the extended master secret.
bool TlsSession::has_exporter() const {
  return SSL_version(ssl_.get()) >= TLS1_3_VERSION || SSL_get_extms_support(ssl_.get()) == 1;
}

bool TlsSession::has_unique() const {
  return SSL_version(ssl_.get()) < TLS1_3_VERSION && has_exporter();
}

std::optional<std::string> TlsSession::binding(std::string_view type) const {
  if (!started_) return std::nullopt;
  if (type == "tls-exporter" && has_exporter()) return exported();
  if (type == "tls-unique" && has_unique()) return finished();
  if (type == "tls-server-end-point") return end_point();
  return std::nullopt;
}

// RFC 9266 section 2. In TLS 1.2 an empty context differs from none (RFC 5705 section 4).
std::optional<std::string> TlsSession::exported() const {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  std::string key(32, '\0');
  const int done = SSL_export_keying_material(
      ssl_.get(), reinterpret_cast<unsigned char*>(key.data()), key.size(), kLabel.data(),
      kLabel.size(), reinterpret_cast<const unsigned char*>(""), 0, 1);
  if (done != 1) return std::nullopt;
  return key;
}

// RFC 5929 section 3.1: the first Finished message; without resumption that is the client's.
std::optional<std::string> TlsSession::finished() const {
  std::string message(EVP_MAX_MD_SIZE, '\0');
  const bool accepted = SSL_is_server(ssl_.get()) == 1;
  const std::size_t bytes = accepted
                                ? SSL_get_peer_finished(ssl_.get(), message.data(), message.size())
                                : SSL_get_finished(ssl_.get(), message.data(), message.size());
  if (bytes == 0) return std::nullopt;
  message.resize(bytes);
  return message;
}

// RFC 5929 section 4.1: the hash of the server's certificate, by the hash of its signature; SHA-256
// where that is MD5 or SHA-1. Nothing for a signature without a hash of its own.
std::optional<std::string> TlsSession::end_point() const {
  const bool accepted = SSL_is_server(ssl_.get()) == 1;
  const X509* certificate =
      accepted ? SSL_get_certificate(ssl_.get()) : SSL_get0_peer_certificate(ssl_.get());
  int hash = NID_undef;
  if (certificate == nullptr || X509_get_signature_info(const_cast<X509*>(certificate), &hash,
                                                        nullptr, nullptr, nullptr) != 1) {
    return std::nullopt;
  }
  if (hash == NID_md5 || hash == NID_sha1) hash = NID_sha256;
  const EVP_MD* algorithm = EVP_get_digestbynid(hash);
  unsigned bytes = 0;
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  if (algorithm == nullptr ||
      X509_digest(certificate, algorithm, reinterpret_cast<unsigned char*>(digest.data()),
                  &bytes) != 1) {
    return std::nullopt;
  }
  digest.resize(bytes);
  return digest;
}

}  // namespace muster
