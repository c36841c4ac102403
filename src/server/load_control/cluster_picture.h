// The service's document as the main makes it of what each server says of itself and of the
// directory (design, "The cluster document"): a server is the only one who says its level and how
// many its users are, the main says the rest.
//
// Limits: cluster::Limits. Servers beyond the limit are left out, as are candidates, and servers
// whose users would bring the total beyond what an element of it holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/cluster/document.h"
#include "model/cluster/limits.h"

namespace muster {

class ClusterPicture {
 public:
  enum class Put : std::uint8_t { same, changed, no_room };

  // Begins with what was known before.
  ClusterPicture(cluster::Document before, const cluster::Limits& limits);

  const cluster::Document& document() const { return document_; }

  // What a server says of itself, in its own document. Its endpoints are open if they are said to
  // be, and `takes_users` says that it is not draining.
  Put put(const cluster::Document& own, bool takes_users);
  bool set_open(std::string_view svr_id, bool takes_users);
  bool take_out(std::string_view svr_id);
  bool set_candidates(std::vector<std::string> candidates);
  bool set_epoch(cluster::Epoch epoch);
  // Counts one change, whatever it was.
  void next_version();

 private:
  void count();

  cluster::Limits limits_;
  cluster::Document document_;
};

}  // namespace muster
