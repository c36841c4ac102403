// One server's assignments of users, and its picture of three, in a test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/load_control/assignments.h"
#include "server/load_control/cluster_ticket.h"
#include "support/module_world.h"

namespace muster::testing {

using cluster::Incarnation;
using cluster::LoadLevel;
using Kind = cluster::ServerEndpoint::Kind;
using Outcome = UserPlace::Outcome;

inline Address user(int number) {
  return Address::of_canonical("u" + std::to_string(number), "example.com");
}

inline cluster::Member server(std::uint64_t number, cluster::Role role = cluster::Role::running) {
  const std::string host = "s" + std::to_string(number) + ".example.com";
  cluster::Member member;
  member.self.svr_id = "sip:" + host;
  member.self.endpoints = {{member.self.svr_id, Kind::sip, true, "sip:" + host + ";transport=tcp"},
                           {member.self.svr_id, Kind::xmpp, true, "xmpp:" + host + ":5222"}};
  member.self.max_level = LoadLevel{100};
  member.incarnation = Incarnation(number);
  member.role = role;
  return member;
}

// Server 1 of 1, 2 and 3.
class AssignmentsTest : public ::testing::Test {
 protected:
  AssignmentsTest() { know({server(1), server(2), server(3)}, {50, 10, 70}); }

  void know(std::vector<cluster::Member> servers, const std::vector<std::uint32_t>& levels) {
    assignments.know({std::move(servers), Incarnation(1), {}}, Incarnation(1));
    for (std::size_t i = 0; i < levels.size(); ++i) {
      picture.take_report(Incarnation(i + 1), {LoadLevel{levels[i]}, levels[i], 0, 0});
    }
  }
  void land(int number, bool again = false) {
    assignments.on(OwnerWanted{ShardId(), user(number), again}, world.out);
  }
  std::vector<AskCluster> asked() { return orders<AskCluster>(world.take()); }
  // The answer, and who was found.
  std::vector<OwnerFound> answer(const AskCluster& question, cluster::ClusterReply reply) {
    auto outcome =
        assignments.on(world.now, ClusterAnswered{question.ticket, std::move(reply)}, world.out);
    given.insert(given.end(), outcome.given.begin(), outcome.given.end());
    wanted = std::move(outcome.wanted);
    yielded = std::move(outcome.yielded);
    auto happened = world.take();
    further = orders<AskCluster>(happened);
    return events<OwnerFound>(happened);
  }
  static std::vector<cluster::AssignUsers::One> to_assign(const AskCluster& asked) {
    const auto* assign = std::get_if<cluster::AssignUsers>(&asked.request);
    return assign == nullptr ? std::vector<cluster::AssignUsers::One>() : assign->users;
  }
  LoadLevel level_of(std::uint64_t number) const {
    for (const cluster::ServerPicture& one : picture.servers()) {
      if (one.incarnation == Incarnation(number)) return one.level();
    }
    return {};
  }

  ModuleWorld world;
  cluster::Picture picture;
  cluster::LoadSettings settings;
  Assignments assignments{picture, settings};
  std::vector<Assignments::Given> given;
  std::vector<Assignments::Wanted> wanted;
  std::vector<Assignments::Yielded> yielded;
  std::vector<AskCluster> further;
};

}  // namespace muster::testing
