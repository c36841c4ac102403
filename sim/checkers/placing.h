// Nobody new is given to a server that has reached its limit, by what the one who gives her knows;
// nor more at one moment than there are places. So one server alone brings nobody past its limit by
// whom it places, and many at once do as far as placing.h has it (server/load_control). Besides, a
// level rises by what users there subscribe to.
//
// Who comes back to a server though she was sent on, and is yielded to it by the one that had her,
// stays there all the same: she goes nowhere else. Who is moved is not new.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "sim/checkers/decisions.h"

namespace muster::sim {

class Placing : public Decisions {
 public:
  // From when another server lets go of who came back until she is taken: questions to a store, by
  // shards that may stand still.
  static constexpr Duration kYieldedFor = Duration::minutes(2);

  using Decisions::Decisions;
  std::string_view name() const override { return "placing"; }

 protected:
  void judge(const View& view, const Turn& turn) override;

 private:
  void judge(const View& view, const Turn& turn, const cluster::AssignUsers& assign);
  bool comes_back(const View& view, const Address& user) const;

  std::map<Address, Instant> let_go_;  // by the server that had her
  std::optional<Instant> forgotten_;   // a server, with its users
};

}  // namespace muster::sim
