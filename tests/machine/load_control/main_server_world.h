// The main of four servers, what it orders in few words, and a store and servers that answer as the
// test says.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "machine/load_control/servers.h"
#include "server/load_control/main_server.h"

namespace muster::cluster {

using Outcome = AdminReply::Outcome;
using Status = sip::Status;
using What = OrderServer::What;
using Words = std::vector<std::string>;

inline constexpr Incarnation kSelf(1);
inline constexpr Epoch kEpoch(7);

inline std::string text(Incarnation incarnation) {
  return std::to_string(incarnation.number());
}
inline std::string text(Role role) {
  constexpr const char* kRoles[] = {"standby", "running", "draining", "gone", "releasing"};
  return kRoles[static_cast<int>(role)];
}
inline std::string text(MainServer::Say::What what) {
  constexpr const char* kSaid[] = {"recruiting", "recruited", "not-recruited",
                                   "launching",  "draining",  "let-go"};
  return kSaid[static_cast<int>(what)];
}
inline std::string words(const MainServer::Order& order) {
  return std::visit(
      Overloaded{
          [](const MainServer::Invite& o) { return "invite " + text(o.candidate); },
          [](const MainServer::Confirm& o) { return "confirm " + text(o.candidate); },
          [](const MainServer::Dismiss& o) { return "dismiss " + text(o.server); },
          [](const MainServer::ChangeRole& o) {
            return "role " + text(o.change.of) + " " + text(o.change.from) + ">" +
                   text(o.change.to);
          },
          [](const MainServer::Launch&) { return std::string("launch"); },
          [](const MainServer::MoveFrom& o) {
            return "move " + text(o.move.from) + ">" + text(o.move.to) + (o.all ? " all" : "");
          },
          [](const MainServer::Say& o) { return "say " + text(o.what) + " " + text(o.server); },
      },
      order);
}
inline Words words(const std::vector<MainServer::Order>& orders) {
  Words all;
  for (const MainServer::Order& order : orders)
    all.push_back(words(order));
  return all;
}

inline ServerPicture candidate(std::uint64_t number) {
  ServerPicture picture;
  picture.incarnation = Incarnation(number);
  picture.role = Role::standby;
  return picture;
}

// Server 1, the main, and 2 run; 3 and 4 are candidates.
class MainServerTest : public ::testing::Test {
 protected:
  MainServerTest() {
    for (std::uint64_t number = 1; number <= 4; ++number)
      add(number, number < 3 ? Role::running : Role::standby);
    directory.main = kSelf;
    directory.epoch = kEpoch;
    know(0);
  }

  void add(std::uint64_t number, Role role) {
    directory.members.push_back(member(number, role));
    directory.members.back().self.svr_id = name(number);
  }
  void set_role(std::uint64_t number, Role role) {
    for (Member& member : directory.members) {
      if (member.incarnation == Incarnation(number)) member.role = role;
    }
  }
  static std::string name(std::uint64_t number) {
    return "sip:s" + std::to_string(number) + ".example.com";
  }
  void know(std::int64_t ms) { main.know(at(ms), directory, kSelf); }
  Words step(std::int64_t ms) { return words(main.step(at(ms), servers)); }
  SetRole change(std::uint64_t of, Role from, Role to) const {
    return {kSelf, directory.epoch, Incarnation(of), from, to};
  }
  // The store has done it, or has not; and what comes of it.
  Words changed(std::int64_t ms, std::uint64_t of, Role from, Role to, bool done = true) {
    main.role_changed(at(ms), change(of, from, to), done);
    return step(ms);
  }
  Words answered(std::int64_t ms, std::uint64_t candidate, Status status) {
    main.invite_answered(at(ms), Incarnation(candidate), status);
    return step(ms);
  }
  // All are full, and somebody waits.
  void be_short() {
    servers = {server(1, 100), server(2, 100), candidate(3), candidate(4)};
    main.wanting(kSelf, 1);
  }
  // Of server 2, up to its being empty.
  void release_second(std::int64_t ms) {
    servers = {server(1, 10), server(2, 5)};
    ASSERT_EQ(main.ordered({What::release, name(2)}), Outcome::done);
    ASSERT_EQ(step(ms), Words{"role 2 running>releasing"});
    servers[1] = releasing_server(2, 5);
    ASSERT_EQ(changed(ms, 2, Role::running, Role::releasing), Words{"say draining 2"});
  }

  LoadSettings settings;
  MainServer main{settings};
  Directory directory;
  std::vector<ServerPicture> servers = {server(1, 0), server(2, 0), candidate(3), candidate(4)};
};

inline const Words kNothing;
inline const Words kThirdIsAsked = {"say recruiting 3", "invite 3"};
inline const Words kFourthIsAskedInstead = {"dismiss 3", "say not-recruited 3", "say recruiting 4",
                                            "invite 4"};

}  // namespace muster::cluster
