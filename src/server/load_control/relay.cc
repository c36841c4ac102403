#include "server/load_control/relay.h"

#include <algorithm>
#include <variant>

#include "base/digest.h"
#include "base/overloaded.h"
#include "server/planted.h"

namespace muster {
namespace {

// Of a planted fault: so much is a login.
constexpr std::size_t kPlantedBytes = 1'000;

LinkId relayed(LinkId slot) {
  return {slot.slot | kRelayedSlot, slot.generation};
}
LinkId slot_of(LinkId link) {
  return {link.slot & ~kRelayedSlot, link.generation};
}

}  // namespace

// --- saying --------------------------------------------------------------------------------------

void Relay::say(std::uint64_t to, const RelaySaid& said, Outbox& out) const {
  out.emit(ShardId(), ToRelay{shard_.self, to, write_relay(said)});
}

void Relay::say_bytes(std::uint64_t to, RelaySaid said, std::uint64_t before,
                      std::string_view bytes, Outbox& out) const {
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, kRelayBytesMax);
    said.what = RelayBytes{before, some};
    say(to, said, out);
    before += some.size();
    bytes.remove_prefix(some.size());
  }
}

// --- where the link is ---------------------------------------------------------------------------

// A stream behind a barrier keeps no more than a stanza.
std::size_t Relay::window() const {
  return std::min<std::size_t>(kWindowBytes, shard_.settings.limits.stanza_bytes_max);
}

bool Relay::has_room(const Owner& owner) const {
  return owner.under_way < kOwnerWindowBytes / shard_.shards;
}

void Relay::on(Now, const RelayStream& stream, Outbox& out) {
  const std::uint64_t shard = shard_.self.number();
  const std::uint64_t number = (shard << kRelayShardShift) | next_number_++;
  Relaying& relaying = relaying_[number];
  relaying.link = stream.link;
  relaying.owner = stream.to;
  relaying.home = hash_bytes(stream.account.bare());
  numbers_.add(stream.link, number);
  const RelayOpen open{stream.account, stream.domain, stream.remote, stream.secure,
                       stream.web_socket};
  say(stream.to, {number, relaying.home, true, open}, out);
  if (!stream.unread.empty()) pass_on(number, relaying, stream.unread, out);
}

void Relay::on(Now, const BytesToRelay& came, Outbox& out) {
  const std::uint64_t* number = numbers_.find(came.link);
  if (number != nullptr) pass_on(*number, relaying_.at(*number), came.bytes, out);
}

void Relay::pass_on(std::uint64_t number, Relaying& relaying, std::string_view bytes, Outbox& out) {
  if (shard_.planted == Planted::relayed_bytes_lost && relaying.said > kPlantedBytes) return;
  Owner& owner = owners_[relaying.owner];
  if (relaying.held.empty() && has_room(owner)) {
    send_on(number, relaying, bytes, out);
  } else {
    if (relaying.held.empty()) owner.waiting.push_back(number);
    relaying.held.append(bytes);
  }
  const bool may_go_on = relaying.held.empty() && relaying.under_way < window();
  if (may_go_on || std::exchange(relaying.paused, true)) return;
  out.order(PauseReading{relaying.link});
}

void Relay::send_on(std::uint64_t number, Relaying& relaying, std::string_view bytes, Outbox& out) {
  say_bytes(relaying.owner, {number, relaying.home, true, {}}, relaying.said, bytes, out);
  relaying.said += bytes.size();
  relaying.under_way += bytes.size();
  owners_[relaying.owner].under_way += bytes.size();
}

