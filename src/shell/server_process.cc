#include "shell/server_process.h"

#include <sys/resource.h>

#include <utility>

#include "base/check.h"
#include "codec/address/ip.h"
#include "shell/launch.h"
#include "shell/log.h"
#include "shell/sockets.h"

namespace muster {
namespace {

// A link is a descriptor: as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Says that a store fails, and why, or that it works again.
auto report_trouble(std::string_view fails, std::string_view works) {
  return [fails, works](const std::string& trouble) {
    const bool well = trouble.empty();
    write_log({well ? Log::Level::info : Log::Level::error, well ? works : fails, {}, trouble});
  };
}

bool can_be_shared(StoreBackend& users) {
  const auto results = users.carry_out({StoreTask(ServerRequest(ActAs{}))});
  return std::holds_alternative<ActingAs>(std::get<ServerReply>(results.at(0)));
}

Result<VerifierKeys, std::string> keys_of(StoreBackend& users) {
  const auto results = users.carry_out({StoreTask(AccountRequest(LoadSecret{}))});
  const auto* loaded = std::get_if<SecretLoaded>(&std::get<AccountReply>(results.at(0)));
  if (loaded != nullptr && !loaded->secret.empty()) return VerifierKeys::of(loaded->secret);
  return Failure{"the store of users does not say its secret: " + users.trouble()};
}

}  // namespace

struct ServerProcess::Sockets {
  std::vector<Listener> listeners;
  std::vector<Datagrams::Socket> datagrams;
};

ServerProcess::ServerProcess(ServerOptions options)
    : options_(std::move(options)), address_limits_(options_.links_per_address_max) {
  options_.settings.tls_offered = !options_.certificates.empty();
}

ServerProcess::~ServerProcess() {
  ask_stop();
  join();
}

Result<std::unique_ptr<ServerProcess>, std::string> ServerProcess::start(
    ServerOptions options, std::unique_ptr<StoreBackend> backend,
    std::unique_ptr<cluster::ClusterBackend> cluster_backend) {
  MUSTER_CHECK(options.shards > 0 && !options.settings.domains.empty());
  MUSTER_CHECK(options.settings.cluster.has_value() == (cluster_backend != nullptr));
  MUSTER_CHECK(cluster_backend == nullptr || options.fenced != nullptr);
  if (cluster_backend != nullptr && !can_be_shared(*backend)) {
    return Failure{std::string("this store of users cannot be shared by the servers of a cluster")};
  }
  const auto keys = keys_of(*backend);
  if (!keys) return Failure{keys.error()};
  raise_descriptor_limit();
  std::unique_ptr<ServerProcess> process(new ServerProcess(std::move(options)));
  const ServerOptions& is = process->options_;
  NewCertificates tls;
  if (const auto loaded = process->load_tls(tls); !loaded) return Failure{loaded.error()};
  std::vector<Sockets> sockets(is.shards);
  if (const auto opened = process->open_sockets(sockets); !opened) return Failure{opened.error()};
  if (process->options_.settings.cluster) {
    const auto described = process->describe_self(*process->options_.settings.cluster);
    if (!described) return Failure{described.error()};
  }

  if (!is.record_to.empty()) {
    auto recording = RecordingWriter::create(is.record_to, {is.recorder, is.shards, is.settings});
    if (!recording) return Failure{std::move(recording.error())};
    process->recording_ = std::move(*recording);
  }

  process->store_ = std::make_unique<StoreThread>(
      std::move(backend), report_trouble("store-fails", "store-works-again"));
  if (cluster_backend != nullptr) {
    process->cluster_store_ = std::make_unique<ClusterStoreThread>(
        std::move(cluster_backend),
        report_trouble("cluster-store-fails", "cluster-store-works-again"));
  }
  process->workers_ = std::make_unique<PasswordWorkers>(is.password_threads);
  ShardThread::Company company;
  for (std::uint8_t i = 0; i < is.shards; ++i) {
    process->shards_.push_back(std::make_unique<ShardThread>(ShardThread::Parts{
        ShardId(i), is.shards, &is.settings, random_seed(), std::move(sockets[i].listeners),
        std::move(sockets[i].datagrams), &process->address_limits_, tls.contexts,
        i == 0 ? tls.cluster : nullptr, *keys, is.ha1_kept, process->recording_.get(),
        WebSocketSettings{is.http_settings, is.settings.limits.stanza_bytes_max}}));
    company.shards.push_back(process->shards_.back().get());
  }
  company.store = process->store_.get();
  company.workers = process->workers_.get();
  company.cluster_store = process->cluster_store_.get();
  company.launch_server = [self = process.get()] { self->launch_server(); };
  company.fenced = [self = process.get()] { self->end_at_once(); };
  company.answer_admin = [self = process.get()](AnswerAdmin answer) { self->answer(answer); };
  for (const auto& shard : process->shards_)
    shard->start(company);
  return process;
}

// What the other servers are told of this one, where its settings leave it to what it listens on.
Result<void, std::string> ServerProcess::describe_self(ClusterSettings& cluster) const {
  using Kind = cluster::ServerEndpoint::Kind;
  cluster::Self& self = cluster.self;
  if (self.link.port == 0 && !endpoints_.cluster.empty()) {
    self.link.port = endpoints_.cluster.front().port;
  }
  if (!self.endpoints.empty()) return {};
  if (cluster.host_name.empty()) {
    for (const auto* bound : {&endpoints_.sip, &endpoints_.sips, &endpoints_.xmpp, &endpoints_.http,
                              &endpoints_.wss}) {
      if (bound->empty() || !bound->front().ip.is_unspecified()) continue;
      return Failure{
          std::string("a server of a cluster that listens on every address is to have "
                      "a name of its own, to which users are sent")};
    }
  }
  const auto at = [&](const Endpoint& bound) {
    if (cluster.host_name.empty()) return to_text(bound);
    return cluster.host_name + ":" + std::to_string(bound.port);
  };
  if (!endpoints_.sip.empty()) {
    self.endpoints.push_back({self.svr_id, Kind::sip, true, "sip:" + at(endpoints_.sip.front())});
  } else if (!endpoints_.sips.empty()) {
    self.endpoints.push_back(
        {self.svr_id, Kind::sip, true, "sip:" + at(endpoints_.sips.front()) + ";transport=tls"});
  }
  if (!endpoints_.xmpp.empty()) {
    self.endpoints.push_back(
        {self.svr_id, Kind::xmpp, true, "xmpp:" + at(endpoints_.xmpp.front())});
  }
  const auto& web_sockets = endpoints_.wss.empty() ? endpoints_.http : endpoints_.wss;
  if (!web_sockets.empty()) {
    const std::string uri = "wss://" + at(web_sockets.front()) + std::string(kWebSocketPath);
    self.endpoints.push_back({self.svr_id, Kind::wss, true, uri});
  }
  return {};
}

// --- sockets -------------------------------------------------------------------------------------

Result<void, std::string> ServerProcess::open_sockets(std::vector<Sockets>& of_shards) {
  endpoints_.sip = options_.sip;
  if (auto done = open_datagrams(endpoints_.sip, of_shards); !done) return done;
  std::vector<Endpoint> also;  // SIP's TCP ports are those of UDP
  if (auto done = open_listeners(endpoints_.sip, LinkUse::sip, Transport::tcp, also, of_shards);
      !done) {
    return done;
  }
  if (auto done =
          open_listeners(options_.sips, LinkUse::sip, Transport::tls, endpoints_.sips, of_shards);
      !done) {
    return done;
  }
  if (auto done = open_listeners(options_.cluster, LinkUse::server, Transport::tls,
                                 endpoints_.cluster, std::span(of_shards).first(1));
      !done) {
    return done;
  }
  if (auto done = open_listeners(options_.http, LinkUse::web_socket, Transport::tcp,
                                 endpoints_.http, of_shards);
      !done) {
    return done;
  }
  if (auto done = open_listeners(options_.wss, LinkUse::web_socket, Transport::tls, endpoints_.wss,
                                 of_shards);
      !done) {
    return done;
  }
  return open_listeners(options_.xmpp, LinkUse::xmpp, Transport::tcp, endpoints_.xmpp, of_shards);
}

Result<void, std::string> ServerProcess::open_listeners(const std::vector<Endpoint>& at,
                                                        LinkUse use, Transport transport,
                                                        std::vector<Endpoint>& bound,
                                                        std::span<Sockets> of_shards) {
  for (Endpoint endpoint : at) {
    const auto free = check_free(endpoint, transport);
    if (!free) return Failure{free.error().text};
    for (Sockets& sockets : of_shards) {
      auto fd = listen_tcp(endpoint);
      if (!fd) return Failure{std::move(fd.error().text)};
      endpoint = local_endpoint(fd->get());
      sockets.listeners.push_back({std::move(*fd), use, transport});
    }
    bound.push_back(endpoint);
  }
  return {};
}

Result<void, std::string> ServerProcess::open_datagrams(std::vector<Endpoint>& at,
                                                        std::vector<Sockets>& of_shards) {
  for (Endpoint& endpoint : at) {
    if (endpoint.port == 0) {
      const auto chosen = choose_port(endpoint);
      if (!chosen) return Failure{chosen.error().text};
      endpoint = *chosen;
    }
    const auto free = check_free(endpoint, Transport::udp);
    if (!free) return Failure{free.error().text};
    for (Sockets& sockets : of_shards) {
      auto fd = bind_udp(endpoint);
      if (!fd) return Failure{std::move(fd.error().text)};
      endpoint = local_endpoint(fd->get());
      sockets.datagrams.push_back({std::move(*fd), endpoint});
    }
  }
  return {};
}

// --- from outside --------------------------------------------------------------------------------

void ServerProcess::ask_stop() {
  for (const auto& shard : shards_)
    shard->mailbox().post_one(StopAsked{});
}

void ServerProcess::end_at_once() {
  if (std::exchange(is_fenced_, true)) return;
  for (const auto& shard : shards_)
    shard->mailbox().post_one(EndAsked{});
  options_.fenced();
}

void ServerProcess::join() {
  for (const auto& shard : shards_)
    shard->join();
}

Result<void, std::string> ServerProcess::reload_certificates() {
  NewCertificates fresh;
  if (auto loaded = load_tls(fresh); !loaded) return loaded;
  for (const auto& shard : shards_)
    shard->mailbox().post_one(NewCertificates{fresh});
  return {};
}

Result<void, std::string> ServerProcess::load_tls(NewCertificates& loaded) const {
  if (!options_.certificates.empty()) {
    auto contexts = TlsContexts::load(options_.certificates);
    if (!contexts) return Failure{std::move(contexts.error())};
    loaded.contexts = std::move(*contexts);
  }
  if (options_.cluster_credentials) {
    auto cluster = ClusterTls::load(*options_.cluster_credentials);
    if (!cluster) return Failure{std::move(cluster.error())};
    loaded.cluster = std::move(*cluster);
  } else if (!options_.cluster.empty()) {
    return Failure{
        std::string("where other servers connect there is to be a shared key, or a "
                    "certificate and a CA")};
  }
  return {};
}

void ServerProcess::ask(AdminRequest request, Answer answer) {
  const Address* account = home_account_of(request);
  const ShardId home =
      account == nullptr ? ShardId() : home_shard(account->bare(), options_.shards);
  Ticket ticket;
  {
    const std::lock_guard lock(asking_mutex_);
    ticket = Ticket(next_ticket_++);
    asking_.emplace(ticket.number(), std::move(answer));
  }
  shards_[home.number()]->mailbox().post_one(AdminAsked{ticket, std::move(request)});
}

void ServerProcess::answer(const AnswerAdmin& answer) {
  Answer waiting;
  {
    const std::lock_guard lock(asking_mutex_);
    const auto found = asking_.find(answer.ticket.number());
    if (found == asking_.end()) return;
    waiting = std::move(found->second);
    asking_.erase(found);
  }
  waiting(answer.reply);
}

void ServerProcess::launch_server() const {
  const auto done = launch(options_.launch);
  if (!done) write_log({Log::Level::error, "not-launched", {}, done.error()});
}

}  // namespace muster
