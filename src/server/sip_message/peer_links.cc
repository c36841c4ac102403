#include "server/sip_message/peer_links.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace muster {

std::size_t PeerLinks::HashPeer::operator()(const Peer& peer) const noexcept {
  std::array<char, sizeof peer.remote.ip.bytes> ip{};
  std::copy(peer.remote.ip.bytes.begin(), peer.remote.ip.bytes.end(), ip.begin());
  const auto seed =
      std::uint64_t{peer.remote.port} << 8 | static_cast<std::uint8_t>(peer.transport);
  return hash_bytes(std::string_view(ip.data(), ip.size()), seed);
}

PeerLinks::State PeerLinks::state_of(const Peer& peer) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return peers_.size() < max_ ? State::unknown : State::too_many;
  const Known& known = found->second;
  if (known.link.valid()) return State::open;
  if (const Opening* opening = openings_.find(known.opening)) {
    return opening->late ? State::late : State::opening;
  }
  return State::refused;
}

LinkId PeerLinks::link_to(const Peer& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? LinkId() : found->second.link;
}

Ticket PeerLinks::begin(Now now, const Peer& peer) {
  MUSTER_CHECK(state_of(peer) == State::unknown);
  const auto [id, opening] = openings_.emplace();
  opening->peer = peer;
  peers_.emplace(peer, Known{{}, id});
  late_.add(now.instant, id);
  return Ticket(id.number());
}

void PeerLinks::wait(const Peer& peer, Waiting waiting) {
  const auto found = peers_.find(peer);
  MUSTER_CHECK(found != peers_.end());
  Opening* opening = openings_.find(found->second.opening);
  MUSTER_CHECK(opening != nullptr);
  opening->waiting.push_back(std::move(waiting));
}

std::optional<PeerLinks::Opened> PeerLinks::opened(Ticket ticket, LinkId link) {
  const OpeningId id = OpeningId::from_number(ticket.number());
  Opening* opening = openings_.find(id);
  if (opening == nullptr) return std::nullopt;
  Opened opened{opening->peer, std::move(opening->waiting)};
  peers_[opened.peer] = {link, {}};
  openings_.erase(id);
  return opened;
}

std::optional<PeerLinks::Opened> PeerLinks::failed(Now now, Ticket ticket) {
  const OpeningId id = OpeningId::from_number(ticket.number());
  Opening* opening = openings_.find(id);
  if (opening == nullptr) return std::nullopt;
  Opened failed{opening->peer, std::move(opening->waiting)};
  peers_[failed.peer] = {};
  refused_.add(now.instant, failed.peer);
  openings_.erase(id);
  return failed;
}

void PeerLinks::lost(LinkId link, const Peer& peer) {
  const auto found = peers_.find(peer);
  if (found != peers_.end() && found->second.link == link) peers_.erase(found);
}

std::optional<PeerLinks::Opened> PeerLinks::take_late(Now now) {
  while (const auto id = late_.take_due(now.instant)) {
    Opening* opening = openings_.find(*id);
    if (opening == nullptr) continue;
    opening->late = true;
    return Opened{opening->peer, std::exchange(opening->waiting, {})};
  }
  return std::nullopt;
}

void PeerLinks::forget_refusals(Now now) {
  while (const auto peer = refused_.take_due(now.instant)) {
    if (state_of(*peer) == State::refused) peers_.erase(*peer);
  }
}

std::optional<Instant> PeerLinks::next_deadline() const {
  const auto late = late_.next();
  const auto refused = refused_.next();
  return late && refused ? std::min(late, refused) : late ? late : refused;
}

}  // namespace muster
