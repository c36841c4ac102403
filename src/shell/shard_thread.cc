#include "shell/shard_thread.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "shell/clock.h"

namespace muster {
namespace {

// What epoll reports carries a link's id, whose generation is never 0, or one of these.
constexpr std::uint64_t kWake = 0;
constexpr std::uint64_t kListeners = 1'000;
constexpr std::uint64_t kSockets = 2'000;

void watch(int epoll, int fd, std::uint64_t source) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = source;
  MUSTER_CHECK(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

// What peers may make large: a stanza, a SIP message, a document.
std::size_t text_bytes(const Event& event) {
  return std::visit(Overloaded{
                        [](const StanzaForUser& stanza) { return stanza.xml.size(); },
                        [](const RequestForUser& request) { return request.xml.size(); },
                        [](const SubscriptionAsked& asked) { return asked.stanza.size(); },
                        [](const SubscriptionShown& shown) { return shown.stanza.size(); },
                        [](const SipMessageArrived& arrived) { return arrived.bytes.size(); },
                        [](const PublishAsked& asked) { return asked.document.size(); },
                        [](const PageMessage& message) { return message.text.body.size(); },
                        [](const MessageToXmpp& message) { return message.text.body.size(); },
                        [](const auto&) { return std::size_t{0}; },
                    },
                    event);
}

std::optional<record::Recorder> recorder_of(const ShardThread::Parts& parts) {
  if (parts.recording == nullptr) return std::nullopt;
  return std::make_optional<record::Recorder>(parts.self, parts.seed, *parts.recording);
}

// Of one of many: its load may be made of it, and operators are shown it.
std::optional<Sensor> sensor_of(const ShardThread::Parts& parts) {
  if (!parts.settings->cluster) return std::nullopt;
  return Sensor(read_process_limits(),
                parts.self == ShardId() ? Sensor::Of::process : Sensor::Of::thread);
}

Prng prng_of(const ShardThread::Parts& parts, std::optional<record::Recorder>& recorder) {
  return recorder ? Prng(recorder->words()) : Prng(parts.seed);
}

}  // namespace

std::size_t weight_of(const Mail& mail) {
  const auto* from = std::get_if<FromShard>(&mail);
  return from == nullptr ? 1 : 1 + text_bytes(from->event) / 1'024;
}

ShardThread::ShardThread(Parts parts)
    : parts_(std::move(parts)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      recorder_(recorder_of(parts_)),
      server_(parts_.self, parts_.shards, *parts_.settings, prng_of(parts_, recorder_)),
      turn_(server_, *this, recorder_ ? &*recorder_ : nullptr),
      links_(epoll_.get(), parts_.address_limits, [this](const Input& input) { tell(input); }),
      listeners_(epoll_.get(), kListeners, std::move(parts_.listeners), parts_.address_limits),
      datagrams_(std::move(parts_.sockets)),
      outgoing_(parts_.shards),
      sensor_(sensor_of(parts_)) {
  links_.use_tls(parts_.tls_contexts);
  links_.use_cluster(parts_.cluster_tls);
  links_.use_web_sockets(parts_.web_sockets);
  links_.report_to([this](const Log& line) { log_.write(now_, line); });
  watch(epoll_.get(), mailbox_.wake_fd(), kWake);
  for (std::size_t i = 0; i < datagrams_.sockets().size(); ++i) {
    watch(epoll_.get(), datagrams_.sockets()[i].fd.get(), kSockets + i);
  }
}

ShardThread::~ShardThread() {
  join();
}

void ShardThread::start(Company company) {
  company_ = std::move(company);
  const auto deliver = [this](bool to_verifier) {
    return [this, to_verifier](std::vector<StoreThread::Answer> answers) {
      mailbox_.post_one(StoreAnswers{to_verifier, std::move(answers)});
    };
  };
  at_store_ = company_.store->know(deliver(false));
  if (company_.cluster_store != nullptr) {
    at_cluster_store_ =
        company_.cluster_store->know([this](std::vector<ClusterStoreThread::Answer> answers) {
          mailbox_.post_one(ClusterAnswers{std::move(answers)});
        });
  }
  verifier_ = std::make_unique<Verifier>(Verifier::Parts{
      parts_.settings, parts_.verifier_keys, parts_.ha1_kept, company_.store->know(deliver(true)),
      company_.workers->know(
          [this](PasswordResult result) { mailbox_.post_one(std::move(result)); })});
  thread_ = std::thread([this] { run(); });
}

void ShardThread::join() {
  if (thread_.joinable()) thread_.join();
}

// --- the loop ------------------------------------------------------------------------------------

void ShardThread::run() {
  Events events{};
  now_ = read_clocks();
  if (sensor_) sensor_->begin(now_.instant);
  turn_.input(now_, Started{});
  end_turn();
  while (!over()) {
    const std::span<epoll_event> heard = wait(events);
    now_ = read_clocks();
    for (const epoll_event& event : heard)
      hear(event.data.u64, event.events);
    read_mail();
    if (ended_) break;
    if (!held_back_ || now_.instant >= passed_at_ + kHeldBackPause) pass_time();
    if (sensor_) measure();
    end_turn();
    if (sensor_) sensor_->turned(now_.instant, read_clocks().instant);
    tell_dropped(dropped_news_.of(now_, server_.sip_counters()));
  }
  tell_dropped(dropped_news_.rest(server_.sip_counters()));
  if (recorder_) recorder_->flush();
}

void ShardThread::tell_dropped(std::optional<std::string> dropped) {
  if (!dropped) return;
  log_.write(now_, {Log::Level::info, "sip-dropped", {}, std::move(*dropped)});
}

bool ShardThread::over() const {
  if (!stop_by_) return false;
  const bool done = stopped_ && links_.size() == 0 && !held_back_;
  return done || now_.instant >= *stop_by_;
}

std::span<epoll_event> ShardThread::wait(Events& events) {
  int timeout = sleep_milliseconds();
  if (timeout != 0 && !mailbox_.prepare_sleep()) timeout = 0;
  int count = 0;
  if (held_back_) {
    pollfd mail{mailbox_.wake_fd(), POLLIN, 0};
    if (::poll(&mail, 1, timeout) > 0) mailbox_.drain_wake_fd();
  } else {
    count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
  }
  mailbox_.woken();
  return {events.data(), static_cast<std::size_t>(std::max(count, 0))};
}

int ShardThread::sleep_milliseconds() const {
  if (!verifier_->effects().answers.empty()) return 0;
  std::optional<Instant> next = stop_by_;
  const std::optional<Instant> flush_at = recorder_ ? recorder_->flush_at() : std::nullopt;
  if (flush_at && (!next || *flush_at < *next)) next = flush_at;
  if (sensor_ && (!next || sensor_->due() < *next)) next = sensor_->due();
  const std::optional<Instant> tell_at = dropped_news_.due();
  if (tell_at && (!next || *tell_at < *next)) next = tell_at;
  for (const auto& deadline :
       {server_.next_deadline(), links_.next_deadline(), listeners_.next_deadline()}) {
    if (!deadline) continue;
    const Instant when = held_back_ ? std::max(*deadline, passed_at_ + kHeldBackPause) : *deadline;
    if (!next || when < *next) next = when;
  }
  if (!next) return -1;
  if (*next <= now_.instant) return 0;
  const std::int64_t wait = (*next - now_.instant).in_milliseconds() + 1;
  return static_cast<int>(std::min<std::int64_t>(wait, 60'000));
}

void ShardThread::hear(std::uint64_t source, std::uint32_t events) {
  if (source == kWake) {
    mailbox_.drain_wake_fd();
  } else if (source >= kListeners && source < kSockets) {
    listeners_.accept(now_, source - kListeners, [this](Link link) { take(std::move(link)); });
  } else if (source >= kSockets && source < kSockets + datagrams_.sockets().size()) {
    datagrams_.receive(source - kSockets,
                       [&](const DatagramReceived& datagram) { turn_.input(now_, datagram); });
  } else {
    links_.hear(now_, LinkId::from_number(source), events);
  }
}

// A peer connected.
void ShardThread::take(Link link) {
  if (link.use == LinkUse::server) return links_.shake_hands(now_, std::move(link));
  if (link.use == LinkUse::web_socket) return links_.await_request(now_, std::move(link));
  LinkOpened opened{{}, link.use, link.transport, link.local, link.remote, std::nullopt};
  const bool tls_first = link.transport == Transport::tls;
  opened.link = links_.adopt(std::move(link));
  turn_.input(now_, opened);
  if (tls_first) links_.start_tls(now_, opened.link, {});
}

void ShardThread::tell(const Input& input) {
  if (const auto* closed = std::get_if<LinkClosed>(&input)) verifier_->forget(closed->link);
  turn_.input(now_, input);
}

void ShardThread::pass_time() {
  passed_at_ = now_.instant;
  turn_.pass_time(now_);
  links_.wake(now_);
  listeners_.wake(now_);
}

void ShardThread::measure() {
  if (sensor_->due() <= now_.instant) {
    turn_.input(now_, ShardMeasured{sensor_->take(now_.instant)});
  }
}

// --- mail ----------------------------------------------------------------------------------------

void ShardThread::read_mail() {
  const std::size_t weighed = mailbox_.take(incoming_);
  if (sensor_) sensor_->queued(weighed, kMailMax);
  for (Mail& mail : incoming_) {
    if (ended_) break;
    std::visit(Overloaded{
                   [&](FromShard& from) { turn_.input(now_, std::move(from)); },
                   [&](LinkOnTheMove& moving) {
                     LinkArrived arrived{{},
                                         moving.link->local,
                                         moving.link->remote,
                                         moving.link->transport,
                                         std::move(moving.stream),
                                         moving.from,
                                         moving.was};
                     moving.link->reading_paused = false;
                     arrived.link = links_.adopt(std::move(*moving.link));
                     turn_.input(now_, std::move(arrived));
                   },
                   [&](StoreAnswers& answers) { read_answers(answers); },
                   [&](ClusterAnswers& answers) {
                     for (ClusterStoreThread::Answer& answer : answers.answers)
                       turn_.input(now_, ClusterAnswered{answer.ticket, std::move(answer.result)});
                   },
                   [&](PasswordResult& result) { verifier_->answered(std::move(result)); },
                   [&](AdminAsked& asked) { turn_.input(now_, std::move(asked)); },
                   [&](NewCertificates& fresh) {
                     links_.use_tls(std::move(fresh.contexts));
                     links_.use_cluster(std::move(fresh.cluster));
                   },
                   [&](StopAsked&) { stop(); },
                   [&](EndAsked&) { end_life(); },
               },
               mail);
  }
  incoming_.clear();
}

void ShardThread::read_answers(StoreAnswers& answers) {
  MUSTER_CHECK(unanswered_ >= answers.answers.size());
  unanswered_ -= answers.answers.size();
  for (StoreThread::Answer& answer : answers.answers) {
    if (answers.to_verifier) {
      verifier_->answered(now_, std::move(answer));
    } else if (const auto* reply = std::get_if<ServerReply>(&answer.result)) {
      read_server_answer(answer.ticket, *reply);
    } else {
      turn_.input(now_,
                  StoreAnswered{answer.ticket, std::get<StoreReply>(std::move(answer.result))});
    }
  }
}

// A ticket of such a question is the life that it is about; that of ActAs is none: it is our own.
void ShardThread::read_server_answer(Ticket ticket, const ServerReply& reply) {
  const cluster::Incarnation life(ticket.number());
  const bool fenced = std::holds_alternative<LifeFenced>(reply);
  if (life != cluster::Incarnation()) return turn_.input(now_, ServerFenced{life, fenced});
  if (!fenced) return;
  // The cluster's own store was lost, and numbers lives anew.
  log_.write(now_, {Log::Level::error, "fenced", {}, "by the store of users"});
  company_.fenced();
}

void ShardThread::end_life() {
  ended_ = true;
  do {
    has_last_words_ = false;
    turn_.input(now_, LifeOver{});
    datagrams_.flush();
  } while (has_last_words_);
}

void ShardThread::stop() {
  if (stop_by_) return;
  stop_by_ = now_.instant + kStopTimeMax;
  listeners_.close();
  turn_.input(now_, StopAsked{});
}

// --- orders --------------------------------------------------------------------------------------

void ShardThread::carry_out(Order&& order) {
  if (ended_) {
    if (!is_datagram(order)) return;
    has_last_words_ = true;
  }
  obey(order);
}

void ShardThread::obey(Order& order) {
  std::visit(
      Overloaded{
          [&](SendBytes& send) { links_.send(send.link, send.bytes); },
          [&](SendDatagram& send) { datagrams_.send(std::move(send)); },
          [&](FanOut& fan_out) { links_.fan_out(fan_out); },
          [&](FanOutDatagrams& fan_out) { datagrams_.fan_out(std::move(fan_out)); },
          [&](StartTls& start) { links_.start_tls(now_, start.link, start.domain); },
          [&](PauseReading& pause) { links_.pause_reading(pause.link); },
          [&](ResumeReading& resume) { links_.resume_reading(resume.link); },
          [&](HandOver& over) {
            verifier_->forget(over.link);
            auto link = links_.release(over.link);
            if (link == nullptr) return;
            outgoing_[over.to.number()].push_back(
                LinkOnTheMove{std::move(link), std::move(over.stream), parts_.self, over.link});
          },
          [&](CloseLink& close) {
            verifier_->forget(close.link);
            links_.close(now_, close.link);
          },
          [&](OpenLink& open) { links_.open(now_, open); },
          [&](AskSasl& ask) { ask_sasl(ask); },
          [&](AskDigest& ask) { verifier_->ask(now_, std::move(ask)); },
          [&](AskRegistration& ask) { verifier_->ask(std::move(ask)); },
          [&](AskStore& ask) {
            questions_.push_back({at_store_, ask.ticket, std::move(ask.request)});
          },
          [&](AskCluster& ask) {
            cluster_questions_.push_back({at_cluster_store_, ask.ticket, std::move(ask.request)});
          },
          [&](FenceServer& fence) {
            questions_.push_back({at_store_, Ticket(fence.incarnation.number()),
                                  ServerRequest(FenceLife{fence.incarnation})});
          },
          [&](LeaseHeld& held) {
            questions_.push_back({at_store_, Ticket(), ServerRequest(ActAs{held.incarnation})});
          },
          [&](Fenced&) { company_.fenced(); },
          [&](LaunchServer&) { company_.launch_server(); },
          [&](ToShard& to) {
            outgoing_[to.to.number()].push_back(FromShard{parts_.self, std::move(to.event)});
          },
          [&](Log& line) { log_.write(now_, line); },
          [&](AnswerAdmin& answer) { company_.answer_admin(std::move(answer)); },
          [&](Stopped&) {
            stopped_ = true;
            links_.close_all(now_);
          },
      },
      order);
}

void ShardThread::ask_sasl(const AskSasl& ask) {
  const Link* link = links_.find(ask.link);
  BindingSource bindings;
  if (link != nullptr && link->tls != nullptr && link->tls->started()) {
    bindings = [&tls = *link->tls](std::string_view type) { return tls.binding(type); };
  }
  verifier_->ask(ask, bindings);
}

// --- the end of a turn ---------------------------------------------------------------------------

void ShardThread::end_turn() {
  settle_verifier();
  links_.flush(now_);
  datagrams_.flush();
  unanswered_ += questions_.size();
  company_.store->ask(questions_);
  if (sensor_) sensor_->queued(unanswered_, kQuestionsMax);
  if (!cluster_questions_.empty()) company_.cluster_store->ask(cluster_questions_);
  post_mail();
  if (recorder_ && recorder_->flush_at() && *recorder_->flush_at() <= now_.instant) {
    recorder_->flush();
  }
}

// Its answers are inputs like others; they may lead to new questions.
void ShardThread::settle_verifier() {
  Verifier::Effects& effects = verifier_->effects();
  while (!effects.answers.empty()) {
    for (const Input& answer : std::exchange(effects.answers, {}))
      turn_.input(now_, answer);
  }
  std::move(effects.questions.begin(), effects.questions.end(), std::back_inserter(questions_));
  effects.questions.clear();
  for (PasswordJob& job : std::exchange(effects.jobs, {}))
    company_.workers->ask(std::move(job));
}

void ShardThread::post_mail() {
  held_back_ = unanswered_ > kQuestionsMax;
  for (std::size_t i = 0; i < outgoing_.size(); ++i) {
    if (outgoing_[i].empty()) continue;
    held_back_ = !company_.shards[i]->mailbox().post(outgoing_[i], mailbox_) || held_back_;
  }
}

}  // namespace muster