// There is room on the way to the owner: for who waits longest first.
void Relay::took(std::uint64_t to, std::size_t bytes, Outbox& out) {
  const auto known = owners_.find(to);
  if (known == owners_.end()) return;
  Owner& owner = known->second;
  owner.under_way -= std::min(owner.under_way, bytes);
  while (!owner.waiting.empty() && has_room(owner)) {
    const auto next = relaying_.find(owner.waiting.front());
    owner.waiting.pop_front();
    if (next == relaying_.end() || next->second.held.empty()) continue;
    auto& [number, relaying] = *next;
    send_on(number, relaying, std::exchange(relaying.held, {}), out);
    relaying.link.valid() ? go_on(relaying, out) : say_ended(number, relaying, out);
  }
  if (owner.under_way == 0 && owner.waiting.empty()) owners_.erase(known);
}

// Its client is read again, if it may be.
void Relay::go_on(Relaying& relaying, Outbox& out) const {
  const bool may = relaying.held.empty() && relaying.under_way <= window() / 2;
  if (may && std::exchange(relaying.paused, false)) out.order(ResumeReading{relaying.link});
}

// What is held goes before.
void Relay::on(Now, const RelayedStreamEnded& ended, Outbox& out) {
  const std::uint64_t* known = numbers_.find(ended.link);
  if (known == nullptr) return;
  const std::uint64_t number = *known;
  Relaying& relaying = relaying_.at(number);
  unlink(relaying);
  if (relaying.held.empty()) say_ended(number, relaying, out);
}

void Relay::say_ended(std::uint64_t number, const Relaying& relaying, Outbox& out) const {
  say(relaying.owner, {number, relaying.home, true, RelayEnded{}}, out);
}

void Relay::unlink(Relaying& relaying) {
  numbers_.erase(relaying.link);
  relaying.link = {};
}

// It is of no use any more, to the owner neither.
void Relay::lose_here(Relaying& relaying, Outbox& out) {
  out.emit(EndRelayedStream{relaying.link, true});
  unlink(relaying);
  relaying.held.clear();
}

void Relay::hear_from_owner(std::uint64_t by, const RelaySaid& said, Outbox& out) {
  const auto known = relaying_.find(said.number);
  const bool has_ended = std::holds_alternative<RelayEnded>(said.what);
  if (known == relaying_.end() || known->second.owner != by) {
    if (!has_ended) say(by, {said.number, said.home, true, RelayEnded{}}, out);
    return;
  }
  Relaying& relaying = known->second;
  const bool is_here = relaying.link.valid();
  if (const auto* taken = std::get_if<RelayTaken>(&said.what)) {
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(relaying.under_way, taken->bytes));
    relaying.under_way -= bytes;
    if (is_here) go_on(relaying, out);
    took(by, bytes, out);
  } else if (has_ended) {
    // If it had not begun, its last words were not heard either.
    if (is_here) {
      out.emit(EndRelayedStream{relaying.link, relaying.heard == 0});
      unlink(relaying);
    }
    const std::size_t under_way = relaying.under_way;
    relaying_.erase(known);
    took(by, under_way, out);
  } else if (const auto* one = std::get_if<RelayBytes>(&said.what); one != nullptr && is_here) {
    if (one->before != relaying.heard) {
      lose_here(relaying, out);
      return say_ended(said.number, relaying, out);
    }
    if (relaying.heard == 0) out.emit(RelayedStreamBegun{relaying.link});
    relaying.heard += one->bytes.size();
    out.order(SendBytes{relaying.link, std::string(one->bytes)});
  }
}

// --- where the user is ---------------------------------------------------------------------------

Relay::Served* Relay::served_on(LinkId link) {
  return is_relayed(link) ? served_.find(slot_of(link)) : nullptr;
}

void Relay::open(std::uint64_t by, const RelaySaid& said, const RelayOpen& opened, Outbox& out) {
  const StreamNumber stream(by, said.number);
  const bool is_ours = shard_.home_of(opened.account) == shard_.self &&
                       said.home == hash_bytes(opened.account.bare()) &&
                       shard_.settings.serves(opened.account.domain()) &&
                       shard_.settings.serves(opened.domain);
  if (!is_ours || served_by_stream_.contains(stream)) {
    return say(by, {said.number, said.home, false, RelayEnded{}}, out);
  }
  const auto [slot, served] = served_.emplace();
  const LinkId link = relayed(slot);
  served->stream = stream;
  served->home = said.home;
  served_by_stream_.emplace(stream, link);
  out.emit(RelayedStreamCame{link, opened.account, opened.domain, opened.remote, opened.secure,
                             opened.web_socket});
}

