// How subscriptions and relations look when a test fails.
#pragma once

#include <ostream>

#include "model/subscription.h"

namespace muster {

inline void PrintTo(SubscriptionVerb verb, std::ostream* out) {
  *out << name_of(verb);
}
inline void PrintTo(const Relation& relation, std::ostream* out) {
  *out << "state " << static_cast<int>(relation.subscription)
       << (relation.approved ? " approved" : "") << (relation.listed ? " listed" : "");
}

}  // namespace muster
