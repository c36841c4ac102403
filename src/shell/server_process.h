// One presence server as a process: its sockets, a thread for each shard, the store's thread, the
// workers for passwords. What musterd runs, and tests and benchmarks too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unordered.h"
#include "model/endpoint.h"
#include "server/admin_events.h"
#include "server/settings.h"
#include "shell/address_limits.h"
#include "shell/record/recording_writer.h"
#include "shell/shard_thread.h"
#include "shell/store/cluster_backend.h"
#include "shell/store/cluster_thread.h"
#include "shell/store/store_backend.h"
#include "shell/store/store_thread.h"
#include "shell/tls/cluster_tls.h"
#include "shell/tls/contexts.h"
#include "shell/verifier/password_workers.h"

namespace muster {

// Checked by who made them (the command line, the configuration file).
struct ServerOptions {
  Settings settings;  // `domains` canonical; `tls_offered` is set by there being certificates
  std::uint8_t shards = 1;
  // With port 0 the system chooses one: see ServerProcess::endpoints().
  std::vector<Endpoint> xmpp;                  // STARTTLS and direct TLS, the first byte decides
  std::vector<Endpoint> sip;                   // UDP and TCP
  std::vector<Endpoint> sips;                  // TLS
  std::vector<Endpoint> http;  // XMPP over WebSocket, with TLS or without: the first byte decides
  std::vector<Endpoint> wss;   // the same, TLS
  HttpSettings http_settings;
  std::vector<CertificateFiles> certificates;  // none: no TLS
  // Where other servers connect; and how the servers of the cluster know one another, without which
  // nobody can.
  std::vector<Endpoint> cluster;
  std::optional<ClusterCredentials> cluster_credentials;
  Ha1Kept ha1_kept;
  std::uint32_t links_per_address_max = 1'000;
  std::size_t password_threads = 1;
  // A file for all that enters the shards (docs/replay.md); empty: none.
  std::string record_to;
  std::string recorder;  // what its beginning says of the program
  // Of one of many servers (`settings.cluster`): others took it for dead. It is to be destroyed,
  // and to begin anew as another. Called on the thread of shard 0: it must not wait for it.
  std::function<void()> fenced{};
  // The command that starts a candidate (`settings.cluster->load.launches`).
  std::string launch;
};

class ServerProcess {
 public:
  struct Endpoints {
    std::vector<Endpoint> xmpp;
    std::vector<Endpoint> sip;
    std::vector<Endpoint> sips;
    std::vector<Endpoint> http;
    std::vector<Endpoint> wss;
    std::vector<Endpoint> cluster;
  };

  // Serves from when it returns; one of many needs its cluster's store and `fenced`, and places
  // users once it has its lease. The error is one line for the operator.
  static Result<std::unique_ptr<ServerProcess>, std::string> start(
      ServerOptions options, std::unique_ptr<StoreBackend> backend,
      std::unique_ptr<cluster::ClusterBackend> cluster_backend = nullptr);
  // Stops, and waits for it.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Where it can be reached: no port is 0.
  const Endpoints& endpoints() const { return endpoints_; }

  // Ends streams and subscriptions in order. join() returns once that is done, within
  // ShardThread::kStopTimeMax.
  void ask_stop();
  void join();

  // Reads the certificate files anew, for connections that begin from now on. If one of them is
  // bad, nothing changes.
  Result<void, std::string> reload_certificates();

  // An operator's request; `answer` is called on another thread.
  using Answer = std::function<void(AdminReply)>;
  void ask(AdminRequest request, Answer answer);

  // For others who have questions about accounts (the control socket, the command line).
  StoreThread& store() { return *store_; }
  PasswordWorkers& workers() { return *workers_; }

 private:
  explicit ServerProcess(ServerOptions options);
  struct Sockets;
  Result<void, std::string> open_sockets(std::vector<Sockets>& of_shards);
  Result<void, std::string> open_listeners(const std::vector<Endpoint>& at, LinkUse use,
                                           Transport transport, std::vector<Endpoint>& bound,
                                           std::span<Sockets> of_shards);
  Result<void, std::string> open_datagrams(std::vector<Endpoint>& at,
                                           std::vector<Sockets>& of_shards);
  Result<void, std::string> load_tls(NewCertificates& loaded) const;
  Result<void, std::string> describe_self(ClusterSettings& cluster) const;
  void answer(const AnswerAdmin& answer);
  void launch_server() const;
  void end_at_once();

  ServerOptions options_;
  Endpoints endpoints_;
  bool is_fenced_ = false;  // shard 0's thread alone looks at it
  AddressLimits address_limits_;
  std::mutex asking_mutex_;
  std::uint64_t next_ticket_ = 1;
  UnorderedMap<std::uint64_t, Answer> asking_;
  // The threads that shards ask end before the shards are destroyed, whom they answer.
  std::unique_ptr<RecordingWriter> recording_;
  std::vector<std::unique_ptr<ShardThread>> shards_;
  std::unique_ptr<PasswordWorkers> workers_;
  std::unique_ptr<StoreThread> store_;
  std::unique_ptr<ClusterStoreThread> cluster_store_;
};

}  // namespace muster
