// The control socket of a running server: a Unix socket, mode 0600, by which `muster` asks it what
// an operator wants (control_requests.h), a JSON line each way (control_wire.h). What is about
// accounts' credentials goes to the store; what concerns who may be logged in goes to the account's
// home shard, and so takes effect for everybody at once; what is about the cluster goes to shard 0.
//
// It has a thread of its own, which sleeps while nobody asks. One request of a peer is under way at
// a time; peers of other users than this process's own, and root, are turned away.
//
// Limits: kPeersMax peers; one more is told too_busy and closed. A peer that has begun a line, or
// has not begun one, for kSilenceMax is closed. A line beyond kControlRequestBytesMax, and one that
// is none, is told malformed and closed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "server/admin_events.h"
#include "server/ports.h"
#include "shell/control/control_requests.h"
#include "shell/fd.h"
#include "shell/mailbox.h"
#include "shell/store/store_thread.h"

namespace muster {

class ControlSocket {
 public:
  static constexpr std::size_t kPeersMax = 32;
  static constexpr Duration kSilenceMax = Duration::seconds(30);

  struct Parts {
    ServiceDescription service;
    StoreThread* store = nullptr;
    // Brings it to the shard that it is for; the answer comes on any thread.
    // ServerProcess::ask.
    std::function<void(AdminRequest, std::function<void(AdminReply)>)> ask_server;
    Duration silence_max = kSilenceMax;
  };

  // Makes the socket, in place of one that an ended server left. The error is one line for the
  // operator.
  static Result<std::unique_ptr<ControlSocket>, std::string> open(const std::string& path,
                                                                  Parts parts);
  // Peers whose requests are under way are closed unanswered.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  using Mail = std::variant<StoreThread::Answer, AnswerAdmin>;
  // The store and the shards may still answer when this is gone.
  using SharedMailbox = std::shared_ptr<Mailbox<Mail>>;

  struct Peer {
    Fd fd;
    std::string in;
    std::string out;
    bool asking = false;   // its request is under way
    bool closing = false;  // once `out` has left
    Instant deadline;
  };
  struct Asked {
    std::uint64_t peer = 0;
    ControlRequest request;
  };

  ControlSocket(std::string path, Fd listener, Parts parts);

  void run();
  void poll_once();
  void accept();
  // False if the peer is to be forgotten.
  bool hear(std::uint64_t id, Peer& peer);
  bool write(Peer& peer);
  void take_lines(std::uint64_t id, Peer& peer);
  void carry_out(std::uint64_t id, ControlRequest request);
  void ask_store(Ticket ticket, AccountRequest request);
  void ask_server(Ticket ticket, AdminRequest request);
  void read_mail();
  void take(StoreThread::Answer answer);
  void take(AnswerAdmin answer);
  void reply(const Asked& asked, const ControlReply& reply);
  void say(Peer& peer, const ControlReply& reply);

  const std::string path_;
  Fd listener_;
  Parts parts_;
  SharedMailbox mailbox_;
  AskerId asker_;
  std::map<std::uint64_t, Peer> peers_;
  std::map<Ticket, Asked> asked_;
  std::vector<Mail> incoming_;
  std::uint64_t next_peer_ = 1;
  std::uint64_t next_ticket_ = 1;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace muster