void Relay::hear_as_owner(std::uint64_t by, const RelaySaid& said, Outbox& out) {
  if (const auto* opened = std::get_if<RelayOpen>(&said.what)) return open(by, said, *opened, out);
  const auto known = served_by_stream_.find({by, said.number});
  const LinkId link = known == served_by_stream_.end() ? LinkId() : known->second;
  Served* served = served_on(link);
  const auto* one = std::get_if<RelayBytes>(&said.what);
  if (served == nullptr || one == nullptr || one->before != served->heard) {
    if (served != nullptr) lose(link, out);
    return say(by, {said.number, said.home, false, RelayEnded{}}, out);
  }
  served->heard += one->bytes.size();
  served->taken += one->bytes.size();
  touch(link, *served);
  out.emit(RelayedBytes{link, one->bytes});
}

// Each time: what is not told is missing in the window that all streams of this owner share.
void Relay::tell_taken(Served& served, Outbox& out) const {
  const std::uint64_t taken = std::exchange(served.taken, 0);
  if (taken == 0) return;
  say(served.stream.first, {served.stream.second, served.home, false, RelayTaken{taken}}, out);
}

void Relay::forget_served(LinkId link) {
  forgot_ = true;
  served_by_stream_.erase(served_on(link)->stream);
  served_.erase(slot_of(link));
}

void Relay::lose(LinkId link, Outbox& out) {
  forget_served(link);
  out.emit(RelayedLinkClosed{link});
}

// --- what a step orders --------------------------------------------------------------------------

void Relay::take_orders(Outbox& out) {
  if (!std::exchange(forgot_, false) && served_.empty()) return;
  for (Order& order : std::exchange(out.orders(), {})) {
    if (!take(order, out)) out.order(std::move(order));
  }
  for (const LinkId link : std::exchange(dirty_, {})) {
    Served* served = served_on(link);
    if (served != nullptr) flush(*served, out);
  }
}

// False: it is the driver's. One whose stream has ended is nobody's.
bool Relay::take(Order& order, Outbox& out) {
  if (auto* fan_out = std::get_if<FanOut>(&order)) {
    take_fan_out(*fan_out);
    return fan_out->recipients.empty();
  }
  if (const auto* send = std::get_if<SendBytes>(&order)) {
    if (!is_relayed(send->link)) return false;
    say_on(send->link, {send->bytes});
    return true;
  }
  const auto is_of = [&]<class O>(const O* one) { return one != nullptr && is_relayed(one->link); };
  if (const auto* pause = std::get_if<PauseReading>(&order); is_of(pause)) {
    if (Served* served = served_on(pause->link)) served->paused = true;
    return true;
  }
  if (const auto* resume = std::get_if<ResumeReading>(&order); is_of(resume)) {
    Served* served = served_on(resume->link);
    if (served == nullptr) return true;
    served->paused = false;
    tell_taken(*served, out);
    return true;
  }
  if (const auto* close = std::get_if<CloseLink>(&order); is_of(close)) {
    Served* served = served_on(close->link);
    if (served == nullptr) return true;
    flush(*served, out);
    const auto [to, number] = served->stream;
    say(to, {number, served->home, false, RelayEnded{}}, out);
    forget_served(close->link);
    return true;
  }
  return false;
}

void Relay::take_fan_out(FanOut& fan_out) {
  std::erase_if(fan_out.recipients, [&](const FanOut::Recipient& to) {
    if (!is_relayed(to.link)) return false;
    const std::string_view hole =
        std::string_view(fan_out.holes).substr(to.hole_begin, to.hole_bytes);
    say_on(to.link, {*fan_out.before, hole, *fan_out.after});
    return true;
  });
}

