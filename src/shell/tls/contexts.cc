#include "shell/tls/contexts.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "codec/address/domain.h"

namespace muster {
namespace {

// AES-128 first: it is as good as 256 here and cheaper; ChaCha20 for who has no AES in hardware.
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kGroups = "X25519:P-256:P-384";

std::string last_error() {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  ERR_clear_error();
  return text;
}

// What a certificate of a domain serves, and the name of its protocol (RFC 7301): by this place.
constexpr std::array kUses = {LinkUse::xmpp, LinkUse::sip, LinkUse::web_socket};
constexpr std::array<std::string_view, kUses.size()> kProtocols = {"xmpp-client", "sip",
                                                                   "http/1.1"};

std::size_t place_of(LinkUse use) {
  const auto* place = std::find(kUses.begin(), kUses.end(), use);
  MUSTER_CHECK(place != kUses.end());
  return static_cast<std::size_t>(place - kUses.begin());
}

// RFC 7301 section 3.2: a peer that offers protocols, but not ours, means another service.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes,
                    const unsigned char* offered, unsigned offered_bytes, void* wanted) {
  const std::string_view ours = *static_cast<const std::string_view*>(wanted);
  std::string_view rest(reinterpret_cast<const char*>(offered), offered_bytes);
  while (!rest.empty()) {
    const auto bytes = static_cast<unsigned char>(rest[0]);
    const std::string_view name = rest.substr(1, bytes);
    if (name == ours) {
      *chosen = reinterpret_cast<const unsigned char*>(name.data());
      *chosen_bytes = bytes;
      return SSL_TLSEXT_ERR_OK;
    }
    rest.remove_prefix(std::min<std::size_t>(rest.size(), bytes + std::size_t{1}));
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_common_rules(SSL_CTX* context) {
  MUSTER_CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  MUSTER_CHECK(SSL_CTX_set_ciphersuites(context, kCiphers13) == 1);
  MUSTER_CHECK(SSL_CTX_set_cipher_list(context, kCiphers12) == 1);
  MUSTER_CHECK(SSL_CTX_set1_groups_list(context, kGroups) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // An idle connection has no record buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace

void TlsContexts::Freed::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContexts::~TlsContexts() = default;

Result<std::shared_ptr<const TlsContexts>, std::string> TlsContexts::load(
    const std::vector<CertificateFiles>& certificates) {
  const std::shared_ptr<TlsContexts> contexts(new TlsContexts);
  // The callback below keeps a pointer to this object, so that nothing may move.
  contexts->domains_.reserve(certificates.size());
  for (const CertificateFiles& files : certificates) {
    const auto added = contexts->add(files);
    if (!added) return Failure{added.error()};
  }
  contexts->connecting_.reset(SSL_CTX_new(TLS_client_method()));
  MUSTER_CHECK(contexts->connecting_ != nullptr);
  set_common_rules(contexts->connecting_.get());
  return std::shared_ptr<const TlsContexts>(contexts);
}

Result<void, std::string> TlsContexts::add(const CertificateFiles& files) {
  std::string error;
  Domain domain;
  domain.name = files.domain;
  append_ascii_domain(domain.ascii_name, files.domain);
  for (const LinkUse use : kUses) {
    Context& context = domain.by_use[place_of(use)];
    context = make_accepting(use, files, error);
    if (context == nullptr) return Failure{std::move(error)};
  }
  if (!files.any_name && !is_named(domain.by_use.front().get(), domain.ascii_name)) {
    return Failure{"certificate " + files.chain + " does not name the domain " + files.domain};
  }
  domains_.push_back(std::move(domain));
  return {};
}

// As a client will look at it: a DNS name, which may have a wildcard, or an IP address.
bool TlsContexts::is_named(const ssl_ctx_st* context, const std::string& ascii_name) {
  X509* certificate = SSL_CTX_get0_certificate(context);
  const bool literal = ascii_name.starts_with('[');  // an IPv6 address in brackets
  const std::string address = literal ? ascii_name.substr(1, ascii_name.size() - 2) : ascii_name;
  return X509_check_host(certificate, ascii_name.data(), ascii_name.size(), 0, nullptr) == 1 ||
         X509_check_ip_asc(certificate, address.c_str(), 0) == 1;
}

TlsContexts::Context TlsContexts::make_accepting(LinkUse use, const CertificateFiles& files,
                                                 std::string& error) {
  Context context(SSL_CTX_new(TLS_server_method()));
  MUSTER_CHECK(context != nullptr);
  set_common_rules(context.get());
  // What SSL_CTX_set_tlsext_servername_callback says with an old-style cast.
  SSL_CTX_callback_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(&choose_certificate));
  SSL_CTX_set_tlsext_servername_arg(context.get(), this);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol,
                             const_cast<std::string_view*>(&kProtocols[place_of(use)]));
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.chain.c_str()) != 1) {
    error = "certificate " + files.chain + ": " + last_error();
  } else if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    error = "key " + files.key + ": " + last_error();
  } else if (SSL_CTX_check_private_key(context.get()) != 1) {
    error = "key " + files.key + " is not that of certificate " + files.chain;
  } else {
    return context;
  }
  return nullptr;
}

const TlsContexts::Domain* TlsContexts::find(std::string_view name) const {
  for (const Domain& domain : domains_) {
    if (domain.name == name || equals_ignoring_case(domain.ascii_name, name)) return &domain;
  }
  return nullptr;
}

ssl_ctx_st* TlsContexts::accepting(LinkUse use, std::string_view name) const {
  const Domain* domain = find(name);
  if (domain == nullptr) domain = &domains_.front();
  return domain->by_use[place_of(use)].get();
}

// A name that is not ours gets what it would get without one: clients of our domains may connect by
// other names (RFC 6125 lets them decide).
int TlsContexts::choose_certificate(SSL* ssl, int*, void* self) {
  const auto& contexts = *static_cast<const TlsContexts*>(self);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const Domain* domain = name == nullptr ? nullptr : contexts.find(name);
  if (domain == nullptr) return SSL_TLSEXT_ERR_NOACK;
  std::size_t place = 0;
  for (const Domain& each : contexts.domains_) {
    for (std::size_t i = 0; i < each.by_use.size(); ++i) {
      if (each.by_use[i].get() == SSL_get_SSL_CTX(ssl)) place = i;
    }
  }
  SSL_set_SSL_CTX(ssl, domain->by_use[place].get());
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace muster
