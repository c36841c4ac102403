// The names that events and ports share: what a link, a flow, a session, a watch is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "model/endpoint.h"

namespace muster {

// A core of this server, with its thread. Shard 0 also seats what a server has one of.
using ShardId = Id<struct ShardTag, std::uint8_t>;

// A transport connection. It belongs to the shard that has its socket; another shard that means it
// must name that shard too (Flow).
using LinkId = SlotId<struct LinkTag>;

// A link that another server has, and relays (load_control/relay.h): the driver knows of none.
inline constexpr std::uint32_t kRelayedSlot = std::uint32_t{1} << 31;
constexpr bool is_relayed(LinkId link) {
  return (link.slot & kRelayedSlot) != 0;
}

// Ties an answer from outside to the question: drawn by who asks, handed back as it was.
using Ticket = Id<struct TicketTag, std::uint64_t>;

// A bound XMPP resource, on the home shard of its user. It may outlive its link.
using SessionId = SlotId<struct SessionTag>;

// A SIP request that awaits our answer (a server transaction), on the shard that processes it.
using SipRequestId = SlotId<struct SipRequestTag>;

// A SIP request of ours that awaits its answer (a client transaction).
using SipCallId = SlotId<struct SipCallTag>;

// A SIP subscription that a watcher holds with us, on the home shard of the watcher.
struct WatchId {
  ShardId shard;
  SlotId<struct WatchTag> slot;
  friend constexpr auto operator<=>(const WatchId&, const WatchId&) = default;
};

// How to reach a peer. For UDP the two endpoints say it all, and any shard may send; for streams
// it is a link, and the link's shard sends. All of it is what it is at the server that has it.
struct Flow {
  Transport transport = Transport::udp;
  ShardId shard;
  LinkId link;
  Endpoint local;
  Endpoint remote;
  std::uint64_t through =
      0;  // the server that has it, and passes on (its incarnation); 0: this one
  friend constexpr auto operator<=>(const Flow&, const Flow&) = default;
};

// Text that many hold and nobody changes.
using SharedText = std::shared_ptr<const std::string>;
inline SharedText share(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// A part of a shared text: what differs for each recipient of a fan-out is written one behind the
// other into one text, so that a part costs no memory of its own. It holds the whole.
class TextPart {
 public:
  TextPart() = default;
  TextPart(const char* text) : TextPart(std::string(text)) {}
  TextPart(std::string text)
      : bytes_(static_cast<std::uint32_t>(text.size())), whole_(share(std::move(text))) {}

  std::string_view view() const {
    return whole_ == nullptr ? std::string_view()
                             : std::string_view(*whole_).substr(begin_, bytes_);
  }
  operator std::string_view() const { return view(); }
  std::size_t size() const { return bytes_; }

 private:
  friend class TextParts;
  std::uint32_t begin_ = 0;
  std::uint32_t bytes_ = 0;
  SharedText whole_;
};

// Writes parts: append to text(), then take what was appended.
class TextParts {
 public:
  // A part that lives long keeps its neighbours, so a text is not much longer than this.
  static constexpr std::size_t kTextBytes = 8 * 1024;

  // `bytes` is about what all parts will have.
  explicit TextParts(std::size_t bytes) : expected_(bytes) {}

  std::string& text() {
    if (text_ == nullptr || begin_ >= kTextBytes) begin_text();
    return *text_;
  }
  // Where in text() the next part begins.
  std::size_t begin() const { return begin_; }
  TextPart take() {
    TextPart part;
    part.begin_ = static_cast<std::uint32_t>(begin_);
    part.bytes_ = static_cast<std::uint32_t>(text_->size() - begin_);
    part.whole_ = text_;
    begin_ = text_->size();
    return part;
  }

 private:
  void begin_text();

  std::size_t expected_;
  std::shared_ptr<std::string> text_;
  std::size_t begin_ = 0;
};

}  // namespace muster
