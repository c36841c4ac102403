#include "server/conversion/conversion.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "codec/xmpp/sip_errors.h"
#include "codec/xmpp/stanza.h"
#include "server/conversion/compose.h"
#include "server/conversion/page_message.h"
#include "server/conversion/resources.h"
#include "server/planted.h"

namespace muster {
namespace {

void spoil(pidf::Document& document, Planted planted) {
  for (pidf::Tuple& tuple : document.tuples) {
    if (planted == Planted::note_lost) tuple.notes.clear();
    if (planted == Planted::show_changed && tuple.show == "xa") tuple.show = "away";
  }
}

}  // namespace

// --- presence ------------------------------------------------------------------------------------

void Conversion::on(Now, const DocumentWanted& wanted, Outbox& out) {
  std::string document = compose(wanted, shard_.settings.limits, parsers_);
  out.emit(DocumentComposed{wanted.account, wanted.version, share(std::move(document))});
}

void Conversion::on(Now now, const TuplesToConvert& tuples, Outbox& out) {
  TuplesConverted converted{tuples.account, tuples.number, {}};
  std::visit(Overloaded{
                 [](const NoSource&) {},
                 [&](const PublicationSource& source) {
                   auto document = parsers_.document(*source.document);
                   if (!document) return;
                   if (shard_.planted != Planted::none) spoil(*document, shard_.planted);
                   converted.resources =
                       resources_of(*document, now.unix_time, shard_.settings.limits);
                 },
                 [&](const RegistrationSource& source) {
                   converted.resources.push_back(resource_of(source.registration));
                 },
             },
             tuples.source);
  out.emit(std::move(converted));
}

// --- messages ------------------------------------------------------------------------------------

// Each phone is reached by the account: a resource of a SIP device, which an XMPP contact may
// write to, is no address of its own there.
void Conversion::on(Now, const MessageToSip& message, Outbox& out) {
  auto text = page_message_of(message, parsers_);
  if (text) {
    PageMessage page;
    page.from = message.from;
    page.to = message.to.to_bare();
    page.text = *std::move(text);
    page.xmpp_id = message.id;
    page.xmpp_to = message.to;
    page.taken_by_session = message.taken_by_session;
    page.transit = message.transit;
    out.emit(std::move(page));
  } else if (message.transit != 0) {
    out.emit(PhonesDone{message.transit, true, false});
  } else if (!message.taken_by_session) {
    const bool too_long = text.error() == StanzaError::policy_violation;
    tell_sender(message.from, message.to, message.id, text.error(),
                too_long ? "too long for a SIP device" : "", out);
  }
}

// The id is the transaction's (RFC 7572 table 2): what sip_presence calls it while it waits. Phones
// have the message already, so it is not said to have a body.
void Conversion::on(Now, const MessageToXmpp& message, Outbox& out) {
  StanzaForUser stanza;
  stanza.kind = StanzaKind::message;
  stanza.id = "sip-" + std::to_string(message.waiting);
  auto xml = stanza_of(message, stanza.id, shard_.settings.limits);
  if (!xml) {
    const auto status = static_cast<std::uint16_t>(sip::number_of(xml.error()));
    out.emit(MessageDelivered{message.waiting, false, status});
    return;
  }
  stanza.from = message.from;
  stanza.to = message.to;
  stanza.xml = *std::move(xml);
  stanza.asked_by_sip = message.waiting;
  out.emit(shard_.home_of(message.to), std::move(stanza));
}

// 480 is also what there is to say of a user who has no phone and no session, or does not exist; of
// these RFC 6121 sections 8.5.1 and 8.5.2.2 want service-unavailable, whatever RFC 7247 table 3
// would make of it.
void Conversion::on(Now, const PageMessageRefused& refused, Outbox& out) {
  const sip::Status status = sip::status_of(refused.status);
  const StanzaError why = status == sip::Status::temporarily_unavailable
                              ? StanzaError::service_unavailable
                              : stanza_error_of(status);
  tell_sender(refused.from, refused.to, refused.xmpp_id, why, sip::reason_phrase(status), out);
}

void Conversion::tell_sender(const Address& sender, const Address& recipient, std::string_view id,
                             StanzaError why, std::string_view text, Outbox& out) {
  ReplyAddresses addresses{recipient.text(), sender.text(), std::nullopt};
  if (!id.empty()) addresses.id = id;
  StanzaForUser error;
  error.kind = StanzaKind::message;
  error.type = "error";
  error.id = id;
  error.from = recipient;
  error.to = sender;
  error.xml = error_stanza_xml("message", addresses, why, text);
  out.emit(shard_.home_of(sender), std::move(error));
}

}  // namespace muster
