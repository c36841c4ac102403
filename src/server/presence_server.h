// One shard of one presence server: the seven modules of the paper's figure 3, and the carrying of
// values between them. It decides nothing of a protocol: it knows which module accepts which type.
//
// A machine (design, "everything comes through the door"): one entry, step; one question,
// next_deadline. It holds no clock, no socket and no thread.
//
// Checked: an input of which kRunaway events come is a bug, and stops the process.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <variant>

#include "server/conversion/conversion.h"
#include "server/load_control/load_control.h"
#include "server/outbox.h"
#include "server/ports.h"
#include "server/presence_db/presence_db.h"
#include "server/shard.h"
#include "server/sip_message/sip_messages.h"
#include "server/sip_presence/sip_presence.h"
#include "server/xmpp_presence/xmpp_presence.h"
#include "server/xmpp_stream/xmpp_streams.h"

namespace muster {

class PresenceServer {
 public:
  static constexpr std::size_t kRunaway = 1'000'000;

  // A fault is planted by the simulator alone (server/planted.h).
  PresenceServer(ShardId self, std::uint8_t shards, const Settings& settings, Prng prng,
                 Planted planted = {});
  PresenceServer(ShardId self, std::uint8_t shards, const Settings& settings,
                 const Prng::Seed& seed)
      : PresenceServer(self, shards, settings, Prng(seed)) {}

  // Orders are left in `outbox().orders()`, in the order in which they must happen.
  void step(Now now, const Input& input);
  std::optional<Instant> next_deadline() const;
  Outbox& outbox() { return out_; }
  // Nobody is served, nobody waits for an answer, and no lease is held.
  bool idle() const;
  // Nobody is served, and nobody waits for an answer.
  bool serves_nobody() const;
  // On shard 0 of one of many, what it knows of the load of all; else null.
  const cluster::Picture* picture() const { return load_control_.picture(); }
  const SipCounters& sip_counters() const { return sip_messages_.counters(); }
  // Who is held for somebody, or matters to the cluster.
  std::size_t users_known() const { return presence_db_.users() + load_control_.users(); }

 private:
  using OfServers = std::variant<FromServer, ConcernsCame, ServerUp, ServerSaidAll, ServerGone,
                                 FromRelay, ServerDown>;

  void accept(Now now, const Input& input);
  void open_link(Now now, const LinkOpened& opened);
  void carry_all(Now now, std::size_t& carried);
  void carry(Now now, const Event& event);
  void take_of_servers(Now now, std::size_t& carried);
  void take(Now now, const OfServers& happened);
  template <class E>
  void deliver(Now now, const E& happened);
  void end(Now now);
  bool is_xmpp(LinkId link) const { return xmpp_streams_.has(link); }

  Shard shard_;
  Outbox out_;
  XmppStreams xmpp_streams_;
  XmppPresence xmpp_presence_;
  SipMessages sip_messages_;
  SipPresence sip_presence_;
  PresenceDb presence_db_;
  Conversion conversion_;
  LoadControl load_control_;
  // Of other servers, and to be dealt with in their order, as if each came in a step of its own:
  // what comes of one may take more events than what comes of the next.
  std::deque<OfServers> of_servers_;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace muster
