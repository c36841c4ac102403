// What comes in: datagrams, streams divided into messages, and the way of each message to the shard
// that it is for.
#include <memory>
#include <string>
#include <utility>

#include "codec/sip/lexer.h"
#include "codec/sip/peek.h"
#include "codec/sip/rows.h"
#include "codec/sip/uri.h"
#include "codec/sip/via.h"
#include "codec/stun/binding.h"
#include "server/planted.h"
#include "server/sip_message/sip_messages.h"
#include "server/sip_names.h"

namespace muster {
namespace {

SipDrop drop_of(sip::ParseError error) {
  switch (error) {
    case sip::ParseError::empty: return SipDrop::keep_alive;
    case sip::ParseError::not_sip: return SipDrop::not_sip;
    case sip::ParseError::bare_line_break: return SipDrop::bare_line_break;
    case sip::ParseError::too_large: return SipDrop::oversized;
  }
  return SipDrop::not_sip;
}

SipRefusal refusal_of(sip::Frame::Kind kind) {
  using Kind = sip::Frame::Kind;
  switch (kind) {
    case Kind::header_section_too_large: return {sip::Status::message_too_large};
    case Kind::body_too_large: return {sip::Status::request_entity_too_large};
    case Kind::content_length_missing: return {sip::Status::bad_request, "Missing Content-Length"};
    default: return {sip::Status::bad_request, "Malformed Content-Length"};
  }
}

}  // namespace

void SipMessages::on(Now now, const LinkOpened& opened, Outbox& out) {
  if (!links_.add(now, opened)) {
    counters_.count(SipDrop::link_beyond_limit);
    out.order(CloseLink{opened.link});
    return;
  }
  if (!opened.asked) return;
  const auto reached = peers_.opened(*opened.asked, opened.link);
  if (!reached) return;
  for (const PeerLinks::Waiting& waiting : reached->waited) {
    go_by_link(now, opened.link, reached->peer, waiting, out);
  }
}

void SipMessages::on(Now now, const LinkFailed& failed, Outbox& out) {
  const auto refused = peers_.failed(now, failed.asked);
  if (!refused) return;
  for (const PeerLinks::Waiting& waiting : refused->waited)
    go_otherwise(now, waiting, out);
}

// What is sent before the handshake waits for it; nothing of SIP depends on it.
void SipMessages::on(Now, const TlsStarted&, Outbox&) {}

void SipMessages::on(Now now, const DatagramReceived& datagram, Outbox& out) {
  if (stun::is_stun(datagram.bytes)) return answer_binding(datagram, out);
  route(now, Flow{Transport::udp, shard_.self, {}, datagram.local, datagram.remote}, datagram.bytes,
        out);
}

// RFC 5626 section 8: a flow over UDP is kept by STUN. Nobody here keeps a state of such a flow, so
// that it need only be answered: from where it was sent to, to where it came from.
void SipMessages::answer_binding(const DatagramReceived& datagram, Outbox& out) {
  const auto request = stun::parse_binding_request(datagram.bytes);
  if (!request) return counters_.count(SipDrop::not_binding_request);
  ++counters_.bindings;
  out.order(SendDatagram{datagram.local, datagram.remote,
                         stun::answer_binding(*request, datagram.remote)});
}

void SipMessages::on(Now now, const SipMessageArrived& arrived, Outbox& out) {
  take_message(now, arrived.flow, arrived.bytes, out);
}

void SipMessages::on(Now now, const BytesReceived& received, Outbox& out) {
  StreamLink* link = links_.find(received.link);
  if (link == nullptr) return;
  const Flow flow{link->transport, shard_.self, received.link, link->local, link->remote};
  std::string_view unread = links_.take_in(now, *link, received.bytes);
  std::string pongs;
  while (true) {
    const sip::Frame frame = link->framer.next(unread);
    if (frame.kind == sip::Frame::Kind::need_more) break;
    if (frame.is_error()) {
      refuse_frame(now, flow, frame, unread, out);
      return close(received.link, SipDrop::link_not_sip, out);
    }
    if (frame.kind == sip::Frame::Kind::ping) pongs.append("\r\n");  // RFC 5626 section 5.4
    if (frame.kind == sip::Frame::Kind::message) {
      route(now, flow, unread.substr(0, frame.size), out);
    }
    unread.remove_prefix(frame.size);
  }
  if (!pongs.empty()) out.order(SendBytes{received.link, std::move(pongs)});
  if (!links_.keep(now, received.link, *link, unread)) {
    close(received.link, SipDrop::link_beyond_memory, out);
  }
}

void SipMessages::on(Now, const LinkClosed& closed, Outbox& out) {
  if (links_.find(closed.link) != nullptr) tell_lost(closed.link, out);
}

// We close it: LinkClosed does not follow.
void SipMessages::close(LinkId link, SipDrop why, Outbox& out) {
  counters_.count(why);
  out.order(CloseLink{link});
  tell_lost(link, out);
}

// RFC 5626 section 5.3: with the link goes every binding and dialog that is reached by it, wherever
// it lives.
void SipMessages::tell_lost(LinkId id, Outbox& out) {
  const StreamLink& link = *links_.find(id);
  tell_lost_to_owners(id, out);
  peers_.lost(id, {link.transport, link.remote});
  links_.erase(id);
  if (shard_.planted == Planted::lost_flow_untold) return;
  for (std::uint8_t shard = 0; shard < shard_.shards; ++shard) {
    out.emit(ShardId(shard), FlowLost{shard_.self, id});
  }
}

// Answers the request whose end nobody can find, if it is one (RFC 4475 section 3.1.2.3).
void SipMessages::refuse_frame(Now now, const Flow& flow, const sip::Frame& frame,
                               std::string_view unread, Outbox& out) {
  const std::size_t bytes =
      frame.size != 0 ? frame.size : std::size_t{shard_.settings.limits.sip_header_bytes_max};
  const auto message = sip::parse_message(unread.substr(0, bytes));
  if (!message || message->is_response() || message->method() == sip::Method::ack) return;
  const auto via = message->first_value(sip::HeaderName::via);
  if (frame.kind == sip::Frame::Kind::malformed || !via || !sip::parse_sent_by(*via)) return;
  refuse(now, flow, *message, refusal_of(frame.kind), out);
}

// --- between shards ------------------------------------------------------------------------------

ShardId SipMessages::home_of(std::string_view bytes) const {
  const auto from = sip::peek_from_uri(bytes);
  const auto uri = from ? sip::parse_uri(*from) : std::nullopt;
  const auto address = uri ? address_of_sender(*uri) : std::nullopt;
  return address ? shard_.home_of(*address) : shard_.self;
}

void SipMessages::route(Now now, const Flow& flow, std::string_view bytes, Outbox& out) {
  if (shard_.shards == 1 || sip::is_response(bytes)) return take_message(now, flow, bytes, out);
  const ShardId home = home_of(bytes);
  if (home == shard_.self) {
    take_message(now, flow, bytes, out);
  } else {
    out.emit(home, SipMessageArrived{flow, std::string(bytes)});
  }
}

// What nobody waits for is not even parsed; what another shard waits for, there.
void SipMessages::route_response(Now now, const Flow& flow, std::string_view bytes, Outbox& out) {
  const std::string_view name_text = own_branch_of(bytes);
  if (const auto owner = read_proxied_mark(name_text)) {
    return pass_on_response(now, *owner, bytes, out);
  }
  const auto name = read_sip_name(name_text);
  if (!name || name->shard.number() >= shard_.shards) {
    counters_.count(SipDrop::stray_response);
  } else if (name->shard == shard_.self) {
    take_response(*name, name_text, bytes, out);
  } else {
    out.emit(name->shard, SipMessageArrived{flow, std::string(bytes)});
  }
}

void SipMessages::take_message(Now now, const Flow& flow, std::string_view bytes, Outbox& out) {
  if (sip::is_response(bytes)) return route_response(now, flow, bytes, out);
  auto request = std::make_unique<ServerTransaction::Request>(bytes, flow);
  if (const auto error = sip::parse_message(request->read.bytes, request->read.message)) {
    counters_.count(drop_of(*error));
  } else {
    take_request(now, std::move(request), out);
  }
}

}  // namespace muster
