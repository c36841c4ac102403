// Whose user is she? What shards ask of users who land here, put to the cluster store (design,
// "Placing a user"): who owns her already; else the server that placing.h chooses, committed by
// compare-and-set, so that of several servers that are asked at one moment one is right. Seated on
// shard 0.
//
// What is asked while an answer is out waits, and goes together: a login costs its share of one
// transaction. Where no server has room the store is only asked who owns her.
//
// Who was sent to her server and came back here stays here, if she is nobody's yet, or if her
// server has nothing of hers: it is asked to yield her. It makes her nobody's in the store before
// it says so, for it alone knows whether she has come to it meanwhile; whoever then asks first has
// her.
//
// Limits: kUsersPerRequestMax of a request, kYieldTimeMax until the other server has answered. Who
// waits is bounded by the streams and requests that ask (residents.h: one question for each user).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "server/cluster_port.h"
#include "server/load_control/picture.h"
#include "server/load_control/placing.h"
#include "server/load_settings.h"
#include "server/outbox.h"

namespace muster {

class Assignments {
 public:
  static constexpr Duration kYieldTimeMax = Duration::seconds(3);

  // What comes of it for other servers, and for this one.
  struct Given {
    cluster::Incarnation to;
    std::uint64_t number = 0;
    Address user;
  };
  struct Wanted {  // to be asked to yield her
    cluster::Incarnation from;
    Address user;
  };
  struct Yielded {  // what the one who wanted her is to be told
    cluster::Incarnation to;
    Address user;
    bool yielded = false;
  };
  struct Outcome {
    std::vector<Given> given;
    std::vector<Wanted> wanted;
    std::vector<Yielded> yielded;
  };

  // Both outlive it.
  Assignments(cluster::Picture& picture, const cluster::LoadSettings& settings)
      : picture_(picture), settings_(settings) {}

  // As the store last told it. Before the first there is no lease, and nobody is placed.
  void know(const cluster::Directory& directory, cluster::Incarnation self);
  // No lease any more.
  void end(Outbox& out);

  void on(OwnerWanted wanted, Outbox& out);
  void on(const UsersLeft& left, Outbox& out);
  // To a question of ours.
  Outcome on(Now now, const ClusterAnswered& answered, Outbox& out);
  // She has nothing here, and another server wants her.
  void give_back(const Address& user, cluster::Incarnation to, Outbox& out);
  // What `from` said to Wanted.
  void yielded(cluster::Incarnation from, const Address& user, bool yielded, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const { return yields_due_.next(); }

 private:
  struct Asked {
    ShardId shard;
    Address user;
    bool again = false;
    bool yielded = false;       // her server was asked to yield her
    cluster::Incarnation to{};  // reserved in the picture; 0: nobody had room
    cluster::Placement::Outcome why = cluster::Placement::Outcome::nobody;
  };
  // She is another server's, and wanted here.
  struct Yield {
    ShardId shard;
    cluster::Incarnation from;
    Instant until;
  };

  void ask_next(Outbox& out);
  void given_back(const ClusterAnswered& answered, Outcome& outcome);
  void answered(Now now, Asked asked, cluster::Incarnation owner, Outcome& outcome, Outbox& out);
  static void answer(const Asked& asked, UserPlace place, Outbox& out);
  UserPlace place_of(cluster::Incarnation owner) const;

  cluster::Picture& picture_;
  const cluster::LoadSettings& settings_;
  cluster::Incarnation self_;
  std::map<cluster::Incarnation, std::shared_ptr<const ServerContacts>> contacts_;
  std::deque<Asked> waiting_;
  std::vector<Asked> assigning_;  // the answer is out
  std::vector<Asked> finding_;
  std::map<Address, Yield> yields_;
  Deadlines<Address> yields_due_;
  std::map<std::uint64_t, Yielded> giving_back_;  // by the number of the question
  std::uint64_t next_giving_back_ = 1;
};

// Where users reach that server, by what it said of itself.
ServerContacts contacts_of(const cluster::Self& server);

}  // namespace muster
