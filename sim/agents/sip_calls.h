// The requests of a phone that await their answers: client transactions of RFC 3261 section 17.1.2.
// Over UDP each is said again after T1, twice that, and so on up to T2 (timer E); after 64*T1 there
// was no answer (timer F). A request of a purpose replaces none: who asks twice gets two answers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/endpoint.h"

namespace muster::sim {

class SipCalls {
 public:
  static constexpr Duration kT1 = Duration::milliseconds(500);
  static constexpr Duration kT2 = Duration::seconds(4);
  static constexpr Duration kTimerF = Duration::seconds(32);

  struct Call {
    std::uint64_t purpose = 0;  // the phone's
    Endpoint to;                // the server that it was said to
    std::string bytes;          // to be said again
    bool proved = false;        // it had credentials
    bool repeats = false;       // over UDP
    Duration interval;
    Instant again;
    Instant given_up;
  };

  void begin(Now now, const std::string& branch, Call call);
  // A final answer came; nothing if it is to none of these.
  std::optional<Call> answered(const std::string& branch);

  struct Due {
    std::vector<Call> again;               // to be said
    std::vector<std::uint64_t> no_answer;  // purposes
  };
  Due wake(Now now);
  std::optional<Instant> next_deadline() const;

  bool has(std::uint64_t purpose) const;
  void clear() { calls_.clear(); }
  std::size_t size() const { return calls_.size(); }

 private:
  std::map<std::string, Call> calls_;  // by branch
};

}  // namespace muster::sim
