// What XmppStreams keeps for each stream. Of a bound stream only Stream itself remains, with the
// text of its address: some 250 bytes with the table entry; what negotiation needed is freed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "codec/xml/framer.h"
#include "model/address.h"
#include "server/cluster_events.h"
#include "server/vocabulary.h"
#include "server/xmpp_stream/stream_state.h"

namespace muster {

// What only a stream needs that has no session yet.
struct Negotiation {
  std::string domain;  // ours that the peer named, or the first
  Address from;        // of a header under TLS, to be compared with who authenticates
  Address account;     // who authenticated
  Endpoint remote;     // for logs
  std::optional<std::string> request_id;  // of the iq that waits for an answer
  std::uint32_t sasl_attempts = 0;
  std::uint32_t bind_attempts = 0;
  std::uint32_t registration_attempts = 0;
  bool registered = false;  // an account was made on this stream
  bool exporter = false;    // channel bindings (TlsStarted)
  bool unique = false;
  UserPlace place{UserPlace::Outcome::here, nullptr};  // where the user is served
};

// What few streams need.
struct RareParts {
  // Declarations of the stream header that stanzas may use (xml::StreamHeader).
  std::string inherited_declarations;
  // The account is being removed for this iq (XEP-0077 section 3.2).
  std::optional<std::string> cancel_id;
};

struct Stream {
  StreamState state = StreamState::opening;
  bool secure = false;
  bool pinged = false;        // and nothing was heard since
  bool resumed = false;       // `unread` is to be read as soon as time allows
  bool managed = false;       // its session counts stanzas (XEP-0198)
  bool web_socket = false;    // RFC 7395: it knows no STARTTLS, and is sent on by a URI
  std::uint8_t language = 0;  // of its stanzas: a number that XmppStreams gave it
  xml::Framer framer;
  SessionId session;
  Instant heard;
  Instant look_at;         // what is in the table of deadlines for earlier is out of date
  std::uint64_t ping = 0;  // the id of the last one that is not answered; 0 for none
  Address full;            // once bound
  std::string unread;      // an unfinished frame, or what waits behind a barrier
  std::unique_ptr<Negotiation> negotiation;
  std::unique_ptr<RareParts> rare;
};
static_assert(sizeof(Stream) <= 152);

// Of a stream that is over, but for the peer's closing tag.
struct ClosingStream {
  xml::Framer framer;
  std::string unread;  // an unfinished frame
  Instant until;
};

}  // namespace muster
