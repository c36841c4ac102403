#include "sim/replay/shard_replay.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "server/record/orders.h"

namespace muster::sim {

// --- the tape ------------------------------------------------------------------------------------

void Replay::ShardReplay::Tape::play(std::span<const std::uint64_t> words) {
  words_.assign(words.begin(), words.end());
  at_ = 0;
  overrun_ = false;
}

// More words than were drawn are a difference, which is seen after the step.
std::uint64_t Replay::ShardReplay::Tape::next() {
  if (at_ < words_.size()) return words_[at_++];
  overrun_ = true;
  return 0;
}

// --- the shard -----------------------------------------------------------------------------------

Replay::ShardReplay::ShardReplay(ShardId self, record::Steps& steps, ReplayWorld& world)
    : self_(self), steps_(steps), world_(world), next_(steps.next()) {
  // Words are drawn when it is made, too: they were recorded with the first step.
  if (next_) tape_.play(next_->words);
  server_ = std::make_unique<PresenceServer>(self_, world_.shards, *world_.settings, Prng(tape_));
  turn_ = std::make_unique<Turn<ShardReplay>>(*server_, *this);
}

std::string Replay::ShardReplay::where() const {
  const Duration since = next_->now.instant.since_zero();
  std::string micros = std::to_string(since.in_microseconds() % 1'000'000);
  micros.insert(0, 6 - micros.size(), '0');
  return "shard " + std::to_string(self_.number()) + ", step " + std::to_string(next_->number) +
         ", at " + std::to_string(since.in_seconds()) + "." + micros + " s";
}

std::optional<ReplayOutcome> Replay::ShardReplay::differs(const std::string& how) const {
  return ReplayOutcome{ReplayOutcome::Kind::different, where() + ": " + input_words_ + "\n  " + how,
                       0, 0};
}

std::optional<ReplayOutcome> Replay::ShardReplay::is_impossible(const std::string& why) const {
  return ReplayOutcome{ReplayOutcome::Kind::broken, where() + ": " + why, 0, 0};
}

bool Replay::ShardReplay::ready() const {
  if (!next_) return false;
  return std::visit(Overloaded{
                        [](const Input&) { return true; },
                        [&](const record::NextFrom& next) {
                          // A link that was gone when it was to be handed over never arrived.
                          if (next.from.number() >= world_.shards) return true;
                          for (const Mail& mail : world_.mail[next.from.number()][self_.number()]) {
                            if (std::holds_alternative<Event>(mail)) return true;
                          }
                          return false;
                        },
                        [&](const record::NextLinkFrom& next) {
                          if (next.from.number() >= world_.shards) return true;
                          for (const Mail& mail : world_.mail[next.from.number()][self_.number()]) {
                            const auto* over = std::get_if<HandOver>(&mail);
                            if (over == nullptr || over->link == next.was) return true;
                          }
                          return false;
                        },
                    },
                    next_->fact);
}

// What was made for it comes first in, first out.
std::optional<Input> Replay::ShardReplay::take_input(std::string& why_not) {
  if (auto* input = std::get_if<Input>(&next_->fact)) return std::move(*input);
  const auto* link = std::get_if<record::NextLinkFrom>(&next_->fact);
  const ShardId from = link != nullptr ? link->from : std::get<record::NextFrom>(next_->fact).from;
  if (from.number() >= world_.shards || from == self_) {
    why_not = "there is no other shard " + std::to_string(from.number());
    return std::nullopt;
  }
  std::deque<Mail>& queue = world_.mail[from.number()][self_.number()];
  while (!queue.empty()) {
    Mail mail = std::move(queue.front());
    queue.pop_front();
    if (auto* event = std::get_if<Event>(&mail)) {
      if (link == nullptr) return Input(FromShard{from, std::move(*event)});
      why_not = "a link arrived before what was sent ahead of it";
      return std::nullopt;
    }
    auto& over = std::get<HandOver>(mail);
    if (link == nullptr || over.link != link->was) continue;
    return Input(LinkArrived{link->link, link->local, link->remote, link->transport,
                             std::move(over.stream), from, link->was});
  }
  why_not = "what it gets was not made";
  return std::nullopt;
}

// What no driver ever says, and a server stops at: the recording is not one of a server.
std::optional<std::string> Replay::ShardReplay::why_impossible(const Input& input) const {
  const auto opens = [&](LinkId link) -> std::optional<std::string> {
    if (!link.valid() || link.slot >= record::kLinkSlotsMax) return "there is no such link";
    if (link.slot < open_.size() && open_[link.slot] != 0) return "the link is open already";
    return std::nullopt;
  };
  if (const auto* opened = std::get_if<LinkOpened>(&input)) return opens(opened->link);
  if (const auto* arrived = std::get_if<LinkArrived>(&input)) return opens(arrived->link);
  if (const auto* answered = std::get_if<StoreAnswered>(&input)) {
    if (!asked_.contains(answered->ticket)) return "an answer to what was not asked";
  }
  if (const auto* answered = std::get_if<ClusterAnswered>(&input)) {
    if (!asked_of_cluster_.contains(answered->ticket)) return "an answer to what was not asked";
  }
  if (const auto* fenced = std::get_if<ServerFenced>(&input)) {
    if (!fencing_.contains(fenced->incarnation)) return "nobody asked to fence it";
  }
  if (std::holds_alternative<DeadlineHit>(input)) {
    const auto deadline = server_->next_deadline();
    if (!deadline || *deadline > next_->now.instant) return "its deadline has not come";
  }
  return std::nullopt;
}

std::optional<ReplayOutcome> Replay::ShardReplay::step() {
  std::string why_not;
  const std::optional<Input> input = take_input(why_not);
  if (!input) return is_impossible(why_not);
  world_.names.see(self_, *input);
  input_words_ = describe(world_.names, self_, *input);
  if (world_.tell) world_.tell(where() + ": " + input_words_);
  if (const auto why = why_impossible(*input)) {
    // A deadline depends on what the server made of what came before.
    if (std::holds_alternative<DeadlineHit>(*input)) return differs(*why);
    return is_impossible(input_words_ + ": " + *why);
  }
  if (next_->number != 0) tape_.play(next_->words);
  made_.clear();
  turn_->input(next_->now, *input);
  if (auto difference = compare(record::hidden_part(*input))) return difference;
  if (!tape_.at_its_end()) return differs("it drew another number of random words");
  see(*input);
  for (Order& order : made_)
    pass_on(std::move(order));
  next_ = steps_.next();
  return std::nullopt;
}

std::optional<ReplayOutcome> Replay::ShardReplay::compare(std::string_view hidden) const {
  const std::vector<record::OrderMark>& marks = next_->orders;
  const std::size_t both = std::min(marks.size(), made_.size());
  for (std::size_t i = 0; i < made_.size(); ++i) {
    const std::string words =
        world_.tell || i >= both || marks[i] != record::mark_of(made_[i], hidden)
            ? describe(world_.names, self_, made_[i])
            : std::string();
    if (world_.tell) world_.tell("    " + words);
    const std::string number = "order " + std::to_string(i + 1);
    if (i >= both) {
      return differs(number + " was not given when it was recorded: " + words);
    }
    if (marks[i] == record::mark_of(made_[i], hidden)) continue;
    const std::string recorded(name_of_order(marks[i].kind));
    return marks[i].kind == made_[i].index()
               ? differs(number + " says something else than when it was recorded: " + words)
               : differs(number + " was " + recorded + " when it was recorded; now it is " + words);
  }
  if (both == marks.size()) return std::nullopt;
  return differs("order " + std::to_string(both + 1) + " was " +
                 std::string(name_of_order(marks[both].kind)) +
                 " when it was recorded; now there is none");
}

// --- what is open, and what goes on --------------------------------------------------------------

void Replay::ShardReplay::see(const Input& input) {
  const auto open = [&](LinkId link) {
    if (link.slot >= open_.size()) open_.resize(link.slot + std::size_t{1});
    open_[link.slot] = link.generation;
  };
  if (const auto* opened = std::get_if<LinkOpened>(&input)) open(opened->link);
  if (const auto* arrived = std::get_if<LinkArrived>(&input)) open(arrived->link);
  if (const auto* closed = std::get_if<LinkClosed>(&input)) close(closed->link);
  if (const auto* answered = std::get_if<StoreAnswered>(&input)) asked_.erase(answered->ticket);
  if (const auto* answered = std::get_if<ClusterAnswered>(&input)) {
    asked_of_cluster_.erase(asked_of_cluster_.find(answered->ticket));
  }
  if (const auto* fenced = std::get_if<ServerFenced>(&input)) {
    fencing_.erase(fencing_.find(fenced->incarnation));
  }
}

void Replay::ShardReplay::close(LinkId link) {
  if (link.slot < open_.size() && open_[link.slot] == link.generation) open_[link.slot] = 0;
}

void Replay::ShardReplay::pass_on(Order&& order) {
  if (const auto* close_link = std::get_if<CloseLink>(&order)) close(close_link->link);
  if (const auto* ask = std::get_if<AskStore>(&order)) asked_.insert(ask->ticket);
  if (const auto* ask = std::get_if<AskCluster>(&order)) asked_of_cluster_.insert(ask->ticket);
  if (const auto* fence = std::get_if<FenceServer>(&order)) fencing_.insert(fence->incarnation);
  if (auto* to = std::get_if<ToShard>(&order)) {
    world_.mail[self_.number()][to->to.number()].emplace_back(std::move(to->event));
  } else if (auto* over = std::get_if<HandOver>(&order)) {
    close(over->link);
    world_.mail[self_.number()][over->to.number()].emplace_back(std::move(*over));
  }
}

}  // namespace muster::sim
