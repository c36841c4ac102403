// The links that this shard opened itself, by whom they lead to, and what waits for one to open:
// requests too large for UDP (RFC 3261 section 18.1.1), requests whose flow names a stream and no
// link, answers whose own link is gone (section 18.2.2). A link that is open is used again.
//
// A peer that does not take TCP is not asked again for kPeerRefusedFor. Who waits longer than
// kLinkOpenTimeMax, and may go by UDP, does.
//
// Limit: Limits::sip_peers_per_shard_max peers are known, open or refused; of a further one, as if
// it had refused.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "base/unordered.h"
#include "server/ports.h"
#include "server/sip_message/timers.h"
#include "server/vocabulary.h"

namespace muster {

struct Peer {
  Transport transport = Transport::tcp;
  Endpoint remote;
  friend bool operator==(const Peer&, const Peer&) = default;
};

class PeerLinks {
 public:
  static constexpr Duration kLinkOpenTimeMax = Duration::seconds(2);
  static constexpr Duration kPeerRefusedFor = Duration::minutes(10);

  // What waits: a request of ours, or the bytes of an answer.
  using Waiting = std::variant<SipCallId, std::string>;

  explicit PeerLinks(std::size_t max) : max_(max) {}

  enum class State : std::uint8_t {
    unknown,  // to be opened: begin()
    opening,  // wait()
    late,     // it is being opened, for too long
    open,     // link_to()
    refused,
    too_many,  // the limit
  };
  State state_of(const Peer& peer) const;
  LinkId link_to(const Peer& peer) const;

  // The ticket to order a link with.
  Ticket begin(Now now, const Peer& peer);
  void wait(const Peer& peer, Waiting waiting);

  // What waited, in its order; nothing if that ticket was never given out, or answered already.
  struct Opened {
    Peer peer;
    std::vector<Waiting> waited;
  };
  std::optional<Opened> opened(Ticket ticket, LinkId link);
  std::optional<Opened> failed(Now now, Ticket ticket);
  void lost(LinkId link, const Peer& peer);

  // What waited too long for one link, and is to go another way if it has one; what has none is to
  // wait() again.
  std::optional<Opened> take_late(Now now);
  // Forgets refusals that are old.
  void forget_refusals(Now now);
  std::optional<Instant> next_deadline() const;

  std::size_t openings() const { return openings_.size(); }
  std::size_t known() const { return peers_.size(); }

 private:
  struct Opening {
    Peer peer;
    std::vector<Waiting> waiting;
    bool late = false;
  };
  struct OpeningTag;
  using OpeningId = SlotId<OpeningTag>;
  struct Known {
    LinkId link;        // open
    OpeningId opening;  // being opened; neither: refused
  };
  struct HashPeer {
    std::size_t operator()(const Peer& peer) const noexcept;
  };

  std::size_t max_;
  UnorderedMap<Peer, Known, HashPeer> peers_;
  SlotTable<Opening, OpeningTag> openings_;
  TimerQueue<OpeningId> late_{kLinkOpenTimeMax};
  TimerQueue<Peer> refused_{kPeerRefusedFor};
};

}  // namespace muster
