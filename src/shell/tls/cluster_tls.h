// What the TLS connections between the servers of a cluster are made from. Both ends prove that
// they are of it, by one of two credentials:
//
//   a shared key     TLS 1.3 with an external pre-shared key (RFC 8446 section 4.2.11) and an
//                    ephemeral one besides, so that who learns the key reads nothing of before;
//                    neither end has a certificate. The file is for its owner alone.
//   a certificate    each end has one, and takes the other's if it chains to the CA; who connects
//                    also asks that it names the host of the server that is meant, and who is come
//                    to, that it names the host of the server that it says to be (server_links.h).
//
// TLS 1.3 only: both ends are ours. No resumption, no early data. The pre-shared key is derived
// from the file's bytes, whatever they are, by HMAC-SHA-256.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace muster {

struct SharedKeyFile {
  std::string path;
};
// PEM files. Of a certificate that says what it is for, it is to be for servers and clients both.
struct ServerCertificateFiles {
  std::string chain;  // the certificate, then the intermediate ones
  std::string key;
  std::string ca;
};
using ClusterCredentials = std::variant<SharedKeyFile, ServerCertificateFiles>;

class ClusterTls {
 public:
  // Of a shared key.
  static constexpr std::size_t kKeyBytesMin = 32;
  static constexpr std::size_t kKeyBytesMax = 4'096;

  // The error is one line for the operator: which file, what is wrong.
  static Result<std::shared_ptr<const ClusterTls>, std::string> load(
      const ClusterCredentials& credentials);
  ~ClusterTls();
  ClusterTls(const ClusterTls&) = delete;
  ClusterTls& operator=(const ClusterTls&) = delete;

  // A new connection, before its handshake. Null: `host` is none that a certificate can name.
  ssl_st* accept() const;
  ssl_st* connect(const std::string& host) const;

 private:
  struct Freed {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, Freed>;

  ClusterTls();
  Result<void, std::string> use_key(const std::string& path);
  Result<void, std::string> use_certificate(const ServerCertificateFiles& files);

  Context accepting_;
  Context connecting_;
  std::string key_;  // derived; empty: there is a certificate
};

}  // namespace muster
