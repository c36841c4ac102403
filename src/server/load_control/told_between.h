// What the shards of two servers of a cluster say to each other, as bytes. On the lanes `directed`
// and `presence` (frame.h), each is
//
//   concerns = 16, whom the teller watches and serves (Concerns)
//   presence = 17, the user, what she is present through at the teller (PresenceElsewhere)
//   event    = 18, whom it comes from, how many servers it came by, an event for a user
//   answer   = 19, the shard that waits, an event for it
//
// where users are bare addresses, and the rest is written as values.h writes its type. What it
// consists of is part of the format of frames (kFrameFormat).
//
// An event goes by the home shard of whom it comes from, as her presence does, and from there to
// that of whom it is for: so what somebody says and shows stays in its order (RFC 6120 section
// 10.1). Both sides of a pair go by that of one of the two: what the one is shown of the other
// comes in its order to the change that allows it (RFC 6121 sections 3.1.5 and 3.2.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/cluster_events.h"
#include "server/message_events.h"
#include "server/presence_events.h"
#include "server/xmpp_events.h"

namespace muster {

// What goes to whichever server serves a user, or watches her.
using UserEvent = std::variant<StanzaForUser, RequestForUser, PageMessage, RelationChanged>;
// Whom it is for; and by whose home shard it goes, if it is no change of a relation.
const Address& user_of(const UserEvent& event);
const Address& sender_of(const UserEvent& event);

// A source that would make it more is left out.
inline constexpr std::size_t kPresenceBytesMax = std::size_t{256} * 1024;

std::string write_concerns(const Concerns& concerns);
std::string write_presence(const Address& account, const std::vector<PresenceSource>& sources);
std::string write_event(const UserEvent& event, std::uint8_t servers);
std::string write_relation(const RelationChanged& changed, const Address& by);
std::string write_answer(ShardId to, const PageMessageAnswered& answered);

// Who is to read it: the home shard of a user, or a shard; nothing if it is none of the above.
struct ConcernsSaid {};
struct Reader {
  bool once = false;  // it belongs on the lane `directed`
  std::variant<ConcernsSaid, std::string_view, ShardId> who;
};
std::optional<Reader> reader_of(std::string_view said);

struct EventSaid {
  UserEvent event;
  std::uint8_t servers = 0;
};
using Said = std::variant<Concerns, PresenceElsewhere, EventSaid, PageMessageAnswered>;
// Nothing: it is none, or says of somebody who can be no user. Addresses are canonical.
std::optional<Said> read_said(std::string_view said);

}  // namespace muster
