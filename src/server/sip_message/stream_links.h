// The stream links (TCP, TLS) of one shard: where a message ends, what of one has come so far, and
// how long a link may wait. A link that waits for a message has no buffer.
//
// Limits, each of Limits: sip_links_per_shard_max links that peers opened; a further one is closed.
// sip_link_silence_max without a byte, sip_message_time_max with half a message: closed.
// sip_unfinished_bytes_per_shard_max of half messages over all links: who would pass it is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadlines.h"
#include "base/time.h"
#include "codec/sip/framer.h"
#include "server/link_table.h"
#include "server/ports.h"
#include "server/settings.h"
#include "server/sip_message/counters.h"

namespace muster {

struct StreamLink {
  sip::Framer framer;
  std::string unfinished;  // what came of the message that has begun
  Transport transport = Transport::tcp;
  Endpoint local;
  Endpoint remote;
  bool ours = false;  // we opened it
  Instant heard;      // when the last bytes came
  Instant begun;      // when the unfinished message began
  Instant look;       // when to look at both
};

class StreamLinks {
 public:
  explicit StreamLinks(const Limits& limits) : limits_(limits) {}

  // False at the limit; a link of ours is always taken.
  bool add(Now now, const LinkOpened& opened);
  StreamLink* find(LinkId link) { return links_.find(link); }
  void erase(LinkId link);

  // Bytes came: shows what is unread, to be divided by link.framer. Then keep() with what is left.
  std::string_view take_in(Now now, StreamLink& link, std::string_view bytes);
  // False if it cannot be kept; the link is then to be closed.
  bool keep(Now now, LinkId id, StreamLink& link, std::string_view rest);

  // The next link that waited too long, and why it is to be closed.
  struct Overdue {
    LinkId link;
    SipDrop why = SipDrop::link_silent;
  };
  std::optional<Overdue> take_overdue(Now now);
  std::optional<Instant> next_deadline() const { return deadlines_.next(); }

  std::size_t size() const { return links_.size(); }
  std::size_t unfinished_bytes() const { return unfinished_bytes_; }

 private:
  void look_later(LinkId id, StreamLink& link);

  const Limits& limits_;
  LinkTable<StreamLink> links_;
  Deadlines<LinkId> deadlines_;
  std::size_t accepted_ = 0;
  std::size_t unfinished_bytes_ = 0;
};

}  // namespace muster
