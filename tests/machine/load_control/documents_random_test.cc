// A cluster under whatever a seed draws: levels change, links are cut and made, servers die and
// come back with empty memory, roles and the main change, and each learns of it at another time.
// Then it is left in peace, and all must agree on what is true.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/prng.h"
#include "support/documents_world.h"

namespace muster {
namespace load_control_documents_random_test {

using cluster::Role;
using test::DocumentsWorld;

constexpr int kServers = 12;
constexpr Duration kTrouble = Duration::seconds(10);
constexpr Duration kRest = Duration::seconds(5);

class Trouble {
 public:
  explicit Trouble(std::uint64_t seed) : world_(seed), prng_(Prng::seed_of(seed)) {
    world_.delay = [this] { return below(30); };
    world_.directory_delay = [this] { return below(500); };
    for (int i = 0; i < kServers; ++i)
      world_.add(i < kServers * 2 / 3 ? Role::running : Role::standby);
    for (int i = 0; i < kServers; ++i) {
      for (int j = 0; j < i; ++j)
        world_.join(i, j);
    }
    name_main();
  }

  void make() {
    for (int step = 0; world_.now() < Instant::at(Duration::seconds(100)) + kTrouble; ++step) {
      happen();
      world_.run_for(below(100));
    }
  }
  void end() {
    for (int i = 0; i < kServers; ++i) {
      if (!world_.at(i).documents) world_.start(i);
      for (int j = 0; j < i; ++j)
        world_.join(i, j);
    }
    if (world_.main() < 0 || !world_.runs(world_.main())) name_main();
    world_.run_for(kRest);
  }

  DocumentsWorld& world() { return world_; }

 private:
  Duration below(int milliseconds) {
    return Duration::milliseconds(
        static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(milliseconds))));
  }
  int any() { return static_cast<int>(prng_.below(kServers)); }

  void happen() {
    const int a = any();
    const int b = any();
    switch (prng_.below(16)) {
      case 0: return world_.cut(a, b);
      case 1: return world_.at(a).documents && prng_.below(4) != 0 ? void() : turn(a);
      case 2: return set_role(a);
      case 3: return prng_.below(4) == 0 ? name_main() : void();
      case 4: return take_in(a);
      case 5:
      case 6:
      case 7:
      case 8: return world_.join(a, b);
      default: {
        const auto level = static_cast<std::uint32_t>(prng_.below(100));
        return world_.set_load(a, {{level}, cluster::LoadLevel{100}, level});
      }
    }
  }
  // A server is asked in, whoever it is; is told that it is taken in if it said 200; is let go.
  void take_in(int candidate) {
    if (!world_.at(candidate).documents || world_.main() < 0) return;
    const auto life = world_.at(candidate).life;
    std::vector<InviteAnswered>& answers = world_.at(world_.main()).invite_answers;
    const bool accepted = std::any_of(answers.begin(), answers.end(), [&](const auto& answer) {
      return answer.candidate == life && answer.status == sip::Status::ok;
    });
    std::erase_if(answers, [&](const auto& answer) { return answer.candidate == life; });
    const bool asks = !accepted && prng_.below(2) == 0;
    world_.give(world_.main(), [&](Instant now, Documents& one) {
      if (asks) return one.invite(now, life);
      if (accepted) return one.confirm(now, life);
      one.dismiss(now, life);
    });
  }
  // A server dies, or comes back and finds the others.
  void turn(int index) {
    if (world_.at(index).documents) return world_.stop(index);
    world_.start(index);
    for (int other = 0; other < kServers; ++other)
      world_.join(index, other);
  }
  // The main runs or drains, as the store has it.
  void set_role(int index) {
    constexpr Role kRoles[] = {Role::running, Role::draining, Role::standby};
    const Role role = kRoles[prng_.below(3)];
    if (index == world_.main() && role == Role::standby) return;
    world_.set_role(index, role);
  }
  void name_main() {
    for (int tries = 0; tries < 100; ++tries) {
      const int index = any();
      if (world_.at(index).role == Role::running && world_.at(index).documents) {
        return world_.name_main(index);
      }
    }
    world_.set_role(0, Role::running);
    if (!world_.at(0).documents) world_.start(0);
    world_.name_main(0);
  }

  DocumentsWorld world_;
  Prng prng_;
};

TEST(DocumentsRandom, after_any_trouble_all_agree) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Trouble trouble(seed);
    trouble.make();
    trouble.end();
    DocumentsWorld& world = trouble.world();
    const auto notifies =
        std::count_if(world.sent().begin(), world.sent().end(),
                      [](const auto& sent) { return sent.bytes.starts_with("NOTIFY "); });
    EXPECT_GT(notifies, 200) << "there was little trouble at seed " << seed;
    ASSERT_EQ(world.strayed(), std::vector<std::string>()) << "seed " << seed;
    for (int i = 0; i < kServers; ++i) {
      const DocumentCounters& counters = world.documents(i).counters();
      // Servers that are right say nothing wrong, whatever happens around them.
      for (const DocumentFault fault :
           {DocumentFault::no_message, DocumentFault::bad_request, DocumentFault::bad_document,
            DocumentFault::foreign_document, DocumentFault::lost_thread, DocumentFault::stranger,
            DocumentFault::out_of_order, DocumentFault::bad_event}) {
        EXPECT_EQ(counters.of(fault), 0U) << to_string(fault) << " at seed " << seed;
      }
    }
  }
}

}  // namespace load_control_documents_random_test
}  // namespace muster
