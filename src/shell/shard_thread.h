// A shard's thread: a loop that waits for what the world does, feeds it to the shard's presence
// server, and carries out the orders. Nothing of it is shared but its mailbox.
//
// Back pressure. What a turn has for another shard waits here if that shard's mailbox is full, and
// so do questions to the store past kQuestionsMax. While anything waits, this shard is held back:
// it reads neither links nor datagrams and accepts nobody, and looks at its deadlines only once in
// kHeldBackPause, for the lease is to be renewed all the same; it reads its own mail, and hands on
// what it can. Nothing is lost, for the world waits in the kernel's
// buffers, and its peers' (datagrams are lost there, as on any network). And nothing stands still:
// a shard that is held back empties its own mailbox all the same, so of two that are full for each
// other each makes room for the other, and what one mail can make of further mail ends with what
// its senders had taken from the world before.
//
// The end. After StopAsked nobody is let in; the presence server ends all that it has (order
// Stopped), the links close in order. At kStopTimeMax the thread ends with what is left. After
// EndAsked it ends at once, but for the datagrams of LifeOver.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <variant>
#include <vector>

#include "server/presence_server.h"
#include "server/record/recorder.h"
#include "server/turn.h"
#include "shell/address_limits.h"
#include "shell/datagrams.h"
#include "shell/dropped_news.h"
#include "shell/fd.h"
#include "shell/links.h"
#include "shell/listeners.h"
#include "shell/log.h"
#include "shell/mailbox.h"
#include "shell/sensor.h"
#include "shell/store/cluster_thread.h"
#include "shell/store/store_thread.h"
#include "shell/verifier/password_workers.h"
#include "shell/verifier/verifier.h"

namespace muster {

// What other threads put into a shard's mailbox.
struct LinkOnTheMove {
  std::unique_ptr<Link> link;
  StreamOnTheMove stream;
  ShardId from;
  LinkId was;  // there
};
struct StoreAnswers {
  bool to_verifier = false;
  std::vector<StoreThread::Answer> answers;
};
struct ClusterAnswers {
  std::vector<ClusterStoreThread::Answer> answers;
};
struct NewCertificates {
  std::shared_ptr<const TlsContexts> contexts;
  std::shared_ptr<const ClusterTls> cluster;
};
// At once: the server is fenced (LifeOver).
struct EndAsked {};
using Mail = std::variant<FromShard, LinkOnTheMove, StoreAnswers, ClusterAnswers, PasswordResult,
                          AdminAsked, NewCertificates, StopAsked, EndAsked>;

// What a mail takes of its mailbox.
std::size_t weight_of(const Mail& mail);

class ShardThread {
 public:
  // Of a mailbox; a mail counts once, and once more for each KiB of text from outside in it.
  static constexpr std::size_t kMailMax = 65'536;
  static constexpr std::size_t kQuestionsMax = 8'192;
  static constexpr Duration kHeldBackPause = Duration::milliseconds(100);
  static constexpr Duration kStopTimeMax = Duration::seconds(10);

  struct Parts {
    ShardId self;
    std::uint8_t shards = 1;
    const Settings* settings = nullptr;
    Prng::Seed seed{};
    std::vector<Listener> listeners;
    std::vector<Datagrams::Socket> sockets;
    AddressLimits* address_limits = nullptr;          // none: no limit
    std::shared_ptr<const TlsContexts> tls_contexts;  // none: no TLS
    std::shared_ptr<const ClusterTls> cluster_tls;    // none: no links to other servers
    VerifierKeys verifier_keys;
    Ha1Kept ha1_kept;
    record::BlockSink* recording = nullptr;  // none: it is not recorded
    WebSocketSettings web_sockets{};
  };
  // Whom it works with; they outlive the thread.
  struct Company {
    std::vector<ShardThread*> shards;  // by their number, itself among them
    StoreThread* store = nullptr;
    PasswordWorkers* workers = nullptr;
    ClusterStoreThread* cluster_store = nullptr;    // of one of many servers
    std::function<void()> fenced;                   // likewise; called on this thread
    std::function<void()> launch_server;            // the same
    std::function<void(AnswerAdmin)> answer_admin;  // called on this thread
  };

  explicit ShardThread(Parts parts);
  ~ShardThread();
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  void start(Company company);
  void join();

  Mailbox<Mail>& mailbox() { return mailbox_; }

  // For the turn.
  void carry_out(Order&& order);

 private:
  using Events = std::array<epoll_event, 256>;

  void run();
  bool over() const;
  // What epoll reported, at the beginning of `events`.
  std::span<epoll_event> wait(Events& events);
  int sleep_milliseconds() const;
  void hear(std::uint64_t source, std::uint32_t events);
  void take(Link link);
  void tell(const Input& input);
  void read_mail();
  void read_answers(StoreAnswers& answers);
  void read_server_answer(Ticket ticket, const ServerReply& reply);
  void obey(Order& order);
  void ask_sasl(const AskSasl& ask);
  void tell_dropped(std::optional<std::string> dropped);
  void stop();
  void end_life();
  void pass_time();
  void measure();
  void end_turn();
  void settle_verifier();
  void post_mail();

  Parts parts_;
  Fd epoll_;
  Mailbox<Mail> mailbox_{kMailMax, weight_of};
  std::optional<record::Recorder> recorder_;
  PresenceServer server_;
  Turn<ShardThread> turn_;
  Links links_;
  Listeners listeners_;
  Datagrams datagrams_;
  BoundedLog log_;
  Company company_;
  AskerId at_store_;
  std::unique_ptr<Verifier> verifier_;
  std::vector<std::vector<Mail>> outgoing_;  // by shard
  std::vector<StoreThread::Question> questions_;
  AskerId at_cluster_store_;
  std::vector<ClusterStoreThread::Question> cluster_questions_;
  std::size_t unanswered_ = 0;  // questions to the store
  bool held_back_ = false;
  Instant passed_at_;  // when deadlines were looked at last
  std::vector<Mail> incoming_;
  std::optional<Sensor> sensor_;
  DroppedNews dropped_news_;
  Now now_;
  std::optional<Instant> stop_by_;
  bool ended_ = false;
  bool has_last_words_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace muster
