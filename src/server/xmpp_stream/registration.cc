// The part of XmppStreams that is in-band registration (XEP-0077): a new account before
// authentication; a new password, and the end of the account, after it. Only where
// Settings::in_band_registration is set; else service-unavailable, as section 3.1 wants.
//
// A stream makes one account (section 3.1.1). A password passes through here once, into an order.

#include <utility>

#include "base/check.h"
#include "codec/address/jid.h"
#include "codec/xml/writer.h"
#include "server/xmpp_stream/features.h"
#include "server/xmpp_stream/names.h"
#include "server/xmpp_stream/xmpp_streams.h"

namespace muster {
namespace {

// What no password has more of: it is not hashed, but refused as not-acceptable.
constexpr std::size_t kPasswordBytesMax = 1023;

StanzaError error_of(RegistrationAnswered::Outcome outcome) {
  switch (outcome) {
    case RegistrationAnswered::Outcome::conflict: return StanzaError::conflict;
    case RegistrationAnswered::Outcome::not_acceptable: return StanzaError::not_acceptable;
    case RegistrationAnswered::Outcome::refused: return StanzaError::not_allowed;
    default: return StanzaError::internal_server_error;
  }
}

}  // namespace

// Of a peer that has not logged in only this is taken as a stanza; it must be to the server.
void XmppStreams::take_before_login(LinkId link, Stream& stream, const xml::Element& stanza,
                                    Outbox& out) {
  if (is_request_to(stream.negotiation->domain, stanza)) {
    if (const auto query = request_in(kNsRegister, stanza)) {
      take_registration(link, stream, stanza, *query, out);
      return;
    }
  }
  fail(link, stream, StreamError::not_authorized, out);
}

void XmppStreams::take_registration(LinkId link, Stream& stream, const xml::Element& iq,
                                    const xml::Element& query, Outbox& out) {
  const Settings& settings = shard_.settings;
  const bool known = traits_of(stream.state).authenticated;
  const auto refuse = [&](StanzaError why) {
    say(link, stream, error_stanza_xml("iq", reply_to(iq), why), out);
  };
  if (!settings.in_band_registration || !may_log_in(settings, stream.secure)) {
    refuse(StanzaError::service_unavailable);
  } else if (!query.is("query", kNsRegister)) {
    refuse(StanzaError::bad_request);
  } else if (iq.attribute("type") == "get") {
    tell_fields(link, stream, iq, out);
  } else if (query.child("remove", kNsRegister)) {
    // Section 3.2: before authentication nobody can be meant.
    if (!known) return refuse(StanzaError::unexpected_request);
    cancel_account(link, stream, iq, query, out);
  } else if (known) {
    change_password(link, stream, iq, query, out);
  } else {
    register_account(link, stream, iq, query, out);
  }
}

// Section 3.1. A password is never shown, but that there is one.
void XmppStreams::tell_fields(LinkId link, const Stream& stream, const xml::Element& iq,
                              Outbox& out) {
  std::string xml = "<query xmlns='jabber:iq:register'>";
  if (traits_of(stream.state).authenticated) {
    const Address& account =
        stream.negotiation == nullptr ? stream.full : stream.negotiation->account;
    xml.append("<registered/>");
    xml::append_text_element(xml, "username", account.local());
    xml.append("<password/>");
  } else {
    xml.append(
        "<instructions>Choose a username and a password.</instructions>"
        "<username/><password/>");
  }
  xml.append("</query>");
  say(link, stream, iq_result_xml(reply_to(iq), xml), out);
}

void XmppStreams::register_account(LinkId link, Stream& stream, const xml::Element& iq,
                                   const xml::Element& query, Outbox& out) {
  Negotiation& negotiation = *stream.negotiation;
  std::string scratch;
  const auto local = canonical_localpart(query.child_text("username", kNsRegister), scratch);
  const std::string_view password = query.child_text("password", kNsRegister);
  // Sections 3.1 (all that was asked for must be there) and 3.1.1 (not too often, and once).
  if (!local || password.empty() || password.size() > kPasswordBytesMax || negotiation.registered ||
      ++negotiation.registration_attempts > shard_.settings.limits.registration_attempts_max) {
    out.order(SendBytes{link, error_stanza_xml("iq", reply_to(iq), StanzaError::not_acceptable)});
    return;
  }
  AskRegistration ask;
  ask.link = link;
  ask.id = iq.attribute("id").value_or(std::string_view());
  ask.account = Address::of_canonical(*local, negotiation.domain);
  ask.password = password;
  raise_barrier(link, stream, StreamState::registering, out);
  out.order(std::move(ask));
}

// Section 3.3. The account is the stream's own; naming another is not the way to change that one's.
void XmppStreams::change_password(LinkId link, const Stream& stream, const xml::Element& iq,
                                  const xml::Element& query, Outbox& out) {
  const Address account =
      stream.negotiation == nullptr ? stream.full.to_bare() : stream.negotiation->account;
  std::string scratch;
  const auto local = canonical_localpart(query.child_text("username", kNsRegister), scratch);
  const std::string_view password = query.child_text("password", kNsRegister);
  const auto refuse = [&](StanzaError why) {
    say(link, stream, error_stanza_xml("iq", reply_to(iq), why), out);
  };
  if (!local || password.empty()) return refuse(StanzaError::bad_request);
  if (*local != account.local()) return refuse(StanzaError::not_allowed);
  if (password.size() > kPasswordBytesMax) return refuse(StanzaError::not_acceptable);
  AskRegistration ask;
  ask.link = link;
  ask.id = iq.attribute("id").value_or(std::string_view());
  ask.account = account;
  ask.password = password;
  ask.change = true;
  out.order(std::move(ask));
}

// After a new account the peer may log in; what it sent meanwhile is read now. After a change of
// password nothing was held up.
void XmppStreams::on(Now now, const RegistrationAnswered& answered, Outbox& out) {
  Stream* stream = streams_.find(answered.link);
  if (stream == nullptr) return;
  const StreamStateTraits& traits = traits_of(stream->state);
  const bool known = traits.authenticated && traits.header_sent;
  if (!known && stream->state != StreamState::registering) return;
  const bool done = answered.outcome == RegistrationAnswered::Outcome::done;
  const ReplyAddresses reply{{}, {}, answered.id};
  say(answered.link, *stream,
      done ? iq_result_xml(reply) : error_stanza_xml("iq", reply, error_of(answered.outcome)), out);
  if (stream->state != StreamState::registering) return;
  stream->negotiation->registered = done;
  lift_barrier(now, answered.link, *stream, StreamState::negotiating, out);
}

// --- the end of an account (section 3.2) ---------------------------------------------------------

// It is answered when the store has done it (AccountGone, AccountKept).
void XmppStreams::cancel_account(LinkId link, Stream& stream, const xml::Element& iq,
                                 const xml::Element& query, Outbox& out) {
  auto child = query.children().begin();
  if (++child != query.children().end() || (stream.rare && stream.rare->cancel_id)) {
    say(link, stream, error_stanza_xml("iq", reply_to(iq), StanzaError::bad_request), out);
    return;
  }
  if (stream.rare == nullptr) stream.rare = std::make_unique<RareParts>();
  stream.rare->cancel_id = iq.attribute("id").value_or(std::string_view());
  out.emit(DropAccount{stream.negotiation == nullptr ? stream.full.to_bare()
                                                     : stream.negotiation->account});
}

// Who asked is told so. Streams that have a session are xmpp_presence's to end, but for that one;
// those that have none yet end here: what they logged in with holds no more.
void XmppStreams::on(Now, const AccountGone& gone, Outbox& out) {
  streams_.for_each([&](LinkId link, Stream& stream) {
    if (!traits_of(stream.state).authenticated) return;
    const bool bound = stream.negotiation == nullptr;
    const Address& account = bound ? stream.full : stream.negotiation->account;
    if (!account.same_bare(gone.account)) return;
    const bool asked = gone.removed && stream.rare && stream.rare->cancel_id;
    if (bound && !asked) return;
    if (asked) {
      out.order(SendBytes{link, iq_result_xml({{}, {}, stream.rare->cancel_id})});
    }
    fail(link, stream, StreamError::not_authorized, out);
  });
}

void XmppStreams::on(Now, const AccountKept& kept, Outbox& out) {
  streams_.for_each([&](LinkId link, Stream& stream) {
    if (stream.rare == nullptr || !stream.rare->cancel_id) return;
    const Address& account =
        stream.negotiation == nullptr ? stream.full : stream.negotiation->account;
    if (!account.same_bare(kept.account)) return;
    say(link, stream,
        error_stanza_xml("iq", {{}, {}, stream.rare->cancel_id},
                         StanzaError::internal_server_error),
        out);
    stream.rare->cancel_id.reset();
  });
}

}  // namespace muster
