// The client transactions of one shard: requests of ours, none an INVITE, that wait for their
// answer. RFC 3261 section 17.1.2.
//
// A request is `connecting` while a link for it is being opened, then `trying`; `proceeding` once
// a provisional answer came. Its final answer ends it at once: what `Completed` would absorb until
// Timer K matches nothing then, and is dropped just so (RFC 6026 section 8.9).
//
// Timers: over UDP one, E, until F comes first; over streams, where only F counts, a look each T2,
// so that what is long answered is not kept in mind for 32 seconds.
//
// Limit: Limits::sip_calls_per_shard_max; who opens them asks has_room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/slot_table.h"
#include "base/time.h"
#include "base/unordered.h"
#include "codec/sip/methods.h"
#include "server/sip_events.h"
#include "server/sip_message/timers.h"
#include "server/sip_names.h"
#include "server/vocabulary.h"

namespace muster {

struct ClientTransaction {
  enum class State : std::uint8_t { connecting, trying, proceeding };

  // The whole of a request but its body; of one that was sent on a stream, only what its answer
  // must repeat.
  TextPart head;
  SharedText body;
  std::uint64_t asker = 0;
  Flow flow;
  Instant ends;   // Timer F
  Instant again;  // Timer E; `ends` or later if there is none
  Instant look;   // when to look at either, or on the way there
  // Its neighbours among those on the same link.
  SipCallId previous;
  SipCallId next;
  // Where in `head`, and how long: "SIP/2.0/UDP 192.0.2.1:5060" and the branch without its cookie.
  std::uint32_t via_at = 0;
  std::uint32_t via_bytes = 0;
  std::uint32_t branch_at = 0;
  std::uint32_t branch_bytes = 0;
  sip::Method method = sip::Method::notify;
  State state = State::trying;
  std::uint8_t step = 0;  // of Timer E

  std::string_view via() const { return head.view().substr(via_at, via_bytes); }
  std::string_view branch() const { return head.view().substr(branch_at, branch_bytes); }
  std::size_t bytes() const { return head.size() + (body == nullptr ? 0 : body->size()); }
};

class ClientTransactions {
 public:
  explicit ClientTransactions(std::size_t max) : max_(max) {}

  bool has_room() const { return table_.size() < max_; }
  // There must be room. The transaction still needs its head; then sent_* or connecting.
  std::pair<SipCallId, ClientTransaction*> open(Now now);
  ClientTransaction* find(SipCallId id) { return table_.find(id); }
  // By the branch of an answer, as read_sip_name reads it.
  ClientTransaction* find(const SipName& name, std::string_view branch);
  void forget(SipCallId id);

  // It leaves for the first time: over UDP, or on the link of its flow.
  void sent_over_udp(Now now, SipCallId id, ClientTransaction& transaction);
  void sent_on_link(Now now, SipCallId id, ClientTransaction& transaction);
  // It waits for a link.
  void connecting(Now now, SipCallId id, ClientTransaction& transaction);

  // The first of those that were sent on a link; the others by ClientTransaction::next.
  SipCallId first_on(const FlowLost& lost) const;

  // What the timers ask for, one at a time.
  struct Due {
    enum class What : std::uint8_t { send_again, gave_up };
    What what = What::gave_up;
    SipCallId id;  // there: of one that gave_up, to be forgotten
  };
  std::optional<Due> take_due(Now now);
  std::optional<Instant> next_deadline() const;

  std::size_t size() const { return table_.size(); }

 private:
  struct LinkOfShard {
    std::uint64_t through = 0;
    ShardId shard;
    LinkId link;
    friend bool operator==(const LinkOfShard&, const LinkOfShard&) = default;
  };
  struct HashLink {
    std::size_t operator()(const LinkOfShard& of) const noexcept {
      return std::hash<std::uint64_t>{}((of.link.number() + of.through) * 256 + of.shard.number());
    }
  };

  static LinkOfShard link_of(const ClientTransaction& transaction) {
    return {transaction.flow.through, transaction.flow.shard, transaction.flow.link};
  }
  void leave_link(const ClientTransaction& transaction);
  void look_later(Now now, SipCallId id, ClientTransaction& transaction);
  std::optional<Due> look_at(Now now, SipCallId id);

  std::size_t max_;
  SlotTable<ClientTransaction, SipCallTag> table_;
  UnorderedMap<LinkOfShard, SipCallId, HashLink> on_link_;
  BackoffTimers<SipCallId> timers_;
};

}  // namespace muster
