// Who goes where she is told, when another server serves her, and who comes back instead, as most
// do (design, "The redirect ladder"). The server where she lands remembers whom it told; her owner
// remembers who came to it by herself. Whoever is passed on to it though she is known to follow is
// told once more, by it: so she is not passed on for ever for having landed twice.
//
// Users are told apart by where they come from: a phone and a computer of one user behind one
// address are one here, and are told once more than they need.
//
// Limits: kUsersMax of each kind; of one more the one who was seen longest ago is forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <tuple>

#include "base/time.h"
#include "model/address.h"
#include "model/endpoint.h"

namespace muster {

class Followers {
 public:
  static constexpr std::size_t kUsersMax = 10'000;
  static constexpr Duration kFollowsWithin = Duration::seconds(10);

  // Remembers for that long; what comes within `under_way` of being told first was on its way then.
  Followers(Duration time, Duration under_way) : time_(time), under_way_(under_way) {}

  // She was told that server, from wherever she comes if it is not known.
  void told(Instant now, const Address& user, const std::optional<IpAddress>& from,
            std::uint64_t server) {
    told_.note(now, now + time_, user, from.value_or(IpAddress{}), server);
  }
  // She was told some server.
  bool has_come_back(Instant now, const Address& user, const IpAddress& from) const {
    return told_at(now, user, from) != nullptr;
  }
  // That server.
  bool has_come_back_from(Instant now, const Address& user, const IpAddress& from,
                          std::uint64_t server) const {
    const Seen* seen = told_at(now, user, from);
    return seen != nullptr && seen->server == server;
  }

  // She came to this server, which is hers, and was not passed on. If that is soon after she was
  // told, she has followed; else it may be another one of hers.
  void came(Instant now, const Address& user, const IpAddress& from) {
    came_.note(now, now + time_, user, from, 0);
    const Seen* told = told_.find(now, user, from);
    if (told != nullptr && now < told->until - time_ + kFollowsWithin) told_.forget(user, from);
  }
  // Of one who was passed on to this server.
  bool is_to_be_told(Instant now, const Address& user, const IpAddress& from) const {
    return came_.find(now, user, from) != nullptr && told_.find(now, user, from) == nullptr;
  }

 private:
  struct Key {
    Address user;
    IpAddress from;
    bool operator<(const Key& other) const {
      return std::tie(user, from) < std::tie(other.user, other.from);
    }
  };
  struct Seen {
    Instant first;
    Instant until;
    std::uint64_t server = 0;
    std::list<std::map<Key, Seen>::iterator>::iterator order;
  };
  // In the order in which they were seen last.
  class Memory {
   public:
    void note(Instant now, Instant until, const Address& user, const IpAddress& from,
              std::uint64_t server);
    void forget(const Address& user, const IpAddress& from);
    const Seen* find(Instant now, const Address& user, const IpAddress& from) const;

   private:
    std::map<Key, Seen> seen_;
    std::list<std::map<Key, Seen>::iterator> order_;
  };

  // From there, or from wherever.
  const Seen* told_at(Instant now, const Address& user, const IpAddress& from) const;

  Duration time_;
  Duration under_way_;
  Memory told_;
  Memory came_;
};

}  // namespace muster