void Relay::say_on(LinkId link, std::initializer_list<std::string_view> texts) {
  Served* served = served_on(link);
  if (served == nullptr) return;
  for (const std::string_view text : texts)
    served->said.append(text);
  touch(link, *served);
}

// What is to be said of it leaves at the end of the step.
void Relay::touch(LinkId link, Served& served) {
  if (!std::exchange(served.is_dirty, true)) dirty_.push_back(link);
}

void Relay::flush(Served& served, Outbox& out) const {
  served.is_dirty = false;
  const auto [to, number] = served.stream;
  const std::string said = std::exchange(served.said, {});
  say_bytes(to, {number, served.home, false, {}}, served.said_before, said, out);
  served.said_before += said.size();
  if (!served.paused) tell_taken(served, out);
}

// --- what comes, and what comes back -------------------------------------------------------------

void Relay::on(Now now, const FromRelay& from, Outbox& out) {
  const std::optional<RelaySaid> said = read_relay(from.said);
  if (!said) return;
  if (from.why != FromRelay::Why::came) return came_back(now, from, *said, out);
  if (said->to_owner) {
    hear_as_owner(from.by, *said, out);
  } else {
    hear_from_owner(from.by, *said, out);
  }
}

// The stream has a gap, and ends. Where there is no link it is lost at the other end too.
void Relay::came_back(Now now, const FromRelay& from, const RelaySaid& said, Outbox& out) {
  const bool is_stream_lost =
      std::holds_alternative<RelayOpen>(said.what) || std::holds_alternative<RelayBytes>(said.what);
  const bool is_linked = from.why != FromRelay::Why::no_link;
  bool is_to_be_told = !is_stream_lost;
  if (is_stream_lost && said.to_owner) {
    const auto known = relaying_.find(said.number);
    if (known == relaying_.end()) return;
    is_to_be_told = known->second.link.valid() || !known->second.held.empty();
    if (known->second.link.valid()) lose_here(known->second, out);
    known->second.held.clear();
    if (!is_linked) forget(known);
  } else if (is_stream_lost) {
    const auto known = served_by_stream_.find({from.by, said.number});
    is_to_be_told = known != served_by_stream_.end();
    if (is_to_be_told) lose(known->second, out);
  }
  if (!is_linked || !is_to_be_told) return;
  again_.emplace_back(
      from.by, is_stream_lost ? write_relay({said.number, said.home, said.to_owner, RelayEnded{}})
                              : from.said);
  if (!again_at_) again_at_ = now.instant + kAgainAfter;
}

// There never was a way to its owner: nobody waits for it.
void Relay::forget(Relayings::iterator known) {
  const auto owner = owners_.find(known->second.owner);
  if (owner != owners_.end()) {
    owner->second.under_way -= known->second.under_way;
    if (owner->second.under_way == 0 && owner->second.waiting.empty()) owners_.erase(owner);
  }
  relaying_.erase(known);
}

void Relay::on(Now, const ServerDown& down, Outbox& out) {
  owners_.erase(down.server);
  for (auto next = relaying_.begin(); next != relaying_.end();) {
    const auto known = next++;
    if (known->second.owner != down.server) continue;
    if (known->second.link.valid()) lose_here(known->second, out);
    relaying_.erase(known);
  }
  served_.for_each([&](LinkId slot, const Served& served) {
    if (served.stream.first == down.server) lose(relayed(slot), out);
  });
  std::erase_if(again_, [&](const auto& one) { return one.first == down.server; });
}

void Relay::wake(Now now, Outbox& out) {
  if (!again_at_ || *again_at_ > now.instant) return;
  again_at_.reset();
  for (auto& [to, said] : std::exchange(again_, {}))
    out.emit(ShardId(), ToRelay{shard_.self, to, std::move(said)});
}

}  // namespace muster
