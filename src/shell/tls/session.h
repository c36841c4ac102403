// TLS on one link: bytes in, bytes out, no socket. OpenSSL reads from and writes to the scratch
// space that a shard's links share, through one BIO method; between two steps a session has no
// buffer but an unfinished record. It may be handed to another shard's thread between two steps.
//
// Memory of an idle session: 14 KB, of which OpenSSL's SSL object is 7.6 and its two cipher
// contexts 1.9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/ports.h"
#include "shell/tls/cluster_tls.h"
#include "shell/tls/contexts.h"

struct ssl_st;

namespace muster {

// What the sessions of one shard share. Its content is good until the next step of any of them.
struct TlsScratch {
  // What one step may be given, and what it may open: that, and a record that was begun before.
  static constexpr std::size_t kSealedBytesMax = std::size_t{64} * 1024;
  static constexpr std::size_t kPlainBytesMax = kSealedBytesMax + std::size_t{16} * 1024;

  std::string_view in;     // from the socket, not yet read by OpenSSL
  std::string out;         // sealed, for the socket
  std::string_view plain;  // opened, for the peer's stream; in `opened`
  std::unique_ptr<char[]> opened = std::make_unique<char[]>(kPlainBytesMax);
};

class TlsSession {
 public:
  // Of a link that a peer opened.
  static std::unique_ptr<TlsSession> accept(std::shared_ptr<const TlsContexts> contexts,
                                            LinkUse use, std::string_view domain);
  // Of a link that we opened.
  static std::unique_ptr<TlsSession> connect(std::shared_ptr<const TlsContexts> contexts);
  // Of links to other servers. Null where the server of that name cannot be asked who it is.
  static std::unique_ptr<TlsSession> accept(std::shared_ptr<const ClusterTls> cluster);
  static std::unique_ptr<TlsSession> connect(std::shared_ptr<const ClusterTls> cluster,
                                             const std::string& host);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  enum class Went : std::uint8_t {
    on,
    started,  // the handshake is done with this step
    closed,   // the peer said that it sends no more (close_notify)
    broken,   // the handshake failed, or a record is forged: cut the link once `out` has left
  };
  // Takes all of `sealed`: goes on with the handshake (also with no bytes, to begin one that we
  // open), then opens what there is. Fills scratch.out and scratch.plain.
  Went hear(TlsScratch& scratch, std::string_view sealed);
  // After the handshake. Fills scratch.out.
  void seal(TlsScratch& scratch, std::string_view plain);
  // We send no more. Fills scratch.out.
  void close(TlsScratch& scratch);

  bool started() const { return started_; }
  // Why it broke, for an operator; to be asked before the next step of any session.
  std::string trouble() const;
  // After the handshake: whom the peer's certificate names, names and addresses; nothing if it has
  // none.
  std::optional<std::vector<std::string>> peer_hosts() const;
  // Which channel bindings it has, for TlsStarted; and one by its name (RFC 5929, RFC 9266).
  bool has_exporter() const;
  bool has_unique() const;
  std::optional<std::string> binding(std::string_view type) const;

  // Sealed bytes that the socket did not take yet.
  std::string unsent;

 private:
  TlsSession(std::shared_ptr<const void> made_from, ssl_st* ssl);
  Went shake_hands(TlsScratch& scratch);
  void use(TlsScratch& scratch);
  std::optional<std::string> end_point() const;
  std::optional<std::string> finished() const;
  std::optional<std::string> exported() const;

  struct Freed {
    void operator()(ssl_st* ssl) const;
  };
  std::unique_ptr<ssl_st, Freed> ssl_;
  std::shared_ptr<const void> made_from_;  // until the handshake is done
  bool started_ = false;
  bool closed_ = false;
};

}  // namespace muster
