#include "server/xmpp_presence/managed_stream.h"

#include <algorithm>
#include <utility>

#include "server/xmpp_presence/stanza_count.h"

namespace muster {
namespace {

// Room for this many is kept when all is acknowledged.
constexpr std::size_t kRoomKept = 8;

}  // namespace

std::size_t Unacknowledged::own_bytes() const {
  const bool shared = after != nullptr && bytes <= kSharedBytesMax;
  return sizeof(Unacknowledged) + (shared ? bytes / kSharedPart : bytes) +
         (transit == nullptr ? 0 : sizeof(InTransit));
}

void ManagedStream::keep(Unacknowledged stanza) {
  ++sent_;
  bytes_ += stanza.bytes;
  own_bytes_ += stanza.own_bytes();
  unasked_bytes_ += stanza.bytes;
  if (stanza.transit != nullptr) {
    ++stanza.transit->holders;
    somebody_waits_ = true;
  }
  unacknowledged_.push_back(std::move(stanza));
}

std::uint32_t ManagedStream::note_unstored() {
  unstored_.push_back(handled_);
  return handled_;
}

// Mostly the first: what there is no room for in the store's queue is answered before what waits.
void ManagedStream::note_stored(std::uint32_t stanza) {
  const auto first = unstored_.begin() + static_cast<std::ptrdiff_t>(settled_);
  const auto found = std::find(first, unstored_.end(), stanza);
  if (found == unstored_.end()) return;
  if (found != first) {
    unstored_.erase(found);
  } else if (2 * ++settled_ >= unstored_.size()) {
    unstored_.erase(unstored_.begin(), found + 1);
    settled_ = 0;
  }
}

std::uint32_t ManagedStream::safe() const {
  return settled_ == unstored_.size() ? handled_ : unstored_[settled_] - 1;
}

void ManagedStream::note_told_all() {
  unstored_.clear();
  settled_ = 0;
  owes_ack = false;
}

bool ManagedStream::acknowledge(std::uint32_t handled) {
  const auto waiting = static_cast<std::uint32_t>(unacknowledged_.size());
  const auto done = newly_handled(sent_, waiting, handled);
  if (!done) return false;
  awaits_ack_ = false;
  for (std::uint32_t i = 0; i < *done; ++i) {
    const Unacknowledged& stanza = unacknowledged_[i];
    bytes_ -= stanza.bytes;
    own_bytes_ -= stanza.own_bytes();
    if (stanza.transit == nullptr) continue;
    stanza.transit->handled = true;
    --stanza.transit->holders;
  }
  unacknowledged_.erase(unacknowledged_.begin(), unacknowledged_.begin() + *done);
  if (unacknowledged_.empty() && unacknowledged_.capacity() > kRoomKept) {
    unacknowledged_ = std::vector<Unacknowledged>();
  }
  return true;
}

void ManagedStream::note_asked() {
  asked_ = sent_;
  unasked_bytes_ = 0;
  somebody_waits_ = false;
  awaits_ack_ = true;
}

void EndedStreams::add(const Address& account, std::string id, std::uint32_t handled) {
  Ended ended{account, std::move(id), handled};
  if (ended_.size() < kKept) {
    ended_.push_back(std::move(ended));
  } else {
    ended_[next_] = std::move(ended);
    next_ = (next_ + 1) % kKept;
  }
}

std::optional<std::uint32_t> EndedStreams::find(const Address& account, std::string_view id) const {
  for (const Ended& ended : ended_) {
    if (ended.id == id && ended.account == account) return ended.handled;
  }
  return std::nullopt;
}

}  // namespace muster
