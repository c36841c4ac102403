#include "server/xmpp_stream/xmpp_streams.h"

#include <utility>

#include "base/check.h"
#include "codec/address/ip.h"
#include "codec/xml/namespaces.h"
#include "server/planted.h"
#include "server/xmpp_stream/names.h"

namespace muster {
namespace {

ElementKind kind_of(const xml::Element& element) {
  const std::string_view ns = element.ns();
  const std::string_view name = element.name();
  if (ns == xml::kNsClient) {
    const bool known = name == "presence" || name == "message" || name == "iq";
    return known ? ElementKind::stanza : ElementKind::unknown;
  }
  if (ns == kNsSasl) {
    if (name == "auth") return ElementKind::sasl_auth;
    if (name == "response") return ElementKind::sasl_response;
    return name == "abort" ? ElementKind::sasl_abort : ElementKind::sasl_other;
  }
  if (ns == xml::kNsManagement) {
    if (name == "enable") return ElementKind::sm_enable;
    if (name == "resume") return ElementKind::sm_resume;
    return name == "a" || name == "r" ? ElementKind::sm_ack : ElementKind::unknown;
  }
  if (element.is("starttls", kNsTls)) return ElementKind::starttls;
  if (element.is("error", xml::kNsStream)) return ElementKind::stream_error;
  return ns == xml::kNsServer ? ElementKind::server_content : ElementKind::unknown;
}

// What a limit of the XML codec is called in the <text/> of the error that answers it.
std::string_view text_of(xml::Error error) {
  switch (error) {
    case xml::Error::too_big: return "more bytes than are allowed here";
    case xml::Error::too_deep: return "elements nested too deep";
    case xml::Error::too_many_elements: return "too many elements";
    case xml::Error::too_many_attributes: return "too many attributes";
    case xml::Error::too_many_declarations: return "too many namespace declarations";
    default: return {};
  }
}

}  // namespace

std::optional<StreamState> XmppStreams::state_of(LinkId link) const {
  const Stream* stream = streams_.find(link);
  if (stream == nullptr) return std::nullopt;
  return stream->state;
}

// --- links ---------------------------------------------------------------------------------------

bool XmppStreams::is_full() const {
  return streams_.size() + closing_.size() >= shard_.settings.limits.streams_per_shard_max;
}

void XmppStreams::on(Now now, const LinkOpened& opened, Outbox& out) {
  const bool full = is_full();
  Stream& stream = streams_.add(opened.link, {});
  stream.heard = now.instant;
  stream.web_socket = opened.use == LinkUse::web_socket;
  stream.negotiation = std::make_unique<Negotiation>();
  stream.negotiation->domain = shard_.settings.domains.front();
  stream.negotiation->remote = opened.remote;
  if (full || stopping_) {
    fail(opened.link, stream,
         stopping_ ? StreamError::system_shutdown : StreamError::resource_constraint, out);
    return;
  }
  if (shard_.planted == Planted::login_unlimited) return;
  look_at(opened.link, stream, now.instant + shard_.settings.limits.login_time_max);
}

void XmppStreams::on(Now now, const LinkArrived& arrived, Outbox& out) {
  arrive(now, arrived.link, arrived.remote, arrived.stream, out);
}

void XmppStreams::on(Now, const LinkClosed& closed, Outbox& out) {
  const Stream* stream = streams_.find(closed.link);
  if (stream == nullptr) return closing_.erase(closed.link);
  if (stream->session.valid()) out.emit(StreamEnded{stream->session, closed.link, StreamEnd::lost});
  if (is_elsewhere(stream->state)) out.emit(RelayedStreamEnded{closed.link});
  streams_.erase(closed.link);
}

// An unfinished frame is added to where it waits, and moved once when it is complete: a peer who
// sends byte by byte does not make us copy it each time.
void XmppStreams::on(Now now, const BytesReceived& received, Outbox& out) {
  Stream* stream = streams_.find(received.link);
  if (stream == nullptr) return read_closing(received.link, received.bytes, out);
  if (is_elsewhere(stream->state)) {
    return out.emit(BytesToRelay{received.link, received.bytes});
  }
  stream->heard = now.instant;
  stream->pinged = false;
  if (stream->unread.empty() && !traits_of(stream->state).barred) {
    read(received.link, *stream, received.bytes, out);
    return;
  }
  stream->unread.append(received.bytes);
  if (stream->state == StreamState::starting_tls) {
    // RFC 6120 section 5.4.3.1 rule 1: nothing may come in clear, and nothing may be said.
    close(received.link, *stream, {}, out);
  } else if (traits_of(stream->state).barred) {
    if (stream->unread.size() <= shard_.settings.limits.stanza_bytes_max) return;
    fail(received.link, *stream, StreamError::policy_violation, out, text_of(xml::Error::too_big));
  } else {
    read_waiting(received.link, *stream, out);
  }
}

void XmppStreams::read_waiting(LinkId link, Stream& stream, Outbox& out) {
  stream.resumed = false;
  const xml::Frame frame = stream.framer.next(stream.unread, limits_of(stream));
  if (frame.kind == xml::Frame::Kind::incomplete) return;
  window_ = std::exchange(stream.unread, {});
  take_frame(link, stream, frame, window_, out);
}

void XmppStreams::on(Now, const UnreadBytes& unread, Outbox& out) {
  Stream* stream = streams_.find(unread.link);
  if (stream == nullptr) return read_closing(unread.link, unread.bytes, out);
  read(unread.link, *stream, unread.bytes, out);
}

// --- frames --------------------------------------------------------------------------------------

xml::Limits XmppStreams::limits_of(const Stream& stream) const {
  xml::Limits limits;
  limits.bytes_max = shard_.settings.limits.stanza_bytes_max;
  if (!traits_of(stream.state).authenticated) {
    limits.bytes_max = std::min(limits.bytes_max, xml::kUnauthenticatedStanzaBytesMax);
  }
  return limits;
}

void XmppStreams::read(LinkId link, Stream& stream, std::string_view window, Outbox& out) {
  if (traits_of(stream.state).barred) {
    stream.unread = window;
    return;
  }
  const xml::Frame frame = stream.framer.next(window, limits_of(stream));
  if (frame.kind == xml::Frame::Kind::incomplete) {
    stream.unread = window;
  } else {
    take_frame(link, stream, frame, window, out);
  }
}

// Takes one frame of `window`, and leaves the rest to the next event.
void XmppStreams::take_frame(LinkId link, Stream& stream, const xml::Frame& frame,
                             std::string_view window, Outbox& out) {
  const std::string_view rest = window.substr(frame.bytes);
  switch (frame.kind) {
    case xml::Frame::Kind::incomplete: MUSTER_UNREACHABLE("the caller keeps what is unfinished");
    case xml::Frame::Kind::error:
      fail(link, stream, stream_error_of(frame.error), out, text_of(frame.error));
      return;
    case xml::Frame::Kind::stream_end:
      // Section 4.4: our answer; the driver closes once it has left.
      close(link, stream, std::string(kStreamEnd), out);
      return;
    case xml::Frame::Kind::whitespace: break;
    case xml::Frame::Kind::stream_header:
      take_header(link, stream, window.substr(0, frame.bytes), out);
      break;
    case xml::Frame::Kind::stanza:
      take_element(link, stream, window.substr(0, frame.bytes), !rest.empty(), out);
      break;
  }
  if (shard_.planted == Planted::bytes_lost && frame.kind == xml::Frame::Kind::stanza) return;
  if (!rest.empty()) out.emit(UnreadBytes{link, rest});
}

// `more`: something came behind it already.
void XmppStreams::take_element(LinkId link, Stream& stream, std::string_view bytes, bool more,
                               Outbox& out) {
  const std::string_view inherited = stream.rare == nullptr
                                         ? std::string_view()
                                         : std::string_view(stream.rare->inherited_declarations);
  const auto element = parser_.parse(bytes, limits_of(stream), inherited);
  if (element) {
    act_on(link, stream, *element, more, out);
  } else {
    fail(link, stream, stream_error_of(element.error()), out, text_of(element.error()));
  }
}

void XmppStreams::act_on(LinkId link, Stream& stream, const xml::Element& element, bool more,
                         Outbox& out) {
  switch (action_of(stream.state, kind_of(element))) {
    case ElementAction::deliver: return deliver(link, stream, element, out);
    case ElementAction::start_tls: return start_tls(link, stream, more, out);
    case ElementAction::refuse_tls: return refuse_tls(link, stream, out);
    case ElementAction::begin_sasl: return begin_sasl(link, stream, element, out);
    case ElementAction::continue_sasl:
      return ask_sasl(link, stream, std::nullopt, element.text(), out);
    case ElementAction::abort_sasl: return refuse_sasl(link, stream, SaslError::aborted, out);
    case ElementAction::malformed_sasl:
      return refuse_sasl(link, stream, SaslError::malformed_request, out);
    case ElementAction::take_before_login: return take_before_login(link, stream, element, out);
    case ElementAction::take_before_binding: return take_before_binding(link, stream, element, out);
    case ElementAction::hang_up:
      return close(link, stream, std::string(kStreamEnd), out, StreamEnd::lost);
    case ElementAction::enable_management: return enable_management(link, stream, element, out);
    case ElementAction::resume_session: return resume_session(link, stream, element, out);
    case ElementAction::take_ack: return take_ack(link, stream, element, out);
    case ElementAction::refuse_management:
      return refuse_management(link, StanzaError::unexpected_request, out);
    case ElementAction::not_authorized: return fail(link, stream, StreamError::not_authorized, out);
    case ElementAction::invalid_namespace:
      return fail(link, stream, StreamError::invalid_namespace, out);
    case ElementAction::unsupported_stanza_type:
      return fail(link, stream, StreamError::unsupported_stanza_type, out);
  }
}

// --- silence -------------------------------------------------------------------------------------

void XmppStreams::look_at(LinkId link, Stream& stream, Instant when) {
  stream.look_at = when;
  deadlines_.add(when, link);
}

void XmppStreams::wake(Now now, Outbox& out) {
  std::size_t ended = 0;
  while (const auto link = deadlines_.take_due(now.instant)) {
    Stream* stream = streams_.find(*link);
    if (stream == nullptr) {
      end_closing(now, *link, out);
      if (stopping_ && ++ended == kEndedAtOnce) return;
      continue;
    }
    if (stopping_) {
      fail(*link, *stream, StreamError::system_shutdown, out);
      if (++ended == kEndedAtOnce) return;  // the others are still due: for the next step
      continue;
    }
    if (stream->resumed) {
      if (stream->look_at <= now.instant) deadlines_.add(stream->look_at, *link);
      stream->heard = now.instant;
      read_waiting(*link, *stream, out);
      return;  // the others are still due: each has a step of its own
    }
    if (now.instant < stream->look_at) continue;
    if (is_elsewhere(stream->state)) continue;  // her server looks after it
    if (stream->state == StreamState::bound) {
      look_after_silence(now, *link, *stream, out);
    } else {
      fail(*link, *stream, StreamError::connection_timeout, out);
    }
  }
}

// RFC 6120 section 4.6: silence alone proves nothing, silence to a ping does.
void XmppStreams::look_after_silence(Now now, LinkId link, Stream& stream, Outbox& out) {
  const Limits& limits = shard_.settings.limits;
  if (shard_.planted == Planted::silence_forgotten) return;
  if (stream.pinged) {
    fail(link, stream, StreamError::connection_timeout, out);
  } else if (now.instant - stream.heard < limits.stream_silence_max) {
    look_at(link, stream, stream.heard + limits.stream_silence_max);
  } else {
    stream.pinged = true;
    if (stream.managed) {
      // XEP-0198 section 8.2: it does what a ping does, and its answer says more.
      out.order(SendBytes{link, "<r xmlns='urn:xmpp:sm:3'/>"});
    } else {
      stream.ping = shard_.prng.next() | 1u;
      out.order(SendBytes{link, ping_xml(stream.full, stream.ping)});
    }
    look_at(link, stream, now.instant + limits.ping_answer_time_max);
  }
}

}  // namespace muster
