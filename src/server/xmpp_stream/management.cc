// The part of XmppStreams that negotiates stream management: XEP-0198 sections 3 to 7.

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "server/xmpp_stream/names.h"
#include "server/xmpp_stream/xmpp_streams.h"

namespace muster {
namespace {

// An xs:boolean; false where it is absent. Nothing for what is none.
std::optional<bool> truth_of(std::optional<std::string_view> attribute) {
  if (!attribute || *attribute == "false" || *attribute == "0") return false;
  if (*attribute == "true" || *attribute == "1") return true;
  return std::nullopt;
}

// What a client asks for beyond this is this, a year: it gets less anyway.
constexpr std::uint64_t kYearOfSeconds = 365 * 24 * 3600;

std::optional<std::uint32_t> count_in(const xml::Element& element, std::string_view name) {
  return parse_number<std::uint32_t>(element.attribute(name).value_or(std::string_view()));
}

}  // namespace

// Section 3. A second one ends the stream, after the <failed/> of example 7.
void XmppStreams::enable_management(LinkId link, Stream& stream, const xml::Element& enable,
                                    Outbox& out) {
  if (stream.managed) {
    refuse_management(link, StanzaError::unexpected_request, out);
    fail(link, stream, StreamError::policy_violation, out, "stream management is enabled already");
    return;
  }
  ManagementAsked asked{stream.session, false, std::nullopt};
  const auto resume = truth_of(enable.attribute("resume"));
  const auto max = parse_number<std::uint64_t>(enable.attribute("max").value_or("1"));
  if (!resume || !max || max == 0u) {
    return refuse_management(link, StanzaError::bad_request, out);
  }
  asked.resume = *resume;
  if (enable.attribute("max")) {
    asked.max = Duration::seconds(static_cast<std::int64_t>(std::min(*max, kYearOfSeconds)));
  }
  stream.managed = true;
  out.emit(std::move(asked));
}

// Section 4.
void XmppStreams::take_ack(LinkId link, Stream& stream, const xml::Element& ack, Outbox& out) {
  if (!stream.managed) return refuse_management(link, StanzaError::unexpected_request, out);
  if (ack.name() == "r") return out.emit(AckAsked{stream.session});
  const auto handled = count_in(ack, "h");
  if (!handled) return fail(link, stream, StreamError::bad_format, out, "an <a/> without its h");
  out.emit(AckReceived{stream.session, *handled});
}

// Section 5. Who may not resume is free to bind; each attempt counts as one to bind.
void XmppStreams::resume_session(LinkId link, Stream& stream, const xml::Element& resume,
                                 Outbox& out) {
  ++stream.negotiation->bind_attempts;
  const auto id = resume.attribute("previd");
  const auto handled = count_in(resume, "h");
  if (!id || !handled) {
    return refuse_resumption(link, stream, StanzaError::bad_request, std::nullopt, out);
  }
  if (go_elsewhere(link, stream, out)) return;
  if (stream.negotiation->place.outcome != UserPlace::Outcome::here) {
    return refuse_resumption(link, stream, StanzaError::resource_constraint, std::nullopt, out);
  }
  raise_barrier(link, stream, StreamState::awaiting_binding, out);
  out.emit(ResumeAsked{link, stream.negotiation->account, std::string(*id), *handled});
}

// <resumed/> was said by who knows the counts.
void XmppStreams::on(Now now, const ResumeGranted& granted, Outbox& out) {
  Stream* stream = streams_.find(granted.link);
  if (stream == nullptr || stream->state != StreamState::awaiting_binding) {
    out.emit(StreamEnded{granted.session, granted.link, StreamEnd::lost});
    return;
  }
  stream->managed = true;
  begin_session(now, granted.link, *stream, granted.session, granted.full, out);
}

void XmppStreams::on(Now now, const ResumeRefused& refused, Outbox& out) {
  Stream* stream = streams_.find(refused.link);
  if (stream == nullptr || stream->state != StreamState::awaiting_binding) return;
  lift_barrier(now, refused.link, *stream, StreamState::binding, out);
  const bool offered = shard_.settings.limits.resume_sessions();
  refuse_resumption(refused.link, *stream,
                    offered ? StanzaError::item_not_found : StanzaError::feature_not_implemented,
                    refused.handled, out);
}

void XmppStreams::refuse_resumption(LinkId link, Stream& stream, StanzaError why,
                                    std::optional<std::uint32_t> handled, Outbox& out) {
  refuse_management(link, why, out, handled);
  if (stream.negotiation->bind_attempts >= shard_.settings.limits.bind_attempts_max) {
    fail(link, stream, StreamError::policy_violation, out, "too many attempts to bind a resource");
  }
}

// Section 6: the peer may go on.
void XmppStreams::refuse_management(LinkId link, StanzaError why, Outbox& out,
                                    std::optional<std::uint32_t> handled) {
  std::string xml = "<failed xmlns='urn:xmpp:sm:3'";
  if (handled) xml.append(" h='").append(std::to_string(*handled)).append("'");
  xml.append("><").append(name_of(why));
  xml.append(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
  out.order(SendBytes{link, std::move(xml)});
}

}  // namespace muster
