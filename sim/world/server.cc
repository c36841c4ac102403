#include "sim/world/server.h"

#include <algorithm>

#include "base/check.h"
#include "sim/world/model_store.h"
#include "sim/world/model_verifier.h"

namespace muster::sim {

Server::Server(Parts parts, Prng random)
    : parts_(parts),
      random_(std::move(random)),
      as_peer_(*this, parts_.link_at.ip, *parts_.timeline, *parts_.network) {
  shards_.resize(parts_.shards);
  parts_.network->serve(parts_.xmpp_at, *this);
  parts_.network->serve(parts_.sip_at, *this);
  if (parts_.settings->cluster) parts_.network->serve(parts_.link_at, *this);
}

Now Server::now() const {
  const Instant now = parts_.timeline->now();
  const std::int64_t drifted = (now - drift_begin_).in_microseconds() / 1'000'000;
  return {now, parts_.civil_begin + now.since_zero() + clock_offset_ +
                   Duration::microseconds(drifted * clock_us_per_second_)};
}

void Server::drift_clock(std::int32_t us_per_second) {
  const Instant instant = parts_.timeline->now();
  const std::int64_t drifted = (instant - drift_begin_).in_microseconds() / 1'000'000;
  clock_offset_ = clock_offset_ + Duration::microseconds(drifted * clock_us_per_second_);
  drift_begin_ = instant;
  clock_us_per_second_ = us_per_second;
}

void Server::set_clock_right() {
  drift_clock(0);
  clock_offset_ = Duration();
}

// --- what happens to it --------------------------------------------------------------------------

void Server::start(const std::vector<Prng::Seed>& seeds) {
  MUSTER_CHECK(!running_ && seeds.size() == shards_.size());
  running_ = true;
  ++incarnation_;
  started_at_ = parts_.timeline->now();
  stopped_shards_ = 0;
  for (std::uint8_t i = 0; i < parts_.shards; ++i) {
    ShardPlace& place = shards_[i];
    place = ShardPlace{};
    if (recording_ != nullptr) {
      place.recorder = std::make_unique<record::Recorder>(ShardId(i), seeds[i], *recording_);
    }
    record::Recorder* const recorder = place.recorder.get();
    place.server = std::make_unique<PresenceServer>(
        ShardId(i), parts_.shards, *parts_.settings,
        recorder == nullptr ? Prng(seeds[i]) : Prng(recorder->words()), parts_.planted);
    place.port = std::make_unique<Port>(Port{this, ShardId(i)});
    place.turn = std::make_unique<Turn<Port>>(*place.server, *place.port, recorder);
    place.last_mail.resize(parts_.shards);
  }
  for (std::uint8_t i = 0; i < parts_.shards; ++i)
    feed(ShardId(i), Started{});
}

void Server::crash() {
  if (!running_) return;
  running_ = life_over_ = false;
  ++incarnation_;
  admin_.clear();
  parts_.network->server_dies(*this);
  as_peer_.die();
  parts_.store->asker_dies(id());
  parts_.cluster_store->asker_dies(id());
  parts_.verifier->asker_dies(id());
  for (ShardPlace& place : shards_)
    place = ShardPlace{};
}

void Server::stop() {
  for (std::uint8_t i = 0; running_ && i < parts_.shards; ++i)
    feed(ShardId(i), StopAsked{});
}

void Server::end_life() {
  if (!running_) return;
  life_over_ = true;
  for (std::uint8_t i = 0; i < parts_.shards; ++i) {
    if (shards_[i].stalled_until > parts_.timeline->now()) continue;
    do {
      has_last_words_ = false;
      Input over = LifeOver{};
      turn(ShardId(i), over, {});
    } while (has_last_words_);
  }
  crash();
}

void Server::flush_recording() {
  for (ShardPlace& place : shards_) {
    if (place.recorder != nullptr) place.recorder->flush();
  }
}

void Server::stall(ShardId shard, Duration time) {
  if (!running_) return;
  ShardPlace& place = shards_[shard.number()];
  const Instant until = parts_.timeline->now() + time;
  if (until <= place.stalled_until) return;
  place.stalled_until = until;
  later(until, [this, shard] { go_on(shard); });
}

void Server::stall_all(Duration time) {
  for (std::uint8_t i = 0; i < parts_.shards; ++i)
    stall(ShardId(i), time);
}

void Server::go_on(ShardId shard) {
  ShardPlace& place = shards_[shard.number()];
  if (place.stalled_until > parts_.timeline->now()) return;
  while (running_ && !place.held_back.empty()) {
    Waiting next = std::move(place.held_back.front());
    place.held_back.pop_front();
    turn(shard, next.input, next.bytes);
  }
  if (running_) set_alarm(shard);
}

// --- turns ---------------------------------------------------------------------------------------

void Server::later(Instant when, std::function<void()> action) {
  parts_.timeline->at(when, [this, incarnation = incarnation_, act = std::move(action)] {
    if (running_ && incarnation == incarnation_) act();
  });
}

void Server::feed(ShardId shard, Input input, std::string bytes) {
  if (!running_) return;
  later(parts_.timeline->now(),
        [this, shard, waiting = Waiting{std::move(input), std::move(bytes)}]() mutable {
          ShardPlace& place = shards_[shard.number()];
          if (place.stalled_until > parts_.timeline->now() || !place.held_back.empty()) {
            place.held_back.push_back(std::move(waiting));
          } else {
            turn(shard, waiting.input, waiting.bytes);
          }
        });
}

std::function<void(Input)> Server::answer_to(ShardId shard) {
  return [this, shard, incarnation = incarnation_](Input input) {
    if (running_ && incarnation == incarnation_) feed(shard, std::move(input));
  };
}

void Server::turn(ShardId shard, Input& input, const std::string& bytes) {
  if (auto* received = std::get_if<BytesReceived>(&input)) received->bytes = bytes;
  if (auto* received = std::get_if<DatagramReceived>(&input)) received->bytes = bytes;
  if (const auto* closed = std::get_if<LinkClosed>(&input)) {
    parts_.verifier->forget(id(), shard, closed->link);
  }
  if (parts_.watch != nullptr) parts_.watch->entered(*this, shard, now(), input);
  shards_[shard.number()].turn->input(now(), input);
  set_alarm(shard);
}

void Server::set_alarm(ShardId shard) {
  ShardPlace& place = shards_[shard.number()];
  const auto next = place.server->next_deadline();
  if (!next) return;
  Instant when = std::max(*next, parts_.timeline->now());
  if (place.alarm && *place.alarm <= when) return;
  when = when + draw_between(random_, {}, parts_.faults->deadline_late_max);
  place.alarm = when;
  later(when, [this, shard, when] { ring(shard, when); });
}

void Server::ring(ShardId shard, Instant when) {
  ShardPlace& place = shards_[shard.number()];
  if (place.alarm != when) return;
  place.alarm.reset();
  // A shard that stands still looks at the time when it goes on.
  if (place.stalled_until > when) return;
  const auto next = place.server->next_deadline();
  if (next && *next <= when) {
    if (parts_.watch != nullptr) parts_.watch->entered(*this, shard, now(), DeadlineHit{});
    place.turn->pass_time(now());
  }
  set_alarm(shard);
}

// --- links ---------------------------------------------------------------------------------------

LinkId Server::adopt(ShardId shard, ConnectionId connection) {
  return shards_[shard.number()].links.emplace(connection).first;
}

void Server::forget(ShardId shard, LinkId link) {
  shards_[shard.number()].links.erase(link);
}

std::optional<ConnectionId> Server::connection_of(ShardId shard, LinkId link) const {
  const ConnectionId* found = shards_[shard.number()].links.find(link);
  if (found == nullptr) return std::nullopt;
  return *found;
}

// --- operators -----------------------------------------------------------------------------------

void Server::administer(AdminRequest request, std::function<void(AdminReply)> answer) {
  const Ticket ticket(next_ticket_++);
  const Address* account = home_account_of(request);
  const ShardId home = account == nullptr ? ShardId() : home_shard(account->bare(), parts_.shards);
  admin_[ticket] = std::move(answer);
  feed(home, AdminAsked{ticket, std::move(request)});
}

}  // namespace muster::sim
