// Who is subscribed to whom: the states of RFC 6121 appendix A and what each stanza makes of them.
// The store applies these tables inside one transaction for both sides of a pair of local users
// (server/store_port.h), so that their rosters cannot drift apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster {

// RFC 6121 appendix A.1, from the side of the user whose record this is. "pending_in" is a request
// from the contact that the user has not answered, "pending_out" one of hers.
enum class Subscription : std::uint8_t {
  none,
  none_pending_out,
  none_pending_in,
  none_pending_out_in,
  to,
  to_pending_in,
  from,
  from_pending_out,
  both,
};
inline constexpr int kSubscriptions = 9;

// The user may see the contact's presence.
constexpr bool sees(Subscription s) {
  return s == Subscription::to || s == Subscription::to_pending_in || s == Subscription::both;
}
// The contact may see the user's presence: this is the authorization.
constexpr bool is_seen_by(Subscription s) {
  return s == Subscription::from || s == Subscription::from_pending_out || s == Subscription::both;
}
constexpr bool is_pending_in(Subscription s) {
  return s == Subscription::none_pending_in || s == Subscription::none_pending_out_in ||
         s == Subscription::to_pending_in;
}
constexpr bool is_pending_out(Subscription s) {
  return s == Subscription::none_pending_out || s == Subscription::none_pending_out_in ||
         s == Subscription::from_pending_out;
}

// The stanzas that ask for, give, and take back subscriptions (RFC 6121 section 3).
enum class SubscriptionVerb : std::uint8_t { subscribe, unsubscribe, subscribed, unsubscribed };

std::string_view name_of(SubscriptionVerb verb);
std::optional<SubscriptionVerb> subscription_verb(std::string_view presence_type);

// What a user's record holds of one contact.
struct Relation {
  Subscription subscription = Subscription::none;
  // The user approved a request that has not come yet (RFC 6121 section 3.4).
  bool approved = false;
  // The contact is in the user's roster. A contact who has only asked is a record without being a
  // roster item (RFC 6121 section 3.1.3, security warning); every other subscription is listed.
  bool listed = false;

  bool blank() const { return !listed && !approved && subscription == Subscription::none; }
  friend bool operator==(const Relation&, const Relation&) = default;
};

// A stanza of the user, on its way to the contact: tables 2 to 5 of appendix A.2, and
// section 3.4.2.
struct Outbound {
  bool route = false;
  Relation after;
};
Outbound send_subscription(Relation before, SubscriptionVerb verb);

// A stanza of the contact, on its way to the user: tables 6 to 9 of appendix A.3, and
// section 3.4.2.
struct Inbound {
  bool deliver = false;
  std::optional<SubscriptionVerb> reply;  // sent to the contact on the user's behalf
  Relation after;
};
Inbound receive_subscription(Relation before, SubscriptionVerb verb);

}  // namespace muster
