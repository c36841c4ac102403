#include "shell/control/control_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "shell/clock.h"
#include "shell/control/control_wire.h"
#include "shell/control/unix_socket.h"
#include "shell/log.h"

namespace muster {
namespace {

using Why = ControlRefused::Why;

constexpr std::size_t kReadBytes = std::size_t{16} * 1024;
constexpr std::size_t kAlwaysPolled = 2;  // the mailbox and the listener, in front of the peers

// By ControlRequest's alternatives; those that change nothing are not logged.
constexpr std::array<std::string_view, std::variant_size_v<ControlRequest>> kEvents = {
    "",
    "operator-adds",
    "operator-sets-password",
    "",
    "",
    "operator-decides",
    "operator-sets-policy",
    "operator-removes",
    "",
    ""};

bool may_ask(int fd) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

ControlReply told(const AdminReply& reply, const ControlRequest& asked) {
  using enum AdminReply::Outcome;
  switch (reply.outcome) {
    case done: break;
    case no_such_account: return ControlRefused{Why::no_such_account};
    case no_such_watcher: return ControlRefused{Why::no_such_watcher};
    case store_failed: return ControlRefused{Why::store_failed};
    case no_cluster: return ControlRefused{Why::no_cluster};
    case no_lease: return ControlRefused{Why::no_lease};
    case not_main:
      return NotMain{reply.servers.empty() ? std::string()
                                           : reply.servers.front().member.self.svr_id};
    case no_such_server: return ControlRefused{Why::no_such_server};
    case wrong_role: return ControlRefused{Why::wrong_role};
    case is_main: return ControlRefused{Why::is_main};
    case no_answer: return ControlRefused{Why::no_answer};
  }
  if (std::holds_alternative<ListWatchers>(asked)) return WatchersListed{reply.watchers};
  const bool servers =
      std::holds_alternative<ListServers>(asked) || std::holds_alternative<FindUser>(asked);
  if (servers) return ServersListed{reply.servers};
  if (std::holds_alternative<ListUsers>(asked)) return UserPage{reply.users};
  return ControlDone{};
}

ControlReply told(const AccountReply& reply) {
  return std::visit(
      Overloaded{
          [](const AccountsListed& listed) -> ControlReply { return listed; },
          [](const AccountRefused& refused) -> ControlReply {
            const bool conflict = refused.why == AccountRefused::Why::conflict;
            return ControlRefused{conflict ? Why::conflict : Why::no_such_account};
          },
          [](const StoreFailed&) -> ControlReply { return ControlRefused{Why::store_failed}; },
          [](const auto&) -> ControlReply { return ControlDone{}; },
      },
      reply);
}

}  // namespace

Result<std::unique_ptr<ControlSocket>, std::string> ControlSocket::open(const std::string& path,
                                                                        Parts parts) {
  auto listener = listen_unix(path);
  if (!listener) return Failure{std::move(listener.error())};
  return std::unique_ptr<ControlSocket>(
      new ControlSocket(path, std::move(*listener), std::move(parts)));
}

ControlSocket::ControlSocket(std::string path, Fd listener, Parts parts)
    : path_(std::move(path)),
      listener_(std::move(listener)),
      parts_(std::move(parts)),
      mailbox_(std::make_shared<Mailbox<Mail>>(kPeersMax)) {
  asker_ = parts_.store->know([mailbox = mailbox_](std::vector<StoreThread::Answer> answers) {
    for (StoreThread::Answer& answer : answers)
      mailbox->post_one(std::move(answer));
  });
  thread_ = std::thread([this] { run(); });
}

ControlSocket::~ControlSocket() {
  stopping_ = true;
  mailbox_->post_one(AnswerAdmin{});  // an answer to nobody, to wake it
  thread_.join();
  ::unlink(path_.c_str());
}

// --- the loop ------------------------------------------------------------------------------------

void ControlSocket::run() {
  while (!stopping_) {
    poll_once();
    read_mail();
  }
}

void ControlSocket::poll_once() {
  const Instant before = read_clocks().instant;
  std::vector<pollfd> polled = {{mailbox_->wake_fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  std::vector<std::uint64_t> ids;
  Duration wait = parts_.silence_max;
  for (const auto& [id, peer] : peers_) {
    // One whose request is under way is heard again when it is answered.
    const short events = !peer.out.empty() ? POLLOUT : peer.asking ? short{0} : POLLIN;
    polled.push_back({peer.fd.get(), events, 0});
    ids.push_back(id);
    if (!peer.asking) wait = std::min(wait, std::max(Duration(), peer.deadline - before));
  }
  const int milliseconds = static_cast<int>(wait.in_milliseconds()) + 1;
  const int timeout = mailbox_->prepare_sleep() ? milliseconds : 0;
  const int ready = ::poll(polled.data(), polled.size(), timeout);
  mailbox_->woken();
  MUSTER_CHECK(ready >= 0 || errno == EINTR);
  if (polled[0].revents != 0) mailbox_->drain_wake_fd();
  const Instant now = read_clocks().instant;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Peer& peer = peers_.at(ids[i]);
    const short events = polled[kAlwaysPolled + i].revents;
    bool stays = peer.asking || now < peer.deadline;
    if (stays && (events & POLLOUT) != 0) stays = write(peer);
    if (stays && (events & (POLLIN | POLLHUP | POLLERR)) != 0) stays = hear(ids[i], peer);
    if (!stays) peers_.erase(ids[i]);
  }
  if (polled[1].revents != 0) accept();
}

void ControlSocket::accept() {
  Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid() || !may_ask(fd.get())) return;
  const std::uint64_t id = next_peer_++;
  Peer& peer = peers_[id];
  peer.fd = std::move(fd);
  peer.deadline = read_clocks().instant + parts_.silence_max;
  if (peers_.size() <= kPeersMax) return;
  say(peer, ControlRefused{Why::too_busy});
  write(peer);
  peers_.erase(id);
}

// --- one peer ------------------------------------------------------------------------------------

bool ControlSocket::hear(std::uint64_t id, Peer& peer) {
  if (peer.asking) return false;  // it hung up: nobody is left to be answered
  std::array<char, kReadBytes> buffer;
  const ssize_t bytes = ::recv(peer.fd.get(), buffer.data(), buffer.size(), 0);
  if (bytes < 0) return errno == EAGAIN || errno == EINTR;
  if (bytes == 0) return false;
  peer.in.append(buffer.data(), static_cast<std::size_t>(bytes));
  take_lines(id, peer);
  return write(peer);
}

void ControlSocket::take_lines(std::uint64_t id, Peer& peer) {
  while (!peer.asking && !peer.closing) {
    const std::size_t end = peer.in.find('\n');
    const std::size_t bytes = end == std::string::npos ? peer.in.size() : end + 1;
    const bool whole = end != std::string::npos;
    if (!whole && bytes < kControlRequestBytesMax) return;
    auto request = bytes <= kControlRequestBytesMax && whole
                       ? parse_control_request(std::string_view(peer.in).substr(0, end))
                       : std::nullopt;
    peer.in.erase(0, bytes);
    if (!request) {
      say(peer, ControlRefused{});
      peer.closing = true;
    } else {
      carry_out(id, std::move(*request));
    }
  }
}

bool ControlSocket::write(Peer& peer) {
  while (!peer.out.empty()) {
    const ssize_t bytes = ::send(peer.fd.get(), peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return errno == EAGAIN;
    peer.out.erase(0, static_cast<std::size_t>(bytes));
  }
  return !peer.closing;
}

void ControlSocket::say(Peer& peer, const ControlReply& reply) {
  peer.out.append(to_json(reply)).push_back('\n');
  peer.deadline = read_clocks().instant + parts_.silence_max;
}

// --- requests and answers ------------------------------------------------------------------------

void ControlSocket::carry_out(std::uint64_t id, ControlRequest request) {
  Peer& peer = peers_.at(id);
  if (std::holds_alternative<DescribeService>(request)) return say(peer, parts_.service);
  if (const auto refused = why_refused(request, parts_.service.domains)) return say(peer, *refused);
  peer.asking = true;
  const Ticket ticket(next_ticket_++);
  const Asked& asked = asked_.emplace(ticket, Asked{id, std::move(request)}).first->second;
  if (const std::string_view event = kEvents[asked.request.index()]; !event.empty()) {
    write_log({Log::Level::info, event, account_of(asked.request)->text(), {}});
  }
  std::visit(Overloaded{
                 [](const DescribeService&) {},
                 [&](const CreateAccount& create) { ask_store(ticket, create); },
                 [&](const SetCredentials& set) { ask_store(ticket, set); },
                 [&](const ListAccounts& list) { ask_store(ticket, list); },
                 [&](const auto& known) { ask_server(ticket, known); },
             },
             asked.request);
}

void ControlSocket::ask_store(Ticket ticket, AccountRequest request) {
  std::vector<StoreThread::Question> questions;
  questions.push_back({asker_, ticket, std::move(request)});
  parts_.store->ask(questions);
}

void ControlSocket::ask_server(Ticket ticket, AdminRequest request) {
  parts_.ask_server(std::move(request), [ticket, mailbox = mailbox_](AdminReply reply) {
    mailbox->post_one(AnswerAdmin{ticket, std::move(reply)});
  });
}

void ControlSocket::read_mail() {
  mailbox_->take(incoming_);
  for (Mail& mail : std::exchange(incoming_, {})) {
    std::visit([this](auto& answer) { take(std::move(answer)); }, mail);
  }
}

void ControlSocket::take(StoreThread::Answer answer) {
  const auto found = asked_.find(answer.ticket);
  if (found == asked_.end()) return;
  const AccountReply& outcome = std::get<AccountReply>(answer.result);
  const auto* set = std::get_if<SetCredentials>(&found->second.request);
  if (set != nullptr && std::holds_alternative<CredentialsSet>(outcome)) {
    // Whoever is logged in by the old password is to log in anew; then it is answered.
    return ask_server(answer.ticket, EndSessions{set->account});
  }
  const Asked asked = std::move(found->second);
  asked_.erase(found);
  reply(asked, told(outcome));
}

void ControlSocket::take(AnswerAdmin answer) {
  const auto found = asked_.find(answer.ticket);
  if (found == asked_.end()) return;
  const Asked asked = std::move(found->second);
  asked_.erase(found);
  reply(asked, told(answer.reply, asked.request));
}

void ControlSocket::reply(const Asked& asked, const ControlReply& reply) {
  const auto found = peers_.find(asked.peer);
  if (found == peers_.end()) return;
  Peer& peer = found->second;
  peer.asking = false;
  say(peer, reply);
  take_lines(asked.peer, peer);
  if (!write(peer)) peers_.erase(found);
}

}  // namespace muster
