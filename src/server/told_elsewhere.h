// Who was told lately that another server serves her, and from where she had come: who comes back
// to this one, most clients do, has not followed (design, "The redirect ladder").
//
// Limits: kUsersMax; of one more the one who was told first is forgotten, and told again.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "base/time.h"
#include "model/address.h"
#include "model/endpoint.h"

namespace muster {

class ToldElsewhere {
 public:
  static constexpr Duration kTime = Duration::minutes(5);
  static constexpr std::size_t kUsersMax = 10'000;

  void note(Instant now, const Address& user, const IpAddress& from) {
    const Key key(user, from);
    const Instant until = now + kTime;
    until_[key] = until;
    notes_.emplace_back(key, until);
    while (notes_.size() > kUsersMax || notes_.front().second <= now)
      forget_first();
  }

  bool knows(Instant now, const Address& user, const IpAddress& from) const {
    const auto known = until_.find({user, from});
    return known != until_.end() && known->second > now;
  }

 private:
  using Key = std::pair<Address, IpAddress>;

  // She may have been told again since.
  void forget_first() {
    const auto known = until_.find(notes_.front().first);
    if (known != until_.end() && known->second == notes_.front().second) until_.erase(known);
    notes_.pop_front();
  }

  std::map<Key, Instant> until_;
  std::deque<std::pair<Key, Instant>> notes_;  // in the order of their time
};

}  // namespace muster
