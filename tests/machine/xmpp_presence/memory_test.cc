// What a session costs while nothing happens: the design has 3 KB for it, over all modules.
#include <gtest/gtest.h>

#include "machine/xmpp_presence/world.h"
#include "server/xmpp_presence/xmpp_presence.h"
#include "support/heap.h"

namespace muster::testing {
namespace xmpp_presence_memory_test {

constexpr std::size_t kSessions = 2'000;
// What this module has of it: the user, the session, and the start of its presence, which
// presence_db holds too.
constexpr std::size_t kSessionBytesMax = 700;

TEST(SessionMemory, IsBounded) {
  XmppPresenceWorld world;
  world.bind("first@example.com/x");
  std::vector<Bound> bound;
  bound.reserve(kSessions);
  const std::size_t before = test::heap_bytes();
  for (std::size_t i = 0; i < kSessions; ++i) {
    bound.push_back(world.available("user" + std::to_string(i) + "@example.com"));
  }
  world.forget();
  const std::size_t addresses = kSessions * 48;  // of `bound`
  const std::size_t each = (test::heap_bytes() - before - addresses) / kSessions;
  RecordProperty("bytes", static_cast<int>(each));
  std::printf("%zu bytes, of which user %zu, session %zu\n", each, sizeof(XmppUser),
              sizeof(XmppSession));
  EXPECT_LE(each, kSessionBytesMax);
  // And nothing stays.
  for (const Bound& session : bound)
    world.on(StreamEnded{session.session, session.link});
  EXPECT_EQ(world.presence->sessions(), 1u);
}

}  // namespace xmpp_presence_memory_test
}  // namespace muster::testing
