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
// her. A server that takes no users asks for none.
//
// A candidate, who knows no loads, sends whoever is nobody's to the main. A user who was given to a
// server that is a candidate again, and did not come in time, is placed anew; but not before the
// directory is read once more, for it may just have been taken in. So is, once, a user whom the
// store did not give to the server that was chosen: it has begun to drain, and that was not known
// here.
//
// Where no server has room and there is a candidate, she waits for it to be taken in; so does who
// comes after her. Whose server is gone waits until it is forgotten, for until then nobody else can
// have her. A user who moves is made the other server's, by compare-and-set too.
//
// Limits: kUsersPerRequestMax of a request, kYieldTimeMax until the other server has answered,
// kWaitTimeMax for room and for who is gone to be forgotten, together. Who waits is bounded by the
// streams and requests that ask (residents.h: one question for each user).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "server/cluster_port.h"
#include "server/load_control/picture.h"
#include "server/load_control/placing.h"
#include "server/load_settings.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class Assignments {
 public:
  static constexpr Duration kYieldTimeMax = Duration::seconds(3);
  static constexpr Duration kWaitTimeMax = Duration::seconds(5);

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
  Assignments(cluster::Picture& picture, const cluster::LoadSettings& settings,
              Planted planted = {})
      : picture_(picture), settings_(settings), planted_(planted) {}

  // As the store last told it. Before the first there is no lease, and nobody is placed.
  void know(const cluster::Directory& directory, cluster::Incarnation self);
  // It was read anew: who is a candidate is known again.
  void go_on(Outbox& out);
  bool wants_directory() const { return !doubted_.empty(); }
  // No lease any more.
  void end(Outbox& out);

  void on(OwnerWanted wanted, Outbox& out);
  void on(const UsersLeft& left, Outbox& out);
  // To a question of ours.
  Outcome on(Now now, const ClusterAnswered& answered, Outbox& out);
  // She has nothing here, and another server wants her.
  void give_back(const Address& user, cluster::Incarnation to, Outbox& out);
  // These of a shard are to be the users of `to`. Each is answered by MoveDecided.
  void move(const MovesChosen& chosen, Outbox& out);
  // The picture has changed: there may be room.
  void look_for_room(Outbox& out);
  // So many wait for it.
  std::uint32_t wanting() const { return static_cast<std::uint32_t>(roomless_.size()); }
  // Where users reach that server; null where it takes none.
  std::shared_ptr<const ServerContacts> contacts(cluster::Incarnation server) const;
  // What `from` said to Wanted.
  void yielded(Now now, cluster::Incarnation from, const Address& user, bool yielded, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;

 private:
  struct Asked {
    ShardId shard;
    Address user;
    bool again = false;
    bool yielded = false;         // her server was asked to yield her
    cluster::Incarnation from{};  // a candidate that she was given to
    cluster::Incarnation to{};    // reserved in the picture; 0: nobody had room
    cluster::Placement::Outcome why = cluster::Placement::Outcome::nobody;
    std::optional<Instant> waits_until{};  // she waits, or has waited
    cluster::Incarnation gone{};           // whose she is, if she waits for that
    bool refused = false;                  // by the store: that server does not run
  };
  // She is another server's, and wanted here.
  struct Yield {
    ShardId shard;
    cluster::Incarnation from;
    Instant until;
  };

  void ask_next(Outbox& out);
  bool takes_users() const;
  cluster::Placement place(const Asked& asked) const;
  void given_back(const ClusterAnswered& answered, Outcome& outcome);
  void move_some(MovesChosen some, Outbox& out);
  void moved(const ClusterAnswered& answered, Outcome& outcome, Outbox& out);
  bool may_wait(Now now, Asked& asked) const;
  bool waits_for_burial(Now now, Asked& asked, cluster::Incarnation owner, const UserPlace& place);
  static void wait_in(std::deque<Asked>& queue, Asked asked);
  static void give_up(Now now, std::deque<Asked>& queue, UserPlace::Outcome outcome, Outbox& out);
  void answered(Now now, Asked asked, cluster::Incarnation owner, Outcome& outcome, Outbox& out);
  static void answer(const Asked& asked, UserPlace place, Outbox& out);
  UserPlace place_of(cluster::Incarnation owner) const;

  cluster::Picture& picture_;
  const cluster::LoadSettings& settings_;
  Planted planted_;
  cluster::Incarnation self_;
  std::map<cluster::Incarnation, std::shared_ptr<const ServerContacts>> contacts_;
  std::deque<Asked> waiting_;
  std::vector<Asked> assigning_;  // the answer is out
  std::vector<Asked> finding_;
  std::deque<Asked> doubted_;      // until the directory is read anew
  std::deque<Asked> roomless_;     // by their time
  std::deque<Asked> unforgotten_;  // of a server that is gone, by their time
  cluster::Incarnation sends_to_;  // by a candidate: the main
  std::set<cluster::Incarnation> candidates_;
  bool hope_ = false;  // there is a candidate, and who could take it in
  std::map<Address, Yield> yields_;
  Deadlines<Address> yields_due_;
  std::map<std::uint64_t, Yielded> giving_back_;  // by the number of the question
  std::map<std::uint64_t, MovesChosen> moving_;   // the same
  std::uint64_t next_number_ = 1;
};

}  // namespace muster
