// XMPP stream processing (paper, section 3.1): stream headers, TLS, authentication, in-band
// registration, resource binding; opens and keeps the streams of the links of this shard. RFC 6120
// sections 4 to 7 and 11, XEP-0368, XEP-0440, XEP-0077.
//
// A stream begins on the shard that accepted its link. Once it is known whose it is (after SASL) it
// moves, with its link, to the home shard of its user, where its session lives: from then on no
// stanza crosses a shard before it is parsed. A session is not a stream: it is xmpp_presence's,
// and may outlive its stream.
//
// The states, and what is taken in each of them, are in stream_state.h. What a peer sends behind
// <starttls/> ends the stream; what it sends behind any other barrier waits. A stream that is
// silent is pinged (XEP-0199), and ends if it stays silent; the answer to the ping stops here.
//
// Stream management (XEP-0198) is negotiated here; the counting, and what waits to be acknowledged,
// is the session's, and so xmpp_presence's. A session is resumed where it lives: the stream has
// moved there before it can ask.
//
// One of many servers asks load_control whose user this is as soon as she has proved who she is.
// Who is another's is told so (design, "The redirect ladder"): by an iq of the paper, if her client
// asks; else, when it binds or resumes, by see-other-host (over WebSocket by see-other-uri, which
// the driver makes of it: RFC 7395 section 3.6.1). Who was told, and comes back, is served
// all the same: all that she sends after SASL is her server's to read (relay.h), which tells her
// once more if it knows that she follows (followers.h).
//
// Stream errors (section 4.9.3) that begin here: those of the XML codec (xml::Error); host-unknown,
// improper-addressing, unsupported-version (stream_header.h); not-authorized, invalid-namespace,
// unsupported-stanza-type (stream_state.h); invalid-from, for a header or a stanza whose `from` is
// not who authenticated; connection-timeout; policy-violation and resource-constraint at limits;
// see-other-host; system-shutdown. The rest are others' to ask for (EndStream) or have no case
// here: nothing is validated (invalid-xml), no stream to another server is opened
// (remote-connection-failed).
//
// Limits: Limits::streams_per_shard_max (resource-constraint), stanza_bytes_max and, before SASL
// has succeeded, xml::kUnauthenticatedStanzaBytesMax, sasl_attempts_max, bind_attempts_max (policy-
// violation), login_time_max, stream_silence_max, ping_answer_time_max (connection-timeout),
// registration_attempts_max (not-acceptable), kClosingTimeMax (the link is closed).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "codec/xml/stanza_parser.h"
#include "server/followers.h"
#include "server/link_table.h"
#include "server/outbox.h"
#include "server/shard.h"
#include "server/xmpp_stream/stream.h"
#include "server/xmpp_stream/stream_header.h"

namespace muster {

class XmppStreams {
 public:
  // A numbered language is never forgotten; there are few in use. What is one too many is.
  static constexpr std::size_t kLanguagesMax = 255;
  // Who was told where to go, and came back in that time, is taken for one who does not follow.
  static constexpr Duration kFollowersTime = Duration::minutes(5);
  // How long who is sent elsewhere may take to close its side of the stream.
  static constexpr Duration kClosingTimeMax = Duration::seconds(5);

  explicit XmppStreams(Shard& shard) : shard_(shard) {}

  void on(Now now, const LinkOpened& opened, Outbox& out);
  void on(Now now, const LinkArrived& arrived, Outbox& out);
  void on(Now now, const BytesReceived& received, Outbox& out);
  void on(Now now, const UnreadBytes& unread, Outbox& out);
  void on(Now now, const TlsStarted& started, Outbox& out);
  void on(Now now, const SaslAnswered& answered, Outbox& out);
  void on(Now now, const RegistrationAnswered& answered, Outbox& out);
  void on(Now now, const LinkClosed& closed, Outbox& out);
  void on(Now now, const BindGranted& granted, Outbox& out);
  void on(Now now, const BindRefused& refused, Outbox& out);
  void on(Now now, const EndStream& end, Outbox& out);
  void on(Now now, const ResumeGranted& granted, Outbox& out);
  void on(Now now, const ResumeRefused& refused, Outbox& out);
  void on(Now now, const AccountGone& gone, Outbox& out);
  void on(Now now, const AccountKept& kept, Outbox& out);
  void on(Now now, const StreamPlaced& placed, Outbox& out);
  void on(Now now, const RedirectStream& redirect, Outbox& out);
  void on(Now now, const RelayedStreamBegun& begun, Outbox& out);
  void on(Now now, const EndRelayedStream& end, Outbox& out);
  void on(Now now, const RelayedStreamCame& came, Outbox& out);
  void on(Now now, const RelayedBytes& relayed, Outbox& out);
  void on(Now now, const RelayedLinkClosed& closed, Outbox& out);
  void on(Now now, const StopAsked& stop, Outbox& out);

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const { return deadlines_.next(); }

  bool has(LinkId link) const {
    return streams_.find(link) != nullptr || closing_.find(link) != nullptr;
  }
  std::size_t size() const { return streams_.size(); }
  // For tests.
  std::optional<StreamState> state_of(LinkId link) const;

 private:
  // Of one step while the server stops: what comes of a step has a bound.
  static constexpr std::size_t kEndedAtOnce = 1'024;

