// One shard of a replay: the production object, the tape of its random words, what it was recorded
// to get and to order.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/presence_server.h"
#include "server/record/recording.h"
#include "server/turn.h"
#include "sim/replay/replay.h"
#include "sim/replay/words.h"

namespace muster::sim {

// What a shard made for another, in its order.
using Mail = std::variant<Event, HandOver>;

// What the shards of a replay share.
struct ReplayWorld {
  std::uint8_t shards = 1;
  const Settings* settings = nullptr;
  TellStep tell;
  LinkNames names;
  std::vector<std::vector<std::deque<Mail>>> mail;  // from, to
};

class Replay::ShardReplay {
 public:
  ShardReplay(ShardId self, record::Steps& steps, ReplayWorld& world);

  const std::optional<record::Step>& next() const { return next_; }
  bool broken() const { return steps_.broken(); }
  // Whether what it is to get next was made.
  bool ready() const;
  // Steps once. Nothing: as recorded.
  std::optional<ReplayOutcome> step();
  std::string where() const;

  // For the turn.
  void carry_out(Order&& order) { made_.push_back(std::move(order)); }

 private:
  class Tape : public Prng::Words {
   public:
    // The words of the next step.
    void play(std::span<const std::uint64_t> words);
    std::uint64_t next() override;
    bool at_its_end() const { return at_ == words_.size() && !overrun_; }

   private:
    std::vector<std::uint64_t> words_;
    std::size_t at_ = 0;
    bool overrun_ = false;
  };

  std::optional<ReplayOutcome> differs(const std::string& how) const;
  std::optional<ReplayOutcome> is_impossible(const std::string& why) const;
  std::optional<std::string> why_impossible(const Input& input) const;
  std::optional<Input> take_input(std::string& why_not);
  std::optional<ReplayOutcome> compare(std::string_view hidden) const;
  void see(const Input& input);
  void close(LinkId link);
  void pass_on(Order&& order);

  ShardId self_;
  record::Steps& steps_;
  ReplayWorld& world_;
  std::optional<record::Step> next_;
  Tape tape_;
  std::unique_ptr<PresenceServer> server_;
  std::unique_ptr<Turn<ShardReplay>> turn_;
  std::string input_words_;
  std::vector<Order> made_;
  // Not answered yet.
  std::set<Ticket> asked_;  // of the store
  std::multiset<Ticket> asked_of_cluster_;
  std::multiset<cluster::Incarnation> fencing_;
  std::vector<std::uint32_t> open_;  // by slot, the generation of the link that is open; 0: none
};

}  // namespace muster::sim
