#include "sim/agents/sip_calls.h"

#include <algorithm>
#include <utility>

namespace muster::sim {

void SipCalls::begin(Now now, const std::string& branch, Call call) {
  call.interval = kT1;
  call.again = now.instant + kT1;
  call.given_up = now.instant + kTimerF;
  calls_[branch] = std::move(call);
}

std::optional<SipCalls::Call> SipCalls::answered(const std::string& branch) {
  const auto found = calls_.find(branch);
  if (found == calls_.end()) return std::nullopt;
  Call call = std::move(found->second);
  calls_.erase(found);
  return call;
}

SipCalls::Due SipCalls::wake(Now now) {
  Due due;
  for (auto it = calls_.begin(); it != calls_.end();) {
    Call& call = it->second;
    if (call.given_up <= now.instant) {
      due.no_answer.push_back(call.purpose);
      it = calls_.erase(it);
      continue;
    }
    if (call.repeats && call.again <= now.instant) {
      due.again.push_back(call);
      call.interval = std::min(call.interval * 2, kT2);
      call.again = now.instant + call.interval;
    }
    ++it;
  }
  return due;
}

std::optional<Instant> SipCalls::next_deadline() const {
  std::optional<Instant> next;
  for (const auto& [branch, call] : calls_) {
    const Instant when = call.repeats ? std::min(call.again, call.given_up) : call.given_up;
    if (!next || when < *next) next = when;
  }
  return next;
}

bool SipCalls::has(std::uint64_t purpose) const {
  return std::any_of(calls_.begin(), calls_.end(),
                     [&](const auto& entry) { return entry.second.purpose == purpose; });
}

}  // namespace muster::sim
