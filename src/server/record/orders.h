// What a recording keeps of an order: its kind, and a digest by which a replay sees that it gave
// the same. Not in the digest is what was masked in the input (masks.h): the data of AskSasl, the
// authorizations of AskDigest, the password of AskRegistration, what HandOver takes along unread;
// of these there is only whether and how many. Nor is what an event says to another shard: it shows
// in what that shard orders.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/ports.h"

namespace muster::record {

struct OrderMark {
  std::uint8_t kind = 0;  // which alternative of AnyOrder
  std::uint32_t digest = 0;
  friend constexpr bool operator==(const OrderMark&, const OrderMark&) = default;
};

// What orders must not tell of the input that they answer: what SaslAnswered has for the peer, and
// so the <success/> of LinkArrived (a SCRAM signature proves a guess at the password). Where an
// order says it, as all that it says or as the text of an element, only its size counts.
std::string_view hidden_part(const Input& input);

OrderMark mark_of(const Order& order, std::string_view hidden);

}  // namespace muster::record
