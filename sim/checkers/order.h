// What a watcher sees was shown by somebody, and what it sees of a session is never older than what
// it saw before: a late NOTIFY, or a stanza that another overtook, does not bring a past picture
// back. (A publication whose phone lost its ETag does come back, when the newer one ends first.)
// No message is heard twice, unless a server may have forgotten that it passed it on: one was
// killed since it was sent, or the repetition comes late (RFC 3261 section 17.2.2, Timer J). That
// it was killed before the first was heard does not help: what it had said was still on its way.
// What is shown carries its number in its note (Load), so that each is told from all others.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Ordering : public Checker {
 public:
  // Half of Timer J: the first was heard after the timer began, the other was under way.
  static constexpr Duration kRemembered = Duration::seconds(16);

  using Checker::Checker;
  std::string_view name() const override { return "order"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;

 private:
  void look_at_message(const Happened& fact, const HeardMessage& heard);
  void look_at(const Happened& fact, const SawPicture& saw);

  using Resource = std::pair<Address, std::string>;
  std::set<Resource> sessions_;
  std::map<Shown, std::uint64_t> shown_;                       // with the place in the order of all
  std::map<AgentId, std::map<Resource, std::uint64_t>> seen_;  // the place of what it saw last
  // The texts of messages, and how many lives servers had had when they were sent.
  std::map<std::string, std::uint64_t> sent_;
  std::map<std::pair<AgentId, std::string>, Instant> heard_;
  std::uint64_t lives_ = 0;
};

}  // namespace muster::sim
