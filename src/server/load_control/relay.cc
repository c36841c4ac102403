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

void Relay::say_bytes(std::uint64_t to, RelaySaid said, std::string_view bytes, Outbox& out) const {
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, kRelayBytesMax);
    bytes.remove_prefix(some.size());
    said.what = RelayBytes{some};
    say(to, said, out);
  }
}

// --- where the link is ---------------------------------------------------------------------------

void Relay::on(Now, const RelayStream& stream, Outbox& out) {
  const std::uint64_t shard = shard_.self.number();
  Relaying relaying;
  relaying.owner = stream.to;
  relaying.number = (shard << kRelayShardShift) | next_number_++;
  relaying.home = hash_bytes(stream.account.bare());
  relaying_.add(stream.link, relaying);
  links_by_number_.emplace(relaying.number, stream.link);
  const RelayOpen open{stream.account, stream.domain, stream.remote, stream.secure};
  say(stream.to, {relaying.number, relaying.home, true, open}, out);
}

void Relay::on(Now, const BytesToRelay& came, Outbox& out) {
  Relaying* relaying = relaying_.find(came.link);
  if (relaying == nullptr) return;
  if (shard_.planted == Planted::relayed_bytes_lost && relaying->under_way > kPlantedBytes) return;
  Owner& owner = owners_[relaying->owner];
  const bool is_full = owner.under_way >= kOwnerWindowBytes / shard_.shards;
  if (is_full || !relaying->held.empty()) {
    if (relaying->held.empty()) owner.waiting.push_back(came.link);
    relaying->held.append(came.bytes);
  } else {
    send_on(*relaying, came.bytes, out);
  }
  const bool may_go_on = relaying->held.empty() && relaying->under_way < kWindowBytes;
  if (may_go_on || std::exchange(relaying->paused, true)) return;
  out.order(PauseReading{came.link});
}

void Relay::send_on(Relaying& relaying, std::string_view bytes, Outbox& out) {
  say_bytes(relaying.owner, {relaying.number, relaying.home, true, {}}, bytes, out);
  relaying.under_way += bytes.size();
  owners_[relaying.owner].under_way += bytes.size();
}

// There is room on the way to the owner: for who waits longest first.
void Relay::took(std::uint64_t to, std::size_t bytes, Outbox& out) {
  const auto known = owners_.find(to);
  if (known == owners_.end()) return;
  Owner& owner = known->second;
  owner.under_way -= std::min(owner.under_way, bytes);
  while (!owner.waiting.empty() && owner.under_way < kOwnerWindowBytes / shard_.shards) {
    const LinkId link = owner.waiting.front();
    owner.waiting.pop_front();
    Relaying* relaying = relaying_.find(link);
    if (relaying == nullptr || relaying->held.empty()) continue;
    send_on(*relaying, std::exchange(relaying->held, {}), out);
    go_on(link, *relaying, out);
  }
  if (owner.under_way == 0 && owner.waiting.empty()) owners_.erase(known);
}

// Its client is read again, if it may be.
void Relay::go_on(LinkId link, Relaying& relaying, Outbox& out) {
  const bool may = relaying.held.empty() && relaying.under_way <= kWindowBytes / 2;
  if (may && std::exchange(relaying.paused, false)) out.order(ResumeReading{link});
}

void Relay::on(Now, const RelayedStreamEnded& ended, Outbox& out) {
  const Relaying* relaying = relaying_.find(ended.link);
  if (relaying == nullptr) return;
  // What it had sent before is its last words.
  say_bytes(relaying->owner, {relaying->number, relaying->home, true, {}}, relaying->held, out);
  say(relaying->owner, {relaying->number, relaying->home, true, RelayEnded{}}, out);
  forget(ended.link, out);
}

// What was under way of it the owner takes no more, or does not say so.
void Relay::forget(LinkId link, Outbox& out) {
  const Relaying relaying = std::move(*relaying_.find(link));
  links_by_number_.erase(relaying.number);
  relaying_.erase(link);
  took(relaying.owner, relaying.under_way, out);
}

