// Events about XMPP streams, sessions, stanzas and rosters. See events.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/xml/element.h"
#include "codec/xmpp/errors.h"
#include "model/address.h"
#include "model/subscription.h"
#include "server/store_port.h"
#include "server/vocabulary.h"

namespace muster {

// xmpp_stream -> itself: bytes that came behind what the same step took. A view.
struct UnreadBytes {
  LinkId link;
  std::string_view bytes;
};

// --- binding (RFC 6120 section 7) ----------------------------------------------------------------

// xmpp_stream -> xmpp_presence: who authenticated wants a session. `resource` is as the client sent
// it; empty lets the server choose.
struct BindAsked {
  LinkId link;
  Address account;
  std::string resource;
};

// xmpp_presence -> xmpp_stream.
struct BindGranted {
  LinkId link;
  SessionId session;
  Address full;
};
struct BindRefused {
  LinkId link;
  StanzaError why = StanzaError::resource_constraint;
};

// --- a session and its stream --------------------------------------------------------------------

// xmpp_stream -> xmpp_presence: a stanza of a bound session. The element is a view. Its `from` was
// checked, where it has one, and is to be overwritten (RFC 6120 section 8.1.2.1). `language` is the
// stream's, for a stanza without xml:lang (section 8.1.5); it may be empty.
struct StanzaReceived {
  SessionId session;
  xml::Element stanza;
  std::string_view language;
};

// How a stream ended, to the session on it (XEP-0198 section 7). `over`: by </stream:stream> of the
// client, or because it broke a rule. `lost`: its link was, or as good as that: it is silent, or
// reported a stream error.
enum class StreamEnd : std::uint8_t { over, lost };

// xmpp_stream -> xmpp_presence: nothing more will come from the stream that this session has on
// `link`. The session is over with it; one that can be resumed waits if it is `lost`.
struct StreamEnded {
  SessionId session;
  LinkId link;
  StreamEnd how = StreamEnd::over;
};

// xmpp_presence -> xmpp_stream: say this stream error, then close.
struct EndStream {
  LinkId link;
  StreamError why = StreamError::undefined_condition;
  std::string text;
  std::string detail = {};  // XML: an application-specific condition (RFC 6120 section 4.9.4)
};

// --- stream management (XEP-0198) ----------------------------------------------------------------

// xmpp_stream -> xmpp_presence: from now on count what this session sends and gets, and keep what
// it gets until it is acknowledged. `max` is how long the client would like to be waited for.
struct ManagementAsked {
  SessionId session;
  bool resume = false;
  std::optional<Duration> max;
};
// xmpp_stream -> xmpp_presence: <r/>, <a/>.
struct AckAsked {
  SessionId session;
};
struct AckReceived {
  SessionId session;
  std::uint32_t handled = 0;
};
// xmpp_stream -> xmpp_presence, of a session with stream management: a stanza of it that stream
// processing took itself; and one for it that comes from there.
struct StanzaTaken {
  SessionId session;
};
struct StanzaForSession {
  SessionId session;
  std::string xml;
};
// xmpp_presence -> itself: more waits to be acknowledged than may, of this session or of all.
struct QueueOverran {
  SessionId session;
};

// xmpp_stream -> xmpp_presence, both on the home shard of the account: it wants to go on with the
// session that `id` names, having handled so many stanzas.
struct ResumeAsked {
  LinkId link;
  Address account;
  std::string id;
  std::uint32_t handled = 0;
};
// xmpp_presence -> xmpp_stream.
struct ResumeGranted {
  LinkId link;
  SessionId session;
  Address full;
};
struct ResumeRefused {
  LinkId link;
  std::optional<std::uint32_t> handled;  // of a session that is over, where that is known
};

// --- stanzas on their way ------------------------------------------------------------------------

enum class StanzaKind : std::uint8_t { message, presence, iq };

// xmpp_presence | conversion -> xmpp_presence on the home shard of `to`: route this (RFC 6121
// section 8.5).
struct StanzaForUser {
  StanzaKind kind = StanzaKind::message;
  std::string type;  // the type attribute
  std::string id;
  Address from;
  Address to;
  std::string xml;  // whole, with from and to
  // A SIP request that waits to hear whether somebody took it (MessageDelivered); 0 for none.
  std::uint64_t asked_by_sip = 0;
  bool has_body = false;  // a message with a <body/>: SIP devices can show it
  // When it first came, of a message that a session was sent and did not handle: it says so itself.
  std::optional<UnixTime> delayed_since{};
  bool phones_had_it = false;  // then, and they did not take it: it is not for them again
};

// xmpp_presence -> presence_db on the home shard of `to`: an iq request for another user, which is
// only for those who may see her presence (RFC 6121 section 8.5.3.1, XEP-0030 section 8).
struct RequestForUser {
  enum class Kind : std::uint8_t { to_session, disco_info, disco_items };
  Kind kind = Kind::to_session;
  std::string id;
  Address from;
  Address to;
  std::string xml;  // whole, with from and to; only of `to_session`
};
// presence_db -> xmpp_presence, at once: the same, with what is to be known.
struct RequestWeighed {
  RequestForUser request;
  bool may_see = false;  // `from` may see the presence of `to`
};

// presence_db -> xmpp_presence on the home shard of the recipients: one presence, for many
// contacts, to all of their available sessions. The stanza is `before` + recipient + `after`.
struct PresenceBroadcast {
  SharedText before;
  SharedText after;
  std::vector<Address> to;
};

// xmpp_presence -> presence_db of the same shard: these got directed presence from that session,
// and are to hear that it is over, but for those who see her anyway: she only moves.
struct DirectedEnds {
  Address session;
  std::vector<Address> to;
};

// presence_db -> xmpp_presence on the home shard of `to`: the presence of somebody, one stanza for
// each of her resources, to one session or to all available sessions of a user (a bare `to`). Each
// is `before` + `to` + `after`.
struct PresenceReply {
  struct Stanza {
    SharedText before;
    SharedText after;
  };
  Address to;
  std::vector<Stanza> stanzas;
};

// --- the roster (RFC 6121 section 2) -------------------------------------------------------------

// xmpp_presence -> presence_db, and its answer. Without a version the client does not version.
struct RosterAsked {
  SessionId session;
  Address account;
  std::string id;
  std::optional<std::uint64_t> known_version;
};
struct RosterAnswered {
  SessionId session;
  std::string id;
  std::optional<RosterLoaded> roster;  // none: the store failed
};

// xmpp_presence -> presence_db: set or remove an item; and its answer, behind the pushes.
struct RosterItemAsked {
  SessionId session;
  Address account;
  std::string id;
  Address contact;
  bool remove = false;
  std::string name;
  std::vector<std::string> groups;
};
struct RosterItemAnswered {
  SessionId session;
  std::string id;
  std::optional<StanzaError> why_not;
};

// presence_db -> xmpp_presence: to all interested sessions of the account (RFC 6121 section 2.1.6).
struct RosterPush {
  Address account;
  std::uint64_t version = 0;
  RosterItem item;
  bool removed = false;
};

// --- subscriptions (RFC 6121 section 3) ----------------------------------------------------------

// xmpp_presence -> presence_db on the home shard of the actor. `stanza` is complete, from and to
// bare addresses; `session` hears of an error. If its stanzas are counted (XEP-0198), it
// also hears that the store has answered, whatever that was: until then its acknowledgement waits.
struct SubscriptionAsked {
  SessionId session;
  Address actor;
  Address peer;
  SubscriptionVerb verb = SubscriptionVerb::subscribe;
  std::string id;
  std::string stanza;
  std::optional<std::uint32_t> counted{};  // as which of the session's
};
struct SubscriptionSettled {
  SessionId session;
  std::uint32_t stanza = 0;  // its number
};
struct SubscriptionRefused {
  SessionId session;
  Address peer;
  std::string id;
  StanzaError why = StanzaError::item_not_found;
};

// presence_db -> xmpp_presence on the home shard of `to`: show her this stanza. A `subscribe` goes
// to available sessions, the others to interested ones (RFC 6121 sections 3.1.3, 3.1.6, 3.2.3,
// 3.3.3); to one session, if `to` is one.
struct SubscriptionShown {
  Address to;
  SubscriptionVerb verb = SubscriptionVerb::subscribe;
  std::string stanza;
};

}  // namespace muster
