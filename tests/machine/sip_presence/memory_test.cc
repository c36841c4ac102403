// What a subscription costs while nothing happens to it.
#include <gtest/gtest.h>

#include <cstdio>

#include "machine/sip_presence/subscription_world.h"
#include "support/heap.h"

namespace muster::testing {
namespace sip_presence_memory_test {

constexpr int kDialogs = 2'000;
constexpr std::size_t kDialogBytesMax = 1'000;

// Each watcher has 20 subscriptions, to rows of a usual size.
void subscribe_all(SubscriptionWorld& world, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    const std::string watcher = "watcher" + std::to_string(i / 20) + "@example.com";
    world.subscribe(
        {"From: \"Watcher\" <sip:" + watcher + ">;tag=f3a9c1d2e4",
         "Call-ID: 5f1c2a9e-" + std::to_string(100'000 + i) + "@192.0.2.9",
         "Contact: <sip:watcher@192.0.2.9:5060;transport=udp>", "Accept: application/pidf+xml"},
        watcher);
    world.decide(WatchState::active, "doc");
    world.notify_ended(200);
  }
  world.events.clear();
}

TEST(SipMemory, OfAnIdleSubscription) {
  SubscriptionWorld world;
  subscribe_all(world, 0, 200);  // what is there once for all
  const std::size_t before = test::heap_bytes();
  subscribe_all(world, 200, kDialogs);
  const std::size_t bytes = (test::heap_bytes() - before) / kDialogs;
  RecordProperty("bytes_per_subscription", static_cast<int>(bytes));
  std::printf("bytes per subscription: %zu\n", bytes);
  EXPECT_LE(bytes, kDialogBytesMax);
}

}  // namespace sip_presence_memory_test
}  // namespace muster::testing
