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
  // A phone asks several things at once: what comes so soon was under way when she was told.
  static constexpr Duration kUnderWay = Duration::seconds(2);

  void note(Instant now, const Address& user, const IpAddress& from) {
    const Key key(user, from);
    const Instant until = now + kTime;
    Told& told = told_.try_emplace(key, Told{now, until}).first->second;
    if (told.until <= now) told.first = now;
    told.until = until;
    notes_.emplace_back(key, until);
    while (notes_.size() > kUsersMax || notes_.front().second <= now)
      forget_first();
  }

  bool knows(Instant now, const Address& user, const IpAddress& from) const {
    const auto told = told_.find({user, from});
    return told != told_.end() && told->second.until > now;
  }
  // And this was not under way by then.
  bool has_come_back(Instant now, const Address& user, const IpAddress& from) const {
    const auto told = told_.find({user, from});
    return knows(now, user, from) && told->second.first + kUnderWay <= now;
  }

 private:
  using Key = std::pair<Address, IpAddress>;
  struct Told {
    Instant first;
    Instant until;
  };

  // She may have been told again since.
  void forget_first() {
    const auto told = told_.find(notes_.front().first);
    if (told != told_.end() && told->second.until == notes_.front().second) told_.erase(told);
    notes_.pop_front();
  }

  std::map<Key, Told> told_;
  std::deque<std::pair<Key, Instant>> notes_;  // in the order of their time
};

}  // namespace muster
