// What user agents did and heard, as facts: what checkers are told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "base/ids.h"
#include "base/time.h"
#include "model/address.h"
#include "model/subscription.h"

namespace muster::sim {

// A user agent; a user may have several.
using AgentId = Id<struct AgentTag, std::uint32_t>;
enum class AgentKind : std::uint8_t { messenger, phone };

// How a presentity looks: what is open of it, by resource (XMPP) or tuple (SIP, its id without the
// "ID-" that conversion puts there). What is closed is not in it.
struct Shown {
  std::string show;  // "", "away", "chat", "dnd", "xa"
  std::string note;
  friend auto operator<=>(const Shown&, const Shown&) = default;
};
using Picture = std::map<std::string, Shown>;
std::string to_text(const Picture& picture);

// The agent is bound or registered, or is no more: it said so, its link was lost, or it vanished,
// maybe while it was about to come back.
struct WentOnline {
  Address as;  // of a messenger: with its resource
};
struct WentOffline {
  bool in_order = false;
};
// It told the service how it looks; whether the service heard is not known yet.
struct ShowedItself {
  Picture picture;
};
// Directed presence (RFC 6121 section 4.6): it told one user how it looks.
struct ShowedItselfTo {
  Address to;
};
// It has no watch any more of whom it watched, and forgot what it saw: a stream or a dialog began
// or ended.
struct ForgotPictures {};
// What it sees of `presentity` is now this.
struct SawPicture {
  Address presentity;
  Picture picture;
};
// A stanza (verb) or SUBSCRIBE to `to`; or what it was told by or on behalf of `from`.
struct AskedFor {
  Address to;
  SubscriptionVerb verb = SubscriptionVerb::subscribe;
};
struct WasTold {
  Address from;
  SubscriptionVerb verb = SubscriptionVerb::subscribe;
};
// A NOTIFY's Subscription-State, of a phone's subscription to `to`.
struct WatchStood {
  enum class State : std::uint8_t { active, pending, terminated };
  Address to;
  State state = State::pending;
  std::string reason;
};
struct SentMessage {
  Address to;
  std::string text;
};
struct HeardMessage {
  Address from;
  std::string text;
};
// It was told that what it wrote does not reach whom it is for.
struct MessageReturned {
  std::string text;
};
// An answer said that something is kept for good: "publication", by its note; "roster", of which
// version.
struct WasPromised {
  std::string what;
  std::string detail;
};
// What the service keeps for it is no more, though it did not let go of it: its stream or link, a
// dialog, a publication, an answer.
struct LostHold {
  std::string of;
};
// A server told it to go to another one than it was told before, the so manieth since it was served
// last.
struct WasSentOn {
  int step = 0;
};
// Something that a correct service does not say to a correct agent.
struct WasSurprised {
  std::string by;
};

struct Happened {
  Instant at;
  AgentId agent;
  std::variant<WentOnline, WentOffline, ShowedItself, ShowedItselfTo, ForgotPictures, SawPicture,
               AskedFor, WasTold, WatchStood, SentMessage, HeardMessage, MessageReturned,
               WasPromised, LostHold, WasSentOn, WasSurprised>
      what;
};

// Is told, in order.
class AgentWatch {
 public:
  virtual ~AgentWatch() = default;
  virtual void happened(const Happened& fact) = 0;
};

}  // namespace muster::sim
