// One shard's Interests among servers that the test plays. What it tells them is read as they read
// it; what it asks of shard 0 goes there as mail, for it is seated on another shard.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "server/load_control/interests.h"
#include "support/module_world.h"

namespace muster::testing {

class InterestsTest : public ::testing::Test {
 protected:
  using Happened = ModuleWorld::Happened;
  using Servers = std::vector<std::uint64_t>;
  using Users = std::vector<Address>;
  using Names = std::vector<std::string>;

  // Of three, alice lives on the one that is tested, bob on the last.
  static constexpr std::uint8_t kShards = 3;
  static constexpr ShardId kSelf{1};
  static constexpr Duration kMoment = Duration::milliseconds(1);

  InterestsTest() : world(kShards, kSelf.number()), interests(world.shard) {
    world.settings.cluster.emplace();
  }

  static Address user(std::string_view local) {
    return Address::of_canonical(local, "example.com");
  }
  static Users many(std::size_t count) {
    Users users;
    for (std::size_t i = 0; i < count; ++i)
      users.push_back(user("u" + std::to_string(i)));
    return users;
  }

  template <class Fact>
  Happened give(const Fact& fact) {
    interests.on(world.now, fact, world.out);
    return world.take();
  }
  // All that is due meanwhile happens.
  Happened pass(Duration time) {
    const Instant end = world.now.instant + time;
    while (interests.next_deadline() && *interests.next_deadline() <= end) {
      world.pass(*interests.next_deadline() - world.now.instant);
      interests.wake(world.now, world.out);
    }
    world.pass(end - world.now.instant);
    return world.take();
  }

  // --- what this shard is given
  Happened meet(std::uint64_t server) { return give(ServerUp{server}); }
  Happened watch(const Address& account) { return give(ContactsWanted{{account}, {}}); }
  Happened unwatch(const Address& account) { return give(ContactsWanted{{}, {account}}); }
  Happened serve_here(const Address& account) {
    return give(ResidentChanged{account, true, false, 0});
  }
  // The other server says so.
  Happened serve_there(std::uint64_t server, const Address& account) {
    Concerns concerns;
    concerns.served.push_back(account);
    return give(ConcernsCame{server, concerns});
  }
  Happened serve_no_more(std::uint64_t server, const Address& account) {
    Concerns concerns;
    concerns.not_served.push_back(account);
    return give(ConcernsCame{server, concerns});
  }
  Happened watch_there(std::uint64_t server, const Address& account) {
    Concerns concerns;
    concerns.watched.push_back(account);
    return give(ConcernsCame{server, concerns});
  }
  struct Heard {
    std::optional<UserEvent> event;
    Happened happened;
  };
  Heard hear(std::uint64_t by, std::string said, bool returned = false) {
    std::optional<UserEvent> event =
        interests.hear(world.now, FromServer{by, std::move(said), returned}, world.out);
    return {std::move(event), world.take()};
  }
  Happened present(std::uint64_t at, const Address& account, std::vector<PresenceSource> sources) {
    Heard heard = hear(at, write_presence(account, sources));
    EXPECT_FALSE(heard.event.has_value());
    return std::move(heard.happened);
  }
  // alice, whom that server serves, and who is watched here.
  void be_at_desk_of(std::uint64_t server) {
    meet(server);
    watch(alice);
    serve_there(server, alice);
    present(server, alice, {session("desk")});
  }
  static PresenceSource session(std::string name, bool available = true) {
    return XmppSource{std::move(name), available, 0, share("'/>"), {}};
  }

  // --- what came of it
  static std::vector<ToServers> told(const Happened& happened) {
    std::vector<ToServers> all;
    for (const ToShard& mail : orders<ToShard>(happened)) {
      const auto* to = std::get_if<ToServers>(&mail.event);
      if (to == nullptr) continue;
      EXPECT_EQ(mail.to, way_of(to->said));
      all.push_back(*to);
    }
    return all;
  }
  // Shard 0 has the links; what is for a user goes there by the home shard of its sender.
  static ShardId way_of(std::string_view said) {
    const auto read = read_said(said);
    const auto* event = read ? std::get_if<EventSaid>(&*read) : nullptr;
    if (event == nullptr || std::holds_alternative<RelationChanged>(event->event)) return {};
    return home_shard(sender_of(event->event).bare(), kShards);
  }
  // What exactly these servers are told, all of them if there are none, of one kind and lane.
  template <class Kind>
  static std::vector<Kind> said(const Happened& happened, const Servers& to, bool once = false) {
    std::vector<Kind> all;
    for (const ToServers& one : told(happened)) {
      const auto read = read_said(one.said);
      EXPECT_TRUE(read.has_value());
      if (!read || one.to != to || one.once != once) continue;
      if (const auto* kind = std::get_if<Kind>(&*read)) all.push_back(*kind);
    }
    return all;
  }
  // All that these servers are told of whom is watched and served.
  static Concerns concerns_said(const Happened& happened, const Servers& to) {
    Concerns all;
    for (const Concerns& one : said<Concerns>(happened, to)) {
      all.watched.insert(all.watched.end(), one.watched.begin(), one.watched.end());
      all.unwatched.insert(all.unwatched.end(), one.unwatched.begin(), one.unwatched.end());
      all.present.insert(all.present.end(), one.present.begin(), one.present.end());
      all.served.insert(all.served.end(), one.served.begin(), one.served.end());
      all.not_served.insert(all.not_served.end(), one.not_served.begin(), one.not_served.end());
      if (one.last_of != 0) all.last_of = one.last_of;
    }
    return all;
  }
  // What presence_db is told of `account`, each time.
  static std::vector<Names> heard_of(const Address& account, const Happened& happened) {
    std::vector<Names> all;
    for (const PresenceElsewhere& presence : events<PresenceElsewhere>(happened)) {
      if (presence.account == account) all.push_back(names_of(presence.sources));
    }
    return all;
  }
  static Names names_of(const std::vector<PresenceSource>& sources) {
    Names names;
    for (const PresenceSource& source : sources) {
      names.push_back(std::visit(
          Overloaded{[](const XmppSource& s) { return (s.available ? "" : "-") + s.resource; },
                     [](const PublicationSource& s) { return *s.document; },
                     [](const RegistrationSource& s) { return s.registration.name; }},
          source));
    }
    return names;
  }

  ModuleWorld world;
  Interests interests;
  const Address alice = user("alice");
  const Address bob = user("bob");
};

}  // namespace muster::testing
