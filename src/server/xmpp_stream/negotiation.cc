// The part of XmppStreams that comes before a session: headers, TLS, SASL. RFC 6120 sections 4.2 to
// 6.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "codec/address/ip.h"
#include "server/xmpp_stream/features.h"
#include "server/xmpp_stream/names.h"
#include "server/xmpp_stream/xmpp_streams.h"

namespace muster {
namespace {

std::string sasl_element(std::string_view name, std::string_view data) {
  std::string xml = "<";
  xml.append(name).append(" xmlns='urn:ietf:params:xml:ns:xmpp-sasl'");
  if (data.empty()) return xml.append("/>");
  return xml.append(1, '>').append(data).append("</").append(name).append(1, '>');
}

}  // namespace

// --- headers -------------------------------------------------------------------------------------

void XmppStreams::take_header(LinkId link, Stream& stream, std::string_view bytes, Outbox& out) {
  const auto header = parser_.parse_stream_header(bytes, limits_of(stream));
  if (!header) {
    fail(link, stream, stream_error_of(header.error()), out);
    return;
  }
  const StreamOpening opening = judge_header(header->element, shard_.settings);
  const std::optional<StreamError> wrong = begin_stream(stream, opening);
  if (!header->inherited_declarations.empty()) {
    stream.rare = std::make_unique<RareParts>();
    stream.rare->inherited_declarations = header->inherited_declarations;
  }
  stream.language = number_of(opening.language);
  stream.state =
      traits_of(stream.state).authenticated ? StreamState::binding : StreamState::negotiating;
  std::string words = stream_header_xml(opening, shard_.prng.token(kStreamIdCharacters));
  if (!wrong) words.append(features_xml(shard_.settings, stream));
  out.order(SendBytes{link, std::move(words)});
  if (wrong) fail(link, stream, *wrong, out);
}

// What a good header changes; or why it is wrong here. After SASL it must name the domain of who
// authenticated, and no other user (section 6.4.6).
std::optional<StreamError> XmppStreams::begin_stream(Stream& stream,
                                                     const StreamOpening& opening) const {
  if (opening.wrong) return opening.wrong;
  Negotiation& negotiation = *stream.negotiation;
  if (traits_of(stream.state).authenticated) {
    if (opening.domain != negotiation.account.domain()) return StreamError::not_authorized;
    if (!opening.from.empty() && opening.from != negotiation.account) {
      return StreamError::invalid_from;
    }
  }
  negotiation.domain = opening.domain;
  negotiation.from = stream.secure ? opening.from : Address();
  return std::nullopt;
}

// Section 4.7.4: the language of a peer's stanzas. What is one too many is forgotten.
std::uint8_t XmppStreams::number_of(const std::string& language) {
  if (language.empty()) return 0;
  const auto found = std::find(languages_.begin(), languages_.end(), language);
  const auto index = static_cast<std::size_t>(found - languages_.begin());
  if (index == kLanguagesMax) return 0;
  if (found == languages_.end()) languages_.push_back(language);
  return static_cast<std::uint8_t>(index + 1);
}

// --- barriers ------------------------------------------------------------------------------------

void XmppStreams::raise_barrier(LinkId link, Stream& stream, StreamState state, Outbox& out) {
  stream.state = state;
  out.order(PauseReading{link});
}

void XmppStreams::lift_barrier(Now now, LinkId link, Stream& stream, StreamState state,
                               Outbox& out) {
  stream.state = state;
  out.order(ResumeReading{link});
  read_soon(now, link, stream);
}

// What waited is read in a step of its own, which is due at once: a step may lift the barriers of
// many streams, and there is one parser.
void XmppStreams::read_soon(Now now, LinkId link, Stream& stream) {
  if (stream.unread.empty()) return;
  stream.resumed = true;
  deadlines_.add(now.instant, link);
}

// --- TLS (section 5) -----------------------------------------------------------------------------

// What came behind <starttls/> came in clear: it must not be read as if it were protected, and a
// peer that sends it does not follow section 5.3.3.
void XmppStreams::start_tls(LinkId link, Stream& stream, bool more, Outbox& out) {
  if (stream.secure || stream.web_socket || !shard_.settings.tls_offered || more) {
    refuse_tls(link, stream, out);
    return;
  }
  stream.state = StreamState::starting_tls;
  out.order(SendBytes{link, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"});
  out.order(StartTls{link, stream.negotiation->domain});
}

void XmppStreams::refuse_tls(LinkId link, const Stream& stream, Outbox& out) {
  close(link, stream,
        std::string("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").append(kStreamEnd), out);
}

// The stream begins anew; what was said in clear is forgotten (section 5.4.3.3).
void XmppStreams::on(Now, const TlsStarted& started, Outbox& out) {
  Stream* stream = streams_.find(started.link);
  if (stream == nullptr || stream->secure) return;
  const bool direct = stream->state == StreamState::opening && stream->unread.empty();
  if (!direct && stream->state != StreamState::starting_tls) {
    // Bytes were read before: no driver starts TLS by itself then.
    fail(started.link, *stream, StreamError::internal_server_error, out);
    return;
  }
  stream->secure = true;
  stream->state = StreamState::opening;
  stream->framer.reset();
  stream->rare.reset();
  stream->language = 0;
  Negotiation& negotiation = *stream->negotiation;
  negotiation.domain = shard_.settings.domains.front();
  negotiation.exporter = started.exporter;
  negotiation.unique = started.unique;
}

// --- SASL (section 6) ----------------------------------------------------------------------------

// Each <auth/> is an attempt, also one that is abandoned for the next.
void XmppStreams::begin_sasl(LinkId link, Stream& stream, const xml::Element& auth, Outbox& out) {
  if (++stream.negotiation->sasl_attempts > shard_.settings.limits.sasl_attempts_max) {
    fail(link, stream, StreamError::policy_violation, out, "too many attempts to authenticate");
    return;
  }
  const std::string mechanism(auth.attribute("mechanism").value_or(std::string_view()));
  if (const auto why = why_not_offered(mechanism, shard_.settings, stream.secure)) {
    refuse_sasl(link, stream, *why, out);
  } else {
    ask_sasl(link, stream, mechanism, auth.text(), out);
  }
}

void XmppStreams::ask_sasl(LinkId link, Stream& stream, std::optional<std::string> mechanism,
                           std::string_view data, Outbox& out) {
  AskSasl ask{link, stream.negotiation->domain, std::move(mechanism), std::nullopt, false};
  if (!data.empty()) ask.data = std::string(data);
  raise_barrier(link, stream, StreamState::asking_sasl, out);
  out.order(std::move(ask));
}

// The exchange under way, if there is one, is over; the peer may begin another.
void XmppStreams::refuse_sasl(LinkId link, Stream& stream, SaslError why, Outbox& out) {
  if (stream.state == StreamState::challenged) {
    out.order(AskSasl{link, stream.negotiation->domain, std::nullopt, std::nullopt, true});
    stream.state = StreamState::negotiating;
  }
  out.order(SendBytes{link, sasl_failure_xml(why)});
  if (stream.negotiation->sasl_attempts >= shard_.settings.limits.sasl_attempts_max) {
    fail(link, stream, StreamError::policy_violation, out, "too many attempts to authenticate");
  }
}

void XmppStreams::on(Now now, const SaslAnswered& answered, Outbox& out) {
  Stream* stream = streams_.find(answered.link);
  if (stream == nullptr || stream->state != StreamState::asking_sasl) return;
  switch (answered.outcome) {
    case SaslAnswered::Outcome::challenge:
      out.order(SendBytes{answered.link, sasl_element("challenge", answered.data)});
      lift_barrier(now, answered.link, *stream, StreamState::challenged, out);
      return;
    case SaslAnswered::Outcome::failure:
      out.order(Log{Log::Level::info, "xmpp-login-failed", to_text(stream->negotiation->remote),
                    std::string(name_of(answered.why))});
      lift_barrier(now, answered.link, *stream, StreamState::negotiating, out);
      refuse_sasl(answered.link, *stream, answered.why, out);
      return;
    case SaslAnswered::Outcome::success:
      authenticated(now, answered.link, *stream, answered, out);
      return;
  }
}

// The stream begins anew (section 6.4.6), on the home shard of its user.
void XmppStreams::authenticated(Now now, LinkId link, Stream& stream, const SaslAnswered& answered,
                                Outbox& out) {
  const Negotiation& negotiation = *stream.negotiation;
  if (!negotiation.from.empty() && negotiation.from != answered.account) {
    fail(link, stream, StreamError::invalid_from, out);
    return;
  }
  StreamOnTheMove moved;
  moved.account = answered.account;
  moved.domain = negotiation.domain;
  moved.success_xml = sasl_element("success", answered.data);
  moved.secure = stream.secure;
  moved.web_socket = stream.web_socket;
  moved.unread = std::move(stream.unread);
  const Endpoint remote = negotiation.remote;
  streams_.erase(link);
  const ShardId home = shard_.home_of(answered.account);
  if (home != shard_.self) {
    out.order(HandOver{link, home, std::move(moved)});
  } else {
    out.order(ResumeReading{link});
    arrive(now, link, remote, std::move(moved), out);
  }
}

void XmppStreams::arrive(Now now, LinkId link, const Endpoint& remote, StreamOnTheMove moved,
                         Outbox& out) {
  Stream& stream = streams_.add(link, {});
  stream.heard = now.instant;
  stream.secure = moved.secure;
  stream.web_socket = moved.web_socket;
  stream.state = StreamState::reopening;
  stream.negotiation = std::make_unique<Negotiation>();
  stream.negotiation->account = std::move(moved.account);
  stream.negotiation->domain = std::move(moved.domain);
  stream.negotiation->remote = remote;
  if (stopping_) {
    // In the old stream, whose header was sent; one that is relayed has been told to begin anew.
    if (!moved.success_xml.empty()) stream.state = StreamState::binding;
    fail(link, stream, StreamError::system_shutdown, out);
    return;
  }
  look_at(link, stream, now.instant + shard_.settings.limits.login_time_max);
  if (!moved.success_xml.empty()) out.order(SendBytes{link, std::move(moved.success_xml)});
  stream.unread = std::move(moved.unread);
  if (shard_.settings.cluster) {
    ask_place(link, stream, out);
  } else {
    read_soon(now, link, stream);
  }
}

}  // namespace muster
