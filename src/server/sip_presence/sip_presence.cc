#include "server/sip_presence/sip_presence.h"

#include <string>

#include "server/sip_capabilities.h"

namespace muster {
namespace {

// Who is not a user is a server, or all of them: a cluster has a document of these.
bool needs_user(sip::Method method, const Settings& settings) {
  return (method == sip::Method::subscribe && !settings.cluster) ||
         method == sip::Method::publish || method == sip::Method::message;
}

// Those whose bodies mean nothing to us.
bool takes_no_body(sip::Method method) {
  return method == sip::Method::subscribe || method == sip::Method::register_ ||
         method == sip::Method::options;
}

// RFC 3261 section 11.2, RFC 3903 section 7, RFC 6665 section 4.4.4.
std::string capability_rows() {
  std::string rows(kSipAllowRow);
  rows.append("Accept: application/pidf+xml, text/plain\r\n");
  rows.append("Accept-Encoding: identity\r\nAccept-Language: en\r\n");
  rows.append(supported_row()).append(kAllowEventsRow);
  return rows;
}

}  // namespace

// --- requests ------------------------------------------------------------------------------------

void SipPresence::on(Now now, const SipRequestReceived& received, Outbox& out) {
  const sip::Message& message = received.read->message;
  const sip::Essentials& essentials = received.read->essentials;
  if (!accept_method(message, received.request, out)) return;
  const Address addressee =
      address_of(essentials.target, received.flow, shard_.settings).value_or(Address{});
  const Request request{received.request,  received.flow,   received.identity, message,
                        essentials.target, essentials.from, essentials.to,     addressee};
  if (!accept(request, out)) return;
  process(now, request, out);
}

// Section 8.2.1. False if the request is answered.
bool SipPresence::accept_method(const sip::Message& message, SipRequestId id, Outbox& out) const {
  switch (message.method()) {
    case sip::Method::options:
    case sip::Method::register_:
    case sip::Method::subscribe:
    case sip::Method::publish:
    case sip::Method::message: break;
    case sip::Method::bye:
    case sip::Method::cancel:
    case sip::Method::notify:
    case sip::Method::info:
    case sip::Method::prack:
    case sip::Method::update: answer(id, sip::Status::call_does_not_exist, out); return false;
    case sip::Method::ack: return false;  // it has no answer (section 17)
    case sip::Method::invite:
    case sip::Method::refer:
    case sip::Method::other:
      answer(id, sip::Status::method_not_allowed, out, std::string(kSipAllowRow));
      return false;
  }
  if (!stopping_) return true;
  answer_later(id, sip::Status::service_unavailable, out);
  return false;
}

// Sections 8.2.2.1 and 8.2.3. A SUBSCRIBE in a dialog is addressed to our Contact, which is nobody.
bool SipPresence::accept(const Request& request, Outbox& out) const {
  const sip::Method method = request.message.method();
  const bool by_dialog = method == sip::Method::subscribe && request.is_in_dialog();
  if (!by_dialog && (request.addressee.empty() ||
                     (needs_user(method, shard_.settings) && !request.addressee.has_local()))) {
    answer(request.id, sip::Status::not_found, out);
    return false;
  }
  if (takes_no_body(method) && has_required_body(request.message)) {
    answer(request.id, sip::Status::unsupported_media_type, out, std::string(kAcceptNothingRow));
    return false;
  }
  // Who may do without a proof is sip_message's to say; there is nobody to act for, then.
  if (method != sip::Method::options && request.identity.empty()) {
    answer(request.id, sip::Status::forbidden, out);
    return false;
  }
  return true;
}

void SipPresence::process(Now now, const Request& request, Outbox& out) {
  switch (request.message.method()) {
    case sip::Method::register_: return registrar_.register_(now, request, out);
    case sip::Method::subscribe: return subscriptions_.subscribe(now, request, out);
    case sip::Method::publish: return publications_.publish(now, request, out);
    case sip::Method::message: return page_messages_.message(now, request, out);
    default: return answer(request.id, sip::Status::ok, out, capability_rows());
  }
}

// --- events --------------------------------------------------------------------------------------

void SipPresence::on(Now now, const SipRequestEnded& ended, Outbox& out) {
  if (ended.method == sip::Method::message) {
    page_messages_.on(now, ended, out);
  } else {
    subscriptions_.on(now, ended, out);
  }
}

void SipPresence::on(Now now, const FlowLost& lost, Outbox& out) {
  registrar_.on(now, lost, out);
  subscriptions_.on(now, lost, out);
}

void SipPresence::on(Now now, const ServerGone& gone, Outbox& out) {
  registrar_.on(now, gone, out);
  subscriptions_.on(now, gone, out);
}

void SipPresence::on(Now now, const PublishAnswered& answered, Outbox& out) {
  publications_.on(now, answered, out);
}

void SipPresence::on(Now now, const PageMessage& message, Outbox& out) {
  page_messages_.on(now, message, out);
}

void SipPresence::on(Now now, const PageMessageAnswered& answered, Outbox& out) {
  page_messages_.on(now, answered, out);
}

void SipPresence::on(Now now, const MessageDelivered& delivered, Outbox& out) {
  page_messages_.on(now, delivered, out);
}

void SipPresence::on(Now now, const AccountGone& gone, Outbox& out) {
  registrar_.on(now, gone, out);
  subscriptions_.on(now, gone, out);
}

// Her subscriptions are to be made anew, at her new server. Her phones find it when they register.
void SipPresence::on(Now now, const UserLeaves& leaves, Outbox& out) {
  registrar_.leaves(leaves.account);
  subscriptions_.deactivate(now, leaves.account, sip::Status::temporarily_unavailable, out);
}

void SipPresence::on(Now, const UserHasLeft& left, Outbox& out) {
  registrar_.drop(left.account, out);
}

void SipPresence::on(Now, const UserServed& served, Outbox& out) {
  if (served.here) registrar_.stays(served.account, out);
}

void SipPresence::on(Now now, const PhoneRegisters& registers, Outbox& out) {
  registrar_.on(now, registers, out);
}

void SipPresence::on(Now now, const WatchDecided& decided, Outbox& out) {
  subscriptions_.on(now, decided, out);
}

void SipPresence::on(Now now, const WatchesNotified& notified, Outbox& out) {
  subscriptions_.on(now, notified, out);
}

void SipPresence::on(Now now, const StopAsked&, Outbox& out) {
  stopping_ = true;
  subscriptions_.stop(now, out);
}

void SipPresence::on(Now now, const LifeOver& over, Outbox& out) {
  subscriptions_.on(now, over, out);
}

// --- time ----------------------------------------------------------------------------------------

void SipPresence::wake(Now now, Outbox& out) {
  registrar_.wake(now, out);
  subscriptions_.wake(now, out);
  page_messages_.wake(now, out);
}

std::optional<Instant> SipPresence::next_deadline() const {
  std::optional<Instant> earliest;
  for (const std::optional<Instant>& next :
       {registrar_.next_deadline(), subscriptions_.next_deadline(),
        page_messages_.next_deadline()}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

bool SipPresence::idle() const {
  return subscriptions_.size() == 0 && publications_.waiting() == 0 &&
         page_messages_.waiting() == 0;
}

}  // namespace muster
