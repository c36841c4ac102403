// How many links each remote address has to this process, over all shards: one address cannot take
// all of them. An IPv6 peer counts by its /64, which is what a host is given.
//
// Touched when a link begins and ends, by any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/digest.h"
#include "base/unordered.h"
#include "model/endpoint.h"

namespace muster {

class AddressLimits {
 public:
  explicit AddressLimits(std::uint32_t links_per_address_max) : max_(links_per_address_max) {}

  // False, and not counted, if it has as many as it may have.
  bool take(const IpAddress& ip) {
    const std::lock_guard lock(mutex_);
    std::uint32_t& links = links_[key_of(ip)];
    if (links >= max_) return false;
    ++links;
    return true;
  }

  void give_back(const IpAddress& ip) {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(key_of(ip));
    if (found != links_.end() && --found->second == 0) links_.erase(found);
  }

 private:
  static IpAddress key_of(IpAddress ip) {
    if (!ip.is_v4()) {
      for (std::size_t i = 8; i < ip.bytes.size(); ++i)
        ip.bytes[i] = 0;
    }
    return ip;
  }
  struct Hash {
    std::size_t operator()(const IpAddress& ip) const {
      return hash_bytes({reinterpret_cast<const char*>(ip.bytes.data()), ip.bytes.size()});
    }
  };

  const std::uint32_t max_;
  std::mutex mutex_;
  UnorderedMap<IpAddress, std::uint32_t, Hash> links_;
};

}  // namespace muster
