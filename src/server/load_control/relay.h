// Streams whose user another server serves, and whose client does not go there: the last rung of
// the ladder (design, "The redirect ladder"). The server that has the client's link relays; her
// owner serves her on a link that it does not have. Seated on each shard of one of many, for the
// users whose home it is, at either end.
//
// The relaying server sends on what comes, as it comes, and does no more work for it; what the
// owner says leaves as it is. At the owner such a stream is like any other that has just arrived
// from another shard: it has a LinkId (is_relayed()), of which the driver never hears, for what a
// step orders of it is taken out of the step's orders, and said to the other server.
//
// No server relays to one that relays on: the owner sends who is not its own elsewhere.
//
// Flow: kWindowBytes of a client's bytes at most are on their way, and kOwnerWindowBytes of all
// clients of one owner, for all of them share the link between the servers, which the driver cuts
// when too much waits on it. What was read beyond waits here, and its client is not read; while the
// owner's stream waits behind a barrier it takes no more. The other way a client that does not read
// is cut off by the driver that has its link, as any is.
//
// What cannot be said, for the link between the servers is lost or full in this step
// (kStepBytesMax, server_links.h), ends the stream at both ends; its session waits if it can be
// resumed. That it has ended is said until it could be (kAgainAfter), or the link is lost. Whoever
// is told of a stream that it does not have answers that it has ended.
//
// Limits: as many streams as a shard may have at the owner (streams_per_shard_max); at the other
// end they are streams of their shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/slot_table.h"
#include "base/time.h"
#include "base/unordered.h"
#include "server/cluster_events.h"
#include "server/link_table.h"
#include "server/load_control/relay_words.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class Relay {
 public:
  static constexpr std::size_t kWindowBytes = std::size_t{64} * 1024;
  // Of all shards together.
  static constexpr std::size_t kOwnerWindowBytes = std::size_t{512} * 1024;
  static constexpr Duration kAgainAfter = Duration::milliseconds(100);

  explicit Relay(const Shard& shard) : shard_(shard) {}

  // Of streams whose links are here.
  void on(Now now, const RelayStream& stream, Outbox& out);
  void on(Now now, const BytesToRelay& came, Outbox& out);
  void on(Now now, const RelayedStreamEnded& ended, Outbox& out);
  // Of both.
  void on(Now now, const FromRelay& from, Outbox& out);
  void on(Now now, const ServerDown& down, Outbox& out);

  // Takes what is ordered of streams whose links are elsewhere out of the orders.
  void take_orders(Outbox& out);

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const { return again_at_; }

  // How many links here are of users whom others serve.
  std::size_t relaying() const { return relaying_.size(); }

 private:
  using StreamNumber = std::pair<std::uint64_t, std::uint64_t>;  // the server's that relays it

  // The link is here.
  struct Relaying {
    std::uint64_t owner = 0;
    std::uint64_t number = 0;
    std::uint64_t home = 0;
    std::size_t under_way = 0;
    bool begun = false;  // the owner has said something
    bool paused = false;
    std::string held;  // there was no room for it on the way to the owner
  };
  // What is on its way to one, and whose bytes are held until there is room.
  struct Owner {
    std::size_t under_way = 0;
    std::deque<LinkId> waiting;
  };
  // The user is.
  struct Served {
    StreamNumber stream;
    std::uint64_t home = 0;
    bool paused = false;
    std::size_t taken = 0;  // and not told yet
    std::string said;       // in this step
    bool is_said = false;   // it stands in `dirty_`
  };
  using Links = SlotTable<Served, LinkTag>;

  void say(std::uint64_t to, const RelaySaid& said, Outbox& out) const;
  void send_on(Relaying& relaying, std::string_view bytes, Outbox& out);
  void took(std::uint64_t owner, std::size_t bytes, Outbox& out);
  static void go_on(LinkId link, Relaying& relaying, Outbox& out);
  void say_bytes(std::uint64_t to, RelaySaid said, std::string_view bytes, Outbox& out) const;
  void hear_as_owner(std::uint64_t by, const RelaySaid& said, Outbox& out);
  void hear_from_owner(std::uint64_t by, const RelaySaid& said, Outbox& out);
  void came_back(Now now, const FromRelay& from, const RelaySaid& said, Outbox& out);
  void open(std::uint64_t by, const RelaySaid& said, const RelayOpen& opened, Outbox& out);
  void tell_taken(Served& served, Outbox& out) const;
  bool take(Order& order, Outbox& out);
  void take_fan_out(FanOut& fan_out);
  Served* served_on(LinkId link);
  void say_on(LinkId link, std::initializer_list<std::string_view> texts);
  void flush(Served& served, Outbox& out) const;
  void forget(LinkId link, Outbox& out);
  void end_here(LinkId link, bool lost, Outbox& out);
  void forget_served(LinkId link);
  void lose(LinkId link, Outbox& out);

  const Shard& shard_;
  LinkTable<Relaying> relaying_;
  UnorderedMap<std::uint64_t, LinkId> links_by_number_;
  std::map<std::uint64_t, Owner> owners_;  // to whom something is on its way
  std::uint64_t next_number_ = 1;
  Links served_;  // by their LinkId without kRelayedSlot
  std::map<StreamNumber, LinkId> served_by_stream_;
  std::vector<LinkId> dirty_;
  bool forgot_ = false;  // one, since orders were taken
  // To be said again.
  std::vector<std::pair<std::uint64_t, std::string>> again_;
  std::optional<Instant> again_at_;
};

}  // namespace muster
