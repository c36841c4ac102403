// What the users of one shard say and show to other servers, in the order of each (RFC 6120 section
// 10.1): what is for a user is weighed on her home shard before it may leave, and what was said
// behind it waits for that. Nothing else waits, so the knowledge of a user lasts as long as mail
// between two shards.
//
// Limit: kWaitingMax of one user. What is said beyond it is not kept in its order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "model/address.h"
#include "server/cluster_events.h"

namespace muster {

class Sayings {
 public:
  static constexpr std::size_t kWaitingMax = 1'000;

  // A place for what is to be weighed; 0: there is none left.
  std::uint64_t reserve(const Address& sender) {
    Line& line = lines_[sender];
    if (line.said.size() >= kWaitingMax) return 0;
    line.said.push_back({true, std::nullopt});
    return line.first + line.said.size() - 1;
  }
  // What may leave now of what it was waited for: it itself, if it leaves, and what is behind it.
  std::vector<ToServers> weighed(const Address& sender, std::uint64_t place,
                                 std::optional<ToServers> leaves) {
    const auto found = lines_.find(sender);
    MUSTER_CHECK(found != lines_.end());
    Line& line = found->second;
    MUSTER_CHECK(place >= line.first && place - line.first < line.said.size());
    line.said[place - line.first] = {false, std::move(leaves)};
    std::vector<ToServers> leaving;
    for (; !line.said.empty() && !line.said.front().waits; line.said.pop_front(), ++line.first) {
      if (line.said.front().leaves) leaving.push_back(*std::move(line.said.front().leaves));
    }
    if (line.said.empty()) lines_.erase(found);
    return leaving;
  }
  // Nothing: it waits behind what is to be weighed.
  std::optional<ToServers> say(const Address& sender, ToServers said) {
    const auto found = lines_.find(sender);
    if (found == lines_.end() || found->second.said.size() >= kWaitingMax) return said;
    found->second.said.push_back({false, std::move(said)});
    return std::nullopt;
  }

  // Of whom something waits.
  std::size_t senders() const { return lines_.size(); }

 private:
  struct Said {
    bool waits = false;
    std::optional<ToServers> leaves;
  };
  struct Line {
    std::uint64_t first = 1;  // the place of the first
    std::deque<Said> said;
  };
  std::map<Address, Line> lines_;
};

}  // namespace muster
