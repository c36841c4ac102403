// What the messages of subscriptions between servers have in common: the event package
// muster-cluster (docs/wire.md), and how long things take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace muster {

inline constexpr std::string_view kClusterEvent = "muster-cluster";
// A parameter of the event: all users of a server, instead of how many they are.
inline constexpr std::string_view kContentParam = "content";
inline constexpr std::string_view kContentUsers = "users";

// Of an Event row, with its parameters: 513.
inline constexpr std::size_t kEventBytesMax = 128;

// For how long a subscription is asked, and granted at most; it is refreshed after half of that.
inline constexpr Duration kSubscriptionTime = Duration::seconds(600);
// 423.
inline constexpr Duration kSubscriptionTimeMin = Duration::seconds(60);

// Changes that happen within it go out together; the first after as long a silence goes at once. A
// change of a server's own load waits for Residents::kTellAfter first, and has left within 20 ms.
inline constexpr Duration kCoalescingWindow = Duration::milliseconds(10);

// Of a 480 or 503: the directory is read anew within it.
inline constexpr std::uint64_t kRetryAfterSeconds = 1;

// What was refused is not tried again before.
inline constexpr Duration kTryAgainAfter = Duration::milliseconds(500);

}  // namespace muster
