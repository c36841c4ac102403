#include "model/subscription.h"

#include <array>

namespace muster {
namespace {

using enum Subscription;

// One row of a table of appendix A: what is done with the stanza, and the state after it.
struct Row {
  bool pass = false;  // ROUTE or DELIVER: MUST
  Subscription after = Subscription::none;
};
// In the order of enum Subscription, which is the order of the RFC's rows.
using Table = std::array<Row, kSubscriptions>;

constexpr Table kSubscribeOut = {{
    // table 2
    {true, none_pending_out},
    {true, none_pending_out},
    {true, none_pending_out_in},
    {true, none_pending_out_in},
    {true, to},
    {true, to_pending_in},
    {true, from_pending_out},
    {true, from_pending_out},
    {true, both},
}};
constexpr Table kUnsubscribeOut = {{
    // table 3
    {true, none},
    {true, none},
    {true, none_pending_in},
    {true, none_pending_in},
    {true, none},
    {true, none_pending_in},
    {true, from},
    {true, from},
    {true, from},
}};
constexpr Table kSubscribedOut = {{
    // table 4; the states without a request: section 3.4.2
    {false, none},
    {false, none_pending_out},
    {true, from},
    {true, from_pending_out},
    {false, to},
    {true, both},
    {false, from},
    {false, from_pending_out},
    {false, both},
}};
constexpr Table kUnsubscribedOut = {{
    // table 5
    {false, none},
    {false, none_pending_out},
    {true, none},
    {true, none_pending_out},
    {false, to},
    {true, to},
    {true, none},
    {true, none_pending_out},
    {true, to},
}};
constexpr Table kSubscribeIn = {{
    // table 6
    {true, none_pending_in},
    {true, none_pending_out_in},
    {false, none_pending_in},
    {false, none_pending_out_in},
    {true, to_pending_in},
    {false, to_pending_in},
    {false, from},
    {false, from_pending_out},
    {false, both},
}};
constexpr Table kUnsubscribeIn = {{
    // table 7
    {false, none},
    {false, none_pending_out},
    {true, none},
    {true, none_pending_out},
    {false, to},
    {true, to},
    {true, none},
    {true, none_pending_out},
    {true, to},
}};
constexpr Table kSubscribedIn = {{
    // table 8
    {false, none},
    {true, to},
    {false, none_pending_in},
    {true, to_pending_in},
    {false, to},
    {false, to_pending_in},
    {false, from},
    {true, both},
    {false, both},
}};
constexpr Table kUnsubscribedIn = {{
    // table 9
    {false, none},
    {true, none},
    {false, none_pending_in},
    {true, none_pending_in},
    {true, none},
    {true, none_pending_in},
    {false, from},
    {true, from},
    {true, from},
}};

// In the order of enum SubscriptionVerb.
constexpr std::array<const Table*, 4> kOut = {&kSubscribeOut, &kUnsubscribeOut, &kSubscribedOut,
                                              &kUnsubscribedOut};
constexpr std::array<const Table*, 4> kIn = {&kSubscribeIn, &kUnsubscribeIn, &kSubscribedIn,
                                             &kUnsubscribedIn};
constexpr std::array<std::string_view, 4> kNames = {"subscribe", "unsubscribe", "subscribed",
                                                    "unsubscribed"};

const Row& row(const std::array<const Table*, 4>& tables, SubscriptionVerb verb, Subscription s) {
  return (*tables[static_cast<std::size_t>(verb)])[static_cast<std::size_t>(s)];
}

}  // namespace

std::string_view name_of(SubscriptionVerb verb) {
  return kNames[static_cast<std::size_t>(verb)];
}

std::optional<SubscriptionVerb> subscription_verb(std::string_view presence_type) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == presence_type) return static_cast<SubscriptionVerb>(i);
  }
  return std::nullopt;
}

Outbound send_subscription(Relation before, SubscriptionVerb verb) {
  const Row& found = row(kOut, verb, before.subscription);
  Outbound out{found.pass, before};
  out.after.subscription = found.after;
  switch (verb) {
    case SubscriptionVerb::subscribe: out.after.listed = true; break;
    case SubscriptionVerb::subscribed:
      if (is_seen_by(before.subscription)) break;
      out.after.listed = true;
      if (!found.pass) out.after.approved = true;
      break;
    case SubscriptionVerb::unsubscribed: out.after.approved = false; break;
    case SubscriptionVerb::unsubscribe: break;
  }
  return out;
}

Inbound receive_subscription(Relation before, SubscriptionVerb verb) {
  const Row& found = row(kIn, verb, before.subscription);
  Inbound in{found.pass, std::nullopt, before};
  in.after.subscription = found.after;
  if (verb == SubscriptionVerb::subscribe) {
    if (is_seen_by(before.subscription)) {
      in.reply = SubscriptionVerb::subscribed;
    } else if (before.approved) {
      // Section 3.4.2, after rule 4: not delivered, but approved at once.
      in = {false, SubscriptionVerb::subscribed,
            send_subscription(in.after, SubscriptionVerb::subscribed).after};
    }
  } else if (verb == SubscriptionVerb::unsubscribe && found.pass) {
    in.reply = SubscriptionVerb::unsubscribed;
  }
  return in;
}

}  // namespace muster
