// The part of XmppStreams that binds a resource to a stream (RFC 6120 section 7), and passes on
// what its session then sends.

#include <utility>

#include "base/check.h"
#include "codec/address/jid.h"
#include "codec/cluster/names.h"
#include "codec/xml/writer.h"
#include "codec/xmpp/stanza.h"
#include "server/xmpp_stream/names.h"
#include "server/xmpp_stream/xmpp_streams.h"

namespace muster {

// --- binding -------------------------------------------------------------------------------------

// Section 7.1: a stanza for anybody else ends the stream, and there is nobody else to be reached
// yet.
void XmppStreams::take_before_binding(LinkId link, Stream& stream, const xml::Element& stanza,
                                      Outbox& out) {
  if (is_request_to(stream.negotiation->domain, stanza)) {
    if (const auto bind = request_in(kNsBind, stanza)) {
      take_bind(link, stream, stanza, *bind, out);
      return;
    }
    if (const auto query = request_in(kNsRegister, stanza)) {
      take_registration(link, stream, stanza, *query, out);
      return;
    }
    if (shard_.settings.cluster && request_in(cluster::kNsCluster, stanza)) {
      take_redirection(link, stream, stanza, out);
      return;
    }
  }
  fail(link, stream, StreamError::not_authorized, out);
}

void XmppStreams::take_bind(LinkId link, Stream& stream, const xml::Element& iq,
                            const xml::Element& bind, Outbox& out) {
  Negotiation& negotiation = *stream.negotiation;
  negotiation.request_id = iq.attribute("id");
  ++negotiation.bind_attempts;
  // Section 7.7.2.1: a resource is brought into its canonical form; an empty one lets us choose.
  const std::string_view wanted = bind.child_text("resource", kNsBind);
  std::string scratch;
  std::string resource;
  if (!wanted.empty()) {
    const auto canonical = canonical_resourcepart(wanted, scratch);
    if (!canonical) return refuse_bind(link, stream, StanzaError::bad_request, out);
    resource = *canonical;
  }
  if (!bind.is("bind", kNsBind) || iq.attribute("type") != "set") {
    return refuse_bind(link, stream, StanzaError::bad_request, out);
  }
  if (go_elsewhere(link, stream, out)) return;
  if (negotiation.place.outcome != UserPlace::Outcome::here) {
    return refuse_bind(link, stream, StanzaError::resource_constraint, out);
  }
  raise_barrier(link, stream, StreamState::awaiting_binding, out);
  out.emit(BindAsked{link, negotiation.account, std::move(resource)});
}

void XmppStreams::refuse_bind(LinkId link, Stream& stream, StanzaError why, Outbox& out) {
  const Negotiation& negotiation = *stream.negotiation;
  out.order(SendBytes{link, error_stanza_xml("iq", {{}, {}, negotiation.request_id}, why)});
  if (negotiation.bind_attempts >= shard_.settings.limits.bind_attempts_max) {
    fail(link, stream, StreamError::policy_violation, out, "too many attempts to bind a resource");
  }
}

void XmppStreams::on(Now now, const BindGranted& granted, Outbox& out) {
  Stream* stream = streams_.find(granted.link);
  if (stream == nullptr || stream->state != StreamState::awaiting_binding) {
    out.emit(StreamEnded{granted.session, granted.link});
    return;
  }
  std::string payload = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>";
  xml::append_text_element(payload, "jid", granted.full.text());
  payload.append("</bind>");
  out.order(
      SendBytes{granted.link, iq_result_xml({{}, {}, stream->negotiation->request_id}, payload)});
  begin_session(now, granted.link, *stream, granted.session, granted.full, out);
}

void XmppStreams::begin_session(Now now, LinkId link, Stream& stream, SessionId session,
                                const Address& full, Outbox& out) {
  stream.session = session;
  stream.full = full;
  stream.negotiation.reset();
  look_at(link, stream, now.instant + shard_.settings.limits.stream_silence_max);
  lift_barrier(now, link, stream, StreamState::bound, out);
}

void XmppStreams::on(Now now, const BindRefused& refused, Outbox& out) {
  Stream* stream = streams_.find(refused.link);
  if (stream == nullptr || stream->state != StreamState::awaiting_binding) return;
  lift_barrier(now, refused.link, *stream, StreamState::binding, out);
  refuse_bind(refused.link, *stream, refused.why, out);
}

// --- stanzas of a session ------------------------------------------------------------------------

void XmppStreams::deliver(LinkId link, Stream& stream, const xml::Element& stanza, Outbox& out) {
  if (!is_from_owner(stream, stanza)) {
    fail(link, stream, StreamError::invalid_from, out);
    return;
  }
  if (stanza.name() == "iq" && take_own_iq(link, stream, stanza, out)) {
    if (stream.managed) out.emit(StanzaTaken{stream.session});
    return;
  }
  const std::string_view language = stream.language == 0
                                        ? std::string_view()
                                        : std::string_view(languages_[stream.language - 1u]);
  out.emit(StanzaReceived{stream.session, stanza, language});
}

// Section 8.1.2.1 has the server override what a client says; that it says somebody else's name is
// section 4.9.3.9.
bool XmppStreams::is_from_owner(const Stream& stream, const xml::Element& stanza) const {
  const auto from = stanza.attribute("from");
  if (!from || *from == stream.full.text() || *from == stream.full.bare()) return true;
  const auto address = parse_jid(*from);
  if (!address || !address->same_bare(stream.full)) return false;
  return !address->has_resource() || *address == stream.full;
}

// A stanza of stream processing itself. Where stanzas are counted, the session does it.
void XmppStreams::say(LinkId link, const Stream& stream, std::string xml, Outbox& out) const {
  if (stream.managed) {
    out.emit(StanzaForSession{stream.session, std::move(xml)});
  } else {
    out.order(SendBytes{link, std::move(xml)});
  }
}

// What an iq says to stream processing itself. False if it is for others.
bool XmppStreams::take_own_iq(LinkId link, Stream& stream, const xml::Element& iq, Outbox& out) {
  if (!is_request_to(stream.full.domain(), iq)) {
    const auto type = iq.attribute("type");
    const bool answers = type == "result" || type == "error";
    if (stream.ping == 0 || !answers || iq.attribute("id") != ping_id(stream.ping)) return false;
    stream.ping = 0;
    return true;
  }
  const ReplyAddresses reply = reply_to(iq);
  if (request_in(kNsSession, iq)) {
    say(link, stream, iq_result_xml(reply), out);
    return true;
  }
  if (request_in(kNsBind, iq)) {
    // Section 7.6.2.2: a stream has one resource.
    say(link, stream, error_stanza_xml("iq", reply, StanzaError::not_allowed), out);
    return true;
  }
  const auto query = request_in(kNsRegister, iq);
  if (query) take_registration(link, stream, iq, *query, out);
  return query.has_value();
}

}  // namespace muster
