// The part of XmppStreams that sends users to their server (design, "The redirect ladder"; paper,
// section 3.1).

#include <memory>
#include <utility>

#include "codec/cluster/names.h"
#include "codec/xmpp/redirection.h"
#include "server/planted.h"
#include "server/xmpp_stream/names.h"
#include "server/xmpp_stream/xmpp_streams.h"

namespace muster {
namespace {

// Where a stream like this one is to go (RFC 7395 section 3.6.1: a client stays with WebSocket).
const std::optional<Redirection>& way_of(const Stream& stream, const ServerContacts& to) {
  return stream.web_socket ? to.web_socket : to.xmpp;
}

}  // namespace

// The answer is on its way while the peer opens its stream anew; that is read when it is there.
void XmppStreams::ask_place(LinkId link, Stream& stream, Outbox& out) {
  raise_barrier(link, stream, StreamState::placing, out);
  const Negotiation& negotiation = *stream.negotiation;
  const bool again =
      followers_.has_come_back(stream.heard, negotiation.account, negotiation.remote.ip);
  out.emit(StreamToPlace{link, negotiation.account, again});
}

void XmppStreams::on(Now now, const StreamPlaced& placed, Outbox& out) {
  Stream* stream = streams_.find(placed.link);
  if (stream == nullptr || stream->state != StreamState::placing) return;
  Negotiation& negotiation = *stream->negotiation;
  negotiation.place = placed.place;
  if (placed.place.outcome == UserPlace::Outcome::here) is_placed_here(placed.link, *stream);
  // Who is relayed already is told where to go: none relays on.
  const bool elsewhere = placed.place.outcome == UserPlace::Outcome::elsewhere;
  if (elsewhere && !is_relayed(placed.link) && shard_.planted != Planted::sent_on_for_ever &&
      goes_nowhere(now, *stream)) {
    return relay(placed.link, *stream, out);
  }
  lift_barrier(now, placed.link, *stream, StreamState::reopening, out);
}

// Who was told so, and came back; or to whom that server has nothing to say but by TCP.
bool XmppStreams::goes_nowhere(Now now, const Stream& stream) {
  const Negotiation& negotiation = *stream.negotiation;
  const ServerContacts& at = *negotiation.place.at;
  if (stream.web_socket && !at.web_socket) return true;
  return followers_.has_come_back_from(now.instant, negotiation.account, negotiation.remote.ip,
                                       at.server);
}

// Who is relayed to this server, and is known to follow, is told to come by herself.
void XmppStreams::is_placed_here(LinkId link, const Stream& stream) {
  Negotiation& negotiation = *stream.negotiation;
  const IpAddress& from = negotiation.remote.ip;
  if (!is_relayed(link)) return followers_.came(stream.heard, negotiation.account, from);
  if (!followers_.is_to_be_told(stream.heard, negotiation.account, from)) return;
  ServerContacts own = contacts_of(shard_.settings.cluster->self);
  if (!way_of(stream, own)) return;
  negotiation.place = {UserPlace::Outcome::elsewhere,
                       std::make_shared<const ServerContacts>(std::move(own))};
}

// --- relaying ------------------------------------------------------------------------------------

// She is known, and so is her server: from here on it reads what she sends.
void XmppStreams::relay(LinkId link, Stream& stream, Outbox& out) {
  stream.state = StreamState::relaying;
  const Negotiation& negotiation = *stream.negotiation;
  stream.full = negotiation.account;
  const ServerContacts& at = *negotiation.place.at;
  out.order(Log{Log::Level::debug, "xmpp-relayed", stream.full.text(), at.svr_id});
  out.emit(RelayStream{link, at.server, negotiation.account, negotiation.domain, negotiation.remote,
                       stream.secure, std::exchange(stream.unread, {}), stream.web_socket});
  out.order(ResumeReading{link});
}

void XmppStreams::on(Now, const RelayedStreamBegun& begun, Outbox&) {
  Stream* stream = streams_.find(begun.link);
  if (stream == nullptr || stream->state != StreamState::relaying) return;
  stream->state = StreamState::relayed;
  stream->negotiation.reset();
}

// If it is lost she is to come again; else her server has said its last words.
void XmppStreams::on(Now, const EndRelayedStream& end, Outbox& out) {
  Stream* stream = streams_.find(end.link);
  if (stream == nullptr || !is_elsewhere(stream->state)) return;
  if (end.lost) return fail(end.link, *stream, StreamError::remote_connection_failed, out);
  close(end.link, *stream, {}, out);
}

// As one that arrives from another shard; there it was told of its success.
void XmppStreams::on(Now now, const RelayedStreamCame& came, Outbox& out) {
  const bool full = is_full();
  arrive(now, came.link, came.remote,
         {came.account, came.domain, {}, came.secure, {}, came.web_socket}, out);
  Stream* stream = streams_.find(came.link);
  if (!full || stream == nullptr) return;
  fail(came.link, *stream, StreamError::resource_constraint, out);
}

void XmppStreams::on(Now now, const RelayedBytes& relayed, Outbox& out) {
  on(now, BytesReceived{relayed.link, relayed.bytes}, out);
}

void XmppStreams::on(Now now, const RelayedLinkClosed& closed, Outbox& out) {
  on(now, LinkClosed{closed.link}, out);
}

// --- sending on ----------------------------------------------------------------------------------

// RFC 6120 section 4.9.3.19: she is known, and the link is as safe as it will be. False if she is
// to be served here, or there is no such way to where she is.
bool XmppStreams::go_elsewhere(LinkId link, Stream& stream, Outbox& out) {
  const UserPlace& place = stream.negotiation->place;
  if (place.outcome != UserPlace::Outcome::elsewhere) return false;
  const std::optional<Redirection>& where = way_of(stream, *place.at);
  if (!where) return false;
  out.order(Log{Log::Level::debug, "xmpp-redirected", stream.negotiation->account.text(),
                place.at->svr_id});
  note_told(stream);
  send_elsewhere(stream.heard, link, stream, *where, out);
  return true;
}

// Of a user who has moved: her session waits for her, and does not mind that this stream ends.
void XmppStreams::on(Now now, const RedirectStream& redirect, Outbox& out) {
  Stream* stream = streams_.find(redirect.link);
  if (stream == nullptr) return;
  const std::optional<Redirection>& where = way_of(*stream, *redirect.at);
  // There is no way for it: it is to come again, and is relayed.
  if (!where) return fail(redirect.link, *stream, StreamError::reset, out);
  // From where it comes nobody knows any more.
  followers_.told(now.instant, stream->full.to_bare(), {}, redirect.at->server);
  out.order(Log{Log::Level::debug, "xmpp-redirected", stream->full.text(), redirect.at->svr_id});
  send_elsewhere(now.instant, redirect.link, *stream, *where, out);
}

void XmppStreams::note_told(const Stream& stream) {
  const Negotiation& negotiation = *stream.negotiation;
  followers_.told(stream.heard, negotiation.account, negotiation.remote.ip,
                  negotiation.place.at->server);
}

// The paper's <redirection>, to a client that asks before it binds. Who is to stay here gets an
// empty result.
void XmppStreams::take_redirection(LinkId link, const Stream& stream, const xml::Element& iq,
                                   Outbox& out) {
  const auto asked = request_in(cluster::kNsCluster, iq);
  const ReplyAddresses reply = reply_to(iq);
  const bool understood =
      iq.attribute("type") == "get" &&
      (asked->is("redirection", cluster::kNsCluster) || asked->is("redirect", cluster::kNsCluster));
  if (!understood) {
    out.order(SendBytes{link, error_stanza_xml("iq", reply, StanzaError::bad_request)});
    return;
  }
  const UserPlace& place = stream.negotiation->place;
  const bool elsewhere =
      place.outcome == UserPlace::Outcome::elsewhere && way_of(stream, *place.at);
  if (elsewhere) note_told(stream);
  const std::string where = elsewhere ? redirection_xml(*way_of(stream, *place.at)) : std::string();
  out.order(SendBytes{link, iq_result_xml(reply, where)});
}

}  // namespace muster
