// What TLS connections are made from: the certificates of the domains, and the rules that hold for
// all connections. Values do not change once loaded; new certificates are a new object (SIGHUP),
// which new connections use while old ones keep what they began with.
//
// TLS 1.2 and 1.3 only (RFC 7590, RFC 9325): forward secrecy and AEAD ciphers, no renegotiation
// (RFC 6120 section 5.3.5), no compression, no resumption: neither session cache nor tickets, which
// cost memory, and would let tls-unique be replayed (RFC 7677 section 4). By the name that a peer
// sends (SNI) a certificate is chosen; without one, by the domain that the stream names, or the
// first. A peer that offers ALPN must offer ours: `xmpp-client` (XEP-0368), `sip`, or `http/1.1`
// for a WebSocket.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/ports.h"

struct ssl_ctx_st;
struct ssl_st;

namespace muster {

// PEM files.
struct CertificateFiles {
  std::string domain;  // canonical; a certificate may serve several
  std::string chain;   // the certificate, then the intermediate ones
  std::string key;
  bool any_name = false;  // the certificate need not name the domain
};

class TlsContexts {
 public:
  // The error is one line for the operator: which file, what is wrong. A certificate that does not
  // name its domain is refused, for no client of the domain would take it (RFC 6125).
  static Result<std::shared_ptr<const TlsContexts>, std::string> load(
      const std::vector<CertificateFiles>& certificates);
  ~TlsContexts();
  TlsContexts(const TlsContexts&) = delete;
  TlsContexts& operator=(const TlsContexts&) = delete;

  // For connections that we accept: of `domain`, or of the first if there is none for it.
  ssl_ctx_st* accepting(LinkUse use, std::string_view domain) const;
  // For those that we open. Whose certificate the peer has is not checked: what opens links to
  // phones knows no name to check it against.
  ssl_ctx_st* connecting() const { return connecting_.get(); }

 private:
  struct Freed {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, Freed>;
  struct Domain {
    std::string name;        // canonical
    std::string ascii_name;  // with A-labels, as in SNI
    std::array<Context, 3> by_use;
  };

  TlsContexts() = default;
  Result<void, std::string> add(const CertificateFiles& files);
  static bool is_named(const ssl_ctx_st* context, const std::string& ascii_name);
  Context make_accepting(LinkUse use, const CertificateFiles& files, std::string& error);
  static int choose_certificate(ssl_st* ssl, int* alert, void* self);
  const Domain* find(std::string_view name) const;

  std::vector<Domain> domains_;
  Context connecting_;
};

}  // namespace muster
