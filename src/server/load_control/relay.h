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
// Flow: kWindowBytes of a client's bytes are on their way, and of all clients of one owner that
// this shard relays its part of kOwnerWindowBytes: all of them share the link between the servers,
// which the driver cuts when too much waits on it. One read more may be. What was read beyond waits
// here, and its client is not read; while the owner's stream waits behind a barrier it takes no
// more. What is on its way of a stream that has ended counts until the owner has said that it has,
// too. The other way a client that does not read is cut off by the driver that has its link, as any
// is.
//
// What cannot be said, for the link between the servers is lost or full in this step
// (kStepBytesMax, server_links.h), ends the stream at both ends; its session waits if it can be
// resumed. Who hears of it first ends it: all that is said of a stream is counted, and a gap is an
// end. That it has ended is said until it could be (kAgainAfter), or the link is lost; the owner
// answers it, also of a stream that it does not have.
//
// Limits: these streams are streams of their shard at both ends (streams_per_shard_max).
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
  std::size_t relaying() const { return numbers_.size(); }

 private:
  using StreamNumber = std::pair<std::uint64_t, std::uint64_t>;  // the server's that relays it

  // The link is here. By its number; from when it has ended here until the owner has said so it has
  // no link.
  struct Relaying {
    LinkId link;
    std::uint64_t owner = 0;
    std::uint64_t home = 0;
    std::uint64_t said = 0;   // bytes
    std::uint64_t heard = 0;  // the same
    std::size_t under_way = 0;
    bool paused = false;
    std::string held;  // there was no room for it on the way to the owner
  };
  using Relayings = std::map<std::uint64_t, Relaying>;
  // What is on its way to one, and the numbers of those of whom something is held.
  struct Owner {
    std::size_t under_way = 0;
    std::deque<std::uint64_t> waiting;
  };
  // The user is.
  struct Served {
    StreamNumber stream;
    std::uint64_t home = 0;
    std::uint64_t said_before = 0;  // bytes, up to this step
    std::uint64_t heard = 0;        // the same, with this step
    bool paused = false;
    std::size_t taken = 0;  // and not told yet
    std::string said;       // in this step
    bool is_dirty = false;  // it stands in `dirty_`
  };
  using Links = SlotTable<Served, LinkTag>;

  void say(std::uint64_t to, const RelaySaid& said, Outbox& out) const;
  void say_bytes(std::uint64_t to, RelaySaid said, std::uint64_t before, std::string_view bytes,
                 Outbox& out) const;
  std::size_t window() const;
  bool has_room(const Owner& owner) const;
  void pass_on(std::uint64_t number, Relaying& relaying, std::string_view bytes, Outbox& out);
  void send_on(std::uint64_t number, Relaying& relaying, std::string_view bytes, Outbox& out);
  void took(std::uint64_t owner, std::size_t bytes, Outbox& out);
  void go_on(Relaying& relaying, Outbox& out) const;
  void say_ended(std::uint64_t number, const Relaying& relaying, Outbox& out) const;
  void unlink(Relaying& relaying);
  void lose_here(Relaying& relaying, Outbox& out);
  void forget(Relayings::iterator known);
  void hear_as_owner(std::uint64_t by, const RelaySaid& said, Outbox& out);
  void hear_from_owner(std::uint64_t by, const RelaySaid& said, Outbox& out);
  void came_back(Now now, const FromRelay& from, const RelaySaid& said, Outbox& out);
  void open(std::uint64_t by, const RelaySaid& said, const RelayOpen& opened, Outbox& out);
  void tell_taken(Served& served, Outbox& out) const;
  bool take(Order& order, Outbox& out);
  void take_fan_out(FanOut& fan_out);
  Served* served_on(LinkId link);
  void say_on(LinkId link, std::initializer_list<std::string_view> texts);
  void touch(LinkId link, Served& served);
  void flush(Served& served, Outbox& out) const;
  void forget_served(LinkId link);
  void lose(LinkId link, Outbox& out);

  const Shard& shard_;
  Relayings relaying_;
  LinkTable<std::uint64_t> numbers_;       // of those that have a link
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
