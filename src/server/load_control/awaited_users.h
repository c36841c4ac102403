// The users that other servers, and this one, gave to this server and that have not come yet
// (picture.h says why that is counted). Seated on shard 0.
//
// Who comes is told of by her shard, once she is in the load that the shard told with it; who does
// not within kComingTimeMax is waited for no longer. Limits: kAwaitedMax; one more counts as if she
// had come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "model/address.h"
#include "server/cluster_port.h"

namespace muster {

class AwaitedUsers {
 public:
  static constexpr Duration kComingTimeMax = Duration::seconds(30);
  static constexpr std::size_t kAwaitedMax = 100'000;

  // `by` gave her, as the n-th.
  void given(Now now, cluster::Incarnation by, std::uint64_t number, const Address& user);
  void came(const Address& user);
  // Those who gave and are not in the directory any more are forgotten.
  void know(const cluster::Directory& directory);
  void wake(Now now);
  std::optional<Instant> next_deadline() const { return due_.next(); }

  // Of the users that `by` gave, those that are not waited for.
  std::uint64_t settled(cluster::Incarnation by) const;
  // Whose number changed since this was asked last, in their order.
  std::vector<cluster::Incarnation> take_changed();

 private:
  struct Giver {
    std::uint64_t told = 0;
    std::uint64_t awaited = 0;
  };
  using Awaited = std::pair<Address, cluster::Incarnation>;

  void settle(const Awaited& awaited);

  std::map<cluster::Incarnation, Giver> givers_;
  std::map<Awaited, Instant> awaited_;  // until when
  Deadlines<Awaited> due_;
  std::set<cluster::Incarnation> changed_;
};

}  // namespace muster