void Relay::end_here(LinkId link, bool lost, Outbox& out) {
  forget(link, out);
  out.emit(EndRelayedStream{link, lost});
}

void Relay::hear_from_owner(std::uint64_t by, const RelaySaid& said, Outbox& out) {
  const auto known = links_by_number_.find(said.number);
  const LinkId link = known == links_by_number_.end() ? LinkId() : known->second;
  Relaying* relaying = relaying_.find(link);
  if (relaying == nullptr || relaying->owner != by) {
    const bool ended = std::holds_alternative<RelayEnded>(said.what);
    if (!ended) say(by, {said.number, said.home, true, RelayEnded{}}, out);
    return;
  }
  std::visit(Overloaded{
                 [](const RelayOpen&) {},
                 [&](const RelayBytes& one) {
                   if (!std::exchange(relaying->begun, true)) out.emit(RelayedStreamBegun{link});
                   out.order(SendBytes{link, std::string(one.bytes)});
                 },
                 [&](const RelayTaken& taken) {
                   const auto bytes = static_cast<std::size_t>(
                       std::min<std::uint64_t>(relaying->under_way, taken.bytes));
                   relaying->under_way -= bytes;
                   go_on(link, *relaying, out);
                   took(by, bytes, out);
                 },
                 [&](const RelayEnded&) { end_here(link, false, out); },
             },
             said.what);
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
  const bool is_full = served_.size() >= shard_.settings.limits.streams_per_shard_max;
  if (!is_ours || is_full || served_by_stream_.contains(stream)) {
    return say(by, {said.number, said.home, false, RelayEnded{}}, out);
  }
  const LinkId link =
      relayed(served_.emplace(Served{stream, said.home, false, 0, {}, false}).first);
  served_by_stream_.emplace(stream, link);
  out.emit(RelayedStreamCame{link, opened.account, opened.domain, opened.remote, opened.secure});
}

void Relay::hear_as_owner(std::uint64_t by, const RelaySaid& said, Outbox& out) {
  if (const auto* opened = std::get_if<RelayOpen>(&said.what)) return open(by, said, *opened, out);
  const auto known = served_by_stream_.find({by, said.number});
  if (known == served_by_stream_.end()) {
    const bool ended = std::holds_alternative<RelayEnded>(said.what);
    if (!ended) say(by, {said.number, said.home, false, RelayEnded{}}, out);
    return;
  }
  const LinkId link = known->second;
  if (const auto* one = std::get_if<RelayBytes>(&said.what)) {
    served_on(link)->taken += one->bytes.size();
    say_on(link, {});
    out.emit(RelayedBytes{link, one->bytes});
  } else if (std::holds_alternative<RelayEnded>(said.what)) {
    lose(link, out);
  }
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

// Leaves at the end of the step.
void Relay::say_on(LinkId link, std::initializer_list<std::string_view> texts) {
  Served* served = served_on(link);
  if (served == nullptr) return;
  for (const std::string_view text : texts)
    served->said.append(text);
  if (!std::exchange(served->is_said, true)) dirty_.push_back(link);
}

void Relay::flush(Served& served, Outbox& out) const {
  served.is_said = false;
  const auto [to, number] = served.stream;
  say_bytes(to, {number, served.home, false, {}}, std::exchange(served.said, {}), out);
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
  if (is_stream_lost && said.to_owner) {
    const auto known = links_by_number_.find(said.number);
    if (known != links_by_number_.end()) end_here(known->second, true, out);
  } else if (is_stream_lost) {
    const auto known = served_by_stream_.find({from.by, said.number});
    if (known != served_by_stream_.end()) lose(known->second, out);
  }
  if (from.why == FromRelay::Why::no_link) return;
  again_.emplace_back(
      from.by, is_stream_lost ? write_relay({said.number, said.home, said.to_owner, RelayEnded{}})
                              : from.said);
  if (!again_at_) again_at_ = now.instant + kAgainAfter;
}

void Relay::on(Now, const ServerDown& down, Outbox& out) {
  owners_.erase(down.server);
  relaying_.for_each([&](LinkId link, const Relaying& relaying) {
    if (relaying.owner == down.server) end_here(link, true, out);
  });
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