  // xmpp_streams.cc: links, bytes, frames, silence.
  bool is_full() const;
  void read(LinkId link, Stream& stream, std::string_view window, Outbox& out);
  void read_waiting(LinkId link, Stream& stream, Outbox& out);
  void take_frame(LinkId link, Stream& stream, const xml::Frame& frame, std::string_view window,
                  Outbox& out);
  void take_element(LinkId link, Stream& stream, std::string_view bytes, bool more, Outbox& out);
  void act_on(LinkId link, Stream& stream, const xml::Element& element, bool more, Outbox& out);
  xml::Limits limits_of(const Stream& stream) const;
  void look_at(LinkId link, Stream& stream, Instant when);
  void look_after_silence(Now now, LinkId link, Stream& stream, Outbox& out);

  // ending.cc
  void fail(LinkId link, Stream& stream, StreamError why, Outbox& out, std::string_view text = {},
            std::string_view detail = {});
  void close(LinkId link, const Stream& stream, std::string last_words, Outbox& out,
             StreamEnd how = StreamEnd::over);
  void send_elsewhere(Instant now, LinkId link, Stream& stream, const Redirection& where,
                      Outbox& out);
  void read_closing(LinkId link, std::string_view bytes, Outbox& out);
  void end_closing(Now now, LinkId link, Outbox& out);

  // negotiation.cc: headers, TLS, SASL.
  void take_header(LinkId link, Stream& stream, std::string_view bytes, Outbox& out);
  std::optional<StreamError> begin_stream(Stream& stream, const StreamOpening& opening) const;
  void raise_barrier(LinkId link, Stream& stream, StreamState state, Outbox& out);
  void lift_barrier(Now now, LinkId link, Stream& stream, StreamState state, Outbox& out);
  void read_soon(Now now, LinkId link, Stream& stream);
  void start_tls(LinkId link, Stream& stream, bool more, Outbox& out);
  void refuse_tls(LinkId link, const Stream& stream, Outbox& out);
  void begin_sasl(LinkId link, Stream& stream, const xml::Element& auth, Outbox& out);
  void ask_sasl(LinkId link, Stream& stream, std::optional<std::string> mechanism,
                std::string_view data, Outbox& out);
  void refuse_sasl(LinkId link, Stream& stream, SaslError why, Outbox& out);
  void authenticated(Now now, LinkId link, Stream& stream, const SaslAnswered& answered,
                     Outbox& out);
  void arrive(Now now, LinkId link, const Endpoint& remote, StreamOnTheMove moved, Outbox& out);
  std::uint8_t number_of(const std::string& language);

  // binding.cc: resources, and the stanzas of who has one.
  void take_before_binding(LinkId link, Stream& stream, const xml::Element& stanza, Outbox& out);
  void take_bind(LinkId link, Stream& stream, const xml::Element& iq, const xml::Element& bind,
                 Outbox& out);
  void refuse_bind(LinkId link, Stream& stream, StanzaError why, Outbox& out);
  void deliver(LinkId link, Stream& stream, const xml::Element& stanza, Outbox& out);
  bool is_from_owner(const Stream& stream, const xml::Element& stanza) const;
  bool take_own_iq(LinkId link, Stream& stream, const xml::Element& iq, Outbox& out);
  void say(LinkId link, const Stream& stream, std::string xml, Outbox& out) const;
  void begin_session(Now now, LinkId link, Stream& stream, SessionId session, const Address& full,
                     Outbox& out);

  // placing.cc: whose server this user is.
  void ask_place(LinkId link, Stream& stream, Outbox& out);
  bool goes_nowhere(Now now, const Stream& stream);
  void is_placed_here(LinkId link, const Stream& stream);
  bool go_elsewhere(LinkId link, Stream& stream, Outbox& out);
  void note_told(const Stream& stream);
  void relay(LinkId link, Stream& stream, Outbox& out);
  void take_redirection(LinkId link, const Stream& stream, const xml::Element& iq, Outbox& out);

  // management.cc: XEP-0198.
  void enable_management(LinkId link, Stream& stream, const xml::Element& enable, Outbox& out);
  void take_ack(LinkId link, Stream& stream, const xml::Element& ack, Outbox& out);
  void resume_session(LinkId link, Stream& stream, const xml::Element& resume, Outbox& out);
  void refuse_management(LinkId link, StanzaError why, Outbox& out,
                         std::optional<std::uint32_t> handled = std::nullopt);
  void refuse_resumption(LinkId link, Stream& stream, StanzaError why,
                         std::optional<std::uint32_t> handled, Outbox& out);

  // registration.cc: XEP-0077.
  void take_before_login(LinkId link, Stream& stream, const xml::Element& stanza, Outbox& out);
  void take_registration(LinkId link, Stream& stream, const xml::Element& iq,
                         const xml::Element& query, Outbox& out);
  void tell_fields(LinkId link, const Stream& stream, const xml::Element& iq, Outbox& out);
  void register_account(LinkId link, Stream& stream, const xml::Element& iq,
                        const xml::Element& query, Outbox& out);
  void change_password(LinkId link, const Stream& stream, const xml::Element& iq,
                       const xml::Element& query, Outbox& out);
  void cancel_account(LinkId link, Stream& stream, const xml::Element& iq,
                      const xml::Element& query, Outbox& out);

  Shard& shard_;
  LinkTable<Stream> streams_;
  LinkTable<ClosingStream> closing_;
  xml::StanzaParser parser_{xml::kNsClient, shard_.prng.next()};
  // The bytes that this step reads, if they are not the driver's: one link is read in one step, so
  // that what a step parsed stays valid while its events are carried.
  std::string window_;
  std::vector<std::string> languages_;  // by number, less one
  Deadlines<LinkId> deadlines_;
  Followers followers_{kFollowersTime, {}};
  bool stopping_ = false;
};

}  // namespace muster
