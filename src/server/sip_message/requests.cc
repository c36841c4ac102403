// Requests of others: which transaction they belong to, who sent them, what they are answered.
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "server/planted.h"
#include "server/sip_contact.h"
#include "server/sip_message/sip_messages.h"

namespace muster {

using ServerState = ServerTransaction::State;

void SipMessages::take_request(Now now, std::unique_ptr<ServerTransaction::Request> request,
                               Outbox& out) {
  ++counters_.requests;
  const Flow& flow = request->flow;
  const sip::Message& message = request->read.message;
  sip::Essentials& essentials = request->read.essentials;
  if (const auto rejection = sip::check_request(message, essentials)) {
    if (!rejection->answerable) return counters_.count(SipDrop::unanswerable);
    return refuse(now, flow, message, refusal_of(*rejection), out);
  }
  if (message.method() == sip::Method::ack) return take_ack(now, message, essentials);
  if (message.method() == sip::Method::cancel) {
    return take_cancel(now, flow, message, essentials, out);
  }

  const auto keys = keys_of_new(now, *request, out);
  if (!keys) return;
  if (const auto refusal = refuse_request(message, essentials, flow, shard_.settings)) {
    if (message.method() == sip::Method::invite) {
      return refuse_invite(now, flow, message, *keys, *refusal, out);
    }
    return refuse(now, flow, message, *refusal, out);
  }
  admit(now, std::move(request), *keys, out);
}

// Nothing if it came before: then it is dealt with.
std::optional<RequestKeys> SipMessages::keys_of_new(Now now,
                                                    const ServerTransaction::Request& request,
                                                    Outbox& out) {
  const sip::Message& message = request.read.message;
  RequestKeys keys = matcher_.keys_of(message, request.read.essentials);
  if (shard_.planted == Planted::request_taken_twice) keys = {shard_.prng.next(), 0};
  if (const auto same = requests_.find_same(keys.transaction)) {
    take_again(now, *same, request.flow, message, out);
    return std::nullopt;
  }
  // RFC 3261 section 8.2.2.2.
  if (keys.request != 0 && requests_.has_request(keys.request)) {
    refuse(now, request.flow, message, {sip::Status::loop_detected, "Merged Request"}, out);
    return std::nullopt;
  }
  return keys;
}

// A repetition (section 17.2): it gets what the first got, so far.
void SipMessages::take_again(Now now, SipRequestId id, const Flow& flow,
                             const sip::Message& message, Outbox& out) {
  ++counters_.retransmissions;
  const ServerTransaction& transaction = *requests_.find(id);
  switch (transaction.state) {
    case ServerState::trying:
    case ServerState::confirmed: return;
    case ServerState::proceeding:
      return send_answer(now, flow, message,
                         SipAnswer({sip::Status::trying}).to(message, flow.remote), out);
    case ServerState::completed:
      return send_answer(now, flow, message, transaction.answer.to(message, flow.remote), out);
  }
}

void SipMessages::take_ack(Now now, const sip::Message& ack, const sip::Essentials& essentials) {
  const auto id = requests_.find_same(matcher_.key_of_invite(ack, essentials));
  if (id && requests_.find(*id)->is_invite) return requests_.confirm(now, *id);
  counters_.count(SipDrop::stray_ack);
}

// Section 9.2. What it cancels goes on: no request here takes long, and an INVITE is answered.
void SipMessages::take_cancel(Now now, const Flow& flow, const sip::Message& cancel,
                              const sip::Essentials& essentials, Outbox& out) {
  using sip::Method;
  static constexpr std::array kCancelled = {Method::invite,  Method::subscribe, Method::register_,
                                            Method::publish, Method::message,   Method::options,
                                            Method::notify,  Method::bye,       Method::info,
                                            Method::prack,   Method::refer,     Method::update};
  for (const Method method : kCancelled) {
    const auto id = requests_.find_same(matcher_.key_of_cancelled(cancel, essentials, method));
    if (!id) continue;
    const std::string tag = matcher_.answer_tag(cancel);
    const std::string_view same = requests_.find(*id)->answer.to_tag();
    const SipAnswer answer({.to_tag = same.empty() ? tag : same});
    return send_answer(now, flow, cancel, answer.to(cancel, flow.remote), out);
  }
  refuse(now, flow, cancel, {sip::Status::call_does_not_exist}, out);
}

// --- to whom sip_presence is to listen -----------------------------------------------------------

void SipMessages::admit(Now now, std::unique_ptr<ServerTransaction::Request> request,
                        const RequestKeys& keys, Outbox& out) {
  const sip::Message& message = request->read.message;
  const sip::Uri& from = request->read.essentials.from.uri;
  const Flow& flow = request->flow;
  std::optional<Address> sender;
  if (needs_proof(message.method())) {
    sender = address_of_sender(from);
    const auto refusal = refuse_sender(from, sender, shard_.settings);
    if (refusal) return refuse(now, flow, message, *refusal, out);
  }
  const bool trusted =
      !sender || (shard_.settings.loopback_sip_trusted && flow.remote.ip.is_loopback());
  const auto id = open(now, std::move(request), keys, out);
  if (!id) return;
  ServerTransaction& transaction = *requests_.find(*id);
  if (sender) transaction.request->sender = *std::move(sender);
  if (trusted) return place(now, *id, transaction, out);
  transaction.untold = true;
  ask_proof(*id, message, transaction.request->sender, out);
}

// Nothing if there is no room: then it is refused.
std::optional<SipRequestId> SipMessages::open(Now now,
                                              std::unique_ptr<ServerTransaction::Request> request,
                                              const RequestKeys& keys, Outbox& out) {
  if (stopping_ || !requests_.has_room(now, request->bytes(), counters_.forgotten)) {
    refuse_overload(now, request->flow, request->read.message, out);
    return std::nullopt;
  }
  return requests_.open(now, keys, std::move(request)).first;
}

// RFC 3261 section 22.1: the realm is the user's domain.
void SipMessages::ask_proof(SipRequestId id, const sip::Message& message, const Address& sender,
                            Outbox& out) {
  AskDigest ask{Ticket(id.number()),
                std::string(message.method_text()),
                std::string(sender.domain()),
                std::string(message.request_uri()),
                {}};
  for (const std::string_view value : message.rows(sip::HeaderName::authorization)) {
    ask.authorizations.emplace_back(value);
  }
  out.order(std::move(ask));
}

void SipMessages::on(Now now, const DigestAnswered& answered, Outbox& out) {
  const SipRequestId id = SipRequestId::from_number(answered.ticket.number());
  ServerTransaction* transaction = requests_.find(id);
  if (transaction == nullptr || !transaction->untold) return;
  switch (answered.outcome) {
    case DigestAnswered::Outcome::proved: break;
    case DigestAnswered::Outcome::challenged: {
      SipRefusal refusal{sip::Status::unauthorized};
      for (const std::string& challenge : answered.challenges) {
        refusal.rows.append("WWW-Authenticate: ").append(challenge).append("\r\n");
      }
      return end_unproved(now, id, refusal, out);
    }
    case DigestAnswered::Outcome::malformed:
      return end_unproved(now, id, {sip::Status::bad_request, "Malformed Authorization"}, out);
    case DigestAnswered::Outcome::store_failed:
      return end_unproved(now, id, {sip::Status::server_internal_error}, out);
  }
  // Who is proved may speak for herself only.
  if (!answered.account.same_bare(transaction->request->sender)) {
    return end_unproved(now, id, {sip::Status::forbidden, "Not Your Address"}, out);
  }
  place(now, id, *transaction, out);
}

// Without a trace: if it comes again, it is asked again (section 8.2.7).
void SipMessages::end_unproved(Now now, SipRequestId id, const SipRefusal& refusal, Outbox& out) {
  const ServerTransaction& transaction = *requests_.find(id);
  refuse(now, transaction.request->flow, transaction.request->read.message, refusal, out);
  requests_.forget(id);
}

// --- where she is served (design, "The redirect ladder") -----------------------------------------

void SipMessages::place(Now now, SipRequestId id, ServerTransaction& transaction, Outbox& out) {
  const ServerTransaction::Request& request = *transaction.request;
  const sip::Message& message = request.read.message;
  // What is about a server is that server's to answer.
  const bool is_of_user =
      is_placed_by_sender(message.method()) &&
      (message.method() != sip::Method::subscribe || request.read.essentials.target.has_user());
  transaction.untold = shard_.settings.cluster && !request.is_in_dialog() && is_of_user;
  if (!transaction.untold) {
    return out.emit(SipRequestReceived{id, &request.read, request.flow, request.sender});
  }
  // Once for all that she asks.
  const bool registers = request.flow.through == 0 && message.method() == sip::Method::register_;
  const bool again =
      registers && followers_.has_come_back(now.instant, request.sender, request.flow.remote.ip);
  out.emit(RequestToPlace{id, request.sender, again, registers ? &request.read : nullptr});
}

void SipMessages::on(Now now, const RequestPlaced& placed, Outbox& out) {
  ServerTransaction* transaction = requests_.find(placed.request);
  if (transaction == nullptr || !transaction->untold) return;
  switch (placed.place.outcome) {
    case UserPlace::Outcome::here: return is_placed_here(now, placed.request, *transaction, out);
    case UserPlace::Outcome::elsewhere:
      if (placed.place.at->sip.empty()) break;
      return is_placed_elsewhere(now, placed.request, *transaction, *placed.place.at, out);
    case UserPlace::Outcome::full:
    case UserPlace::Outcome::unknown: break;
  }
  // Wherever there is room: nobody has its dialog.
  if (transaction->request->is_in_dialog() && placed.place.outcome != UserPlace::Outcome::unknown) {
    return end_unproved(now, placed.request, {sip::Status::call_does_not_exist}, out);
  }
  end_unproved(now, placed.request, refusal_for_now(), out);
}

// Who is proxied to this server, and is known to follow, is told to come by herself.
void SipMessages::is_placed_here(Now now, SipRequestId id, ServerTransaction& transaction,
                                 Outbox& out) {
  const ServerTransaction::Request& request = *transaction.request;
  const IpAddress& from = request.flow.remote.ip;
  // Nobody has its dialog.
  if (request.is_in_dialog()) {
    return end_unproved(now, id, {sip::Status::call_does_not_exist}, out);
  }
  if (request.flow.through == 0) {
    followers_.came(now.instant, request.sender, from);
  } else if (followers_.is_to_be_told(now.instant, request.sender, from)) {
    const ServerContacts own = contacts_of(shard_.settings.cluster->self);
    if (!own.sip.empty()) return redirect(now, id, request, own, out);
  }
  transaction.untold = false;
  out.emit(SipRequestReceived{id, &request.read, request.flow, request.sender});
}

// Who is proxied already is told where to go: none proxies on.
void SipMessages::is_placed_elsewhere(Now now, SipRequestId id,
                                      const ServerTransaction& transaction,
                                      const ServerContacts& at, Outbox& out) {
  const ServerTransaction::Request& request = *transaction.request;
  const IpAddress& from = request.flow.remote.ip;
  const bool may_proxy = request.flow.through == 0;
  if (may_proxy && request.is_in_dialog()) return proxy(now, id, request, at, out);
  if (may_proxy && followers_.has_come_back_from(now.instant, request.sender, from, at.server)) {
    followers_.told(now.instant, request.sender, from, at.server);
    return proxy(now, id, request, at, out);
  }
  redirect(now, id, request, at, out);
}

void SipMessages::redirect(Now now, SipRequestId id, const ServerTransaction::Request& request,
                           const ServerContacts& at, Outbox& out) {
  followers_.told(now.instant, request.sender, request.flow.remote.ip, at.server);
  end_unproved(now, id, redirection(request, at.sip), out);
}

// A dialog that is not here may be with her server, as one that was made through this one is.
bool SipMessages::may_be_elsewhere(const ServerTransaction& transaction) const {
  const ServerTransaction::Request& request = *transaction.request;
  return shard_.settings.cluster && request.is_in_dialog() && request.flow.through == 0 &&
         request.read.message.method() == sip::Method::subscribe && !request.sender.text().empty();
}

// Section 21.3.3: the same user at the other server. It holds for this request alone, so without
// `expires`.
SipRefusal SipMessages::redirection(const ServerTransaction::Request& request,
                                    std::string_view server) {
  const sip::Uri& target = request.read.essentials.target;
  std::string uri = sip_contact_for(server, request.flow.transport, target.scheme);
  if (target.has_user()) {
    uri.insert(uri.find(':') + 1, std::string(target.user) + "@");
  }
  return {sip::Status::moved_temporarily, {}, "Contact: <" + uri + ">\r\n"};
}

// --- answers -------------------------------------------------------------------------------------

void SipMessages::on(Now now, const SipResponseReady& ready, Outbox& out) {
  MUSTER_CHECK(sip::is_final(ready.status));
  ServerTransaction* transaction = requests_.find(ready.request);
  if (transaction == nullptr || !transaction->waits() || transaction->untold) return;
  if (ready.status == sip::Status::call_does_not_exist && may_be_elsewhere(*transaction)) {
    transaction->untold = true;
    return out.emit(RequestToPlace{ready.request, transaction->request->sender, false});
  }
  const sip::Message& message = transaction->request->read.message;
  const std::string made = ready.to_tag.empty() ? matcher_.answer_tag(message) : std::string();
  SipAnswer answer({ready.status, ready.reason, ready.to_tag.empty() ? made : ready.to_tag,
                    ready.forms_dialog, ready.rows, ready.content_type, ready.body});
  const Flow& flow = transaction->request->flow;
  send_answer(now, flow, message, answer.to(message, flow.remote), out);
  requests_.complete(now, ready.request, std::move(answer));
}

SipAnswer SipMessages::answer_of(const sip::Message& message, const SipRefusal& refusal) const {
  return SipAnswer({.status = refusal.status,
                    .reason = refusal.reason,
                    .to_tag = matcher_.answer_tag(message),
                    .rows = refusal.rows});
}

void SipMessages::refuse(Now now, const Flow& flow, const sip::Message& message,
                         const SipRefusal& refusal, Outbox& out) {
  ++counters_.refused;
  send_answer(now, flow, message, answer_of(message, refusal).to(message, flow.remote), out);
}

// Section 17.2.1: the answer is repeated until its ACK comes. Without room, as section 8.2.7 has
// it.
void SipMessages::refuse_invite(Now now, const Flow& flow, const sip::Message& message,
                                const RequestKeys& keys, const SipRefusal& refusal, Outbox& out) {
  refuse(now, flow, message, refusal, out);
  const std::string_view all = message.bytes();
  auto head = std::make_unique<ServerTransaction::Request>(
      all.substr(0, all.size() - message.body().size()), flow);
  if (!requests_.has_room_for_invite() ||
      !requests_.has_room(now, head->bytes(), counters_.forgotten)) {
    return;
  }
  MUSTER_CHECK(!sip::parse_message(head->read.bytes, head->read.message));
  requests_.open_invite(now, keys, std::move(head), answer_of(message, refusal));
}

// Section 21.5.4.
SipRefusal SipMessages::refusal_for_now() {
  return {sip::Status::service_unavailable,
          {},
          "Retry-After: " + std::to_string(kRetryAfterSeconds) + "\r\n"};
}

void SipMessages::refuse_overload(Now now, const Flow& flow, const sip::Message& message,
                                  Outbox& out) {
  if (!stopping_) {
    ++counters_.overloaded;
    if (!overload_logged_ || *overload_logged_ + kOverloadLogPause <= now.instant) {
      overload_logged_ = now.instant;
      out.order(Log{Log::Level::warning, "sip-overload", {}, std::to_string(requests_.size())});
    }
  }
  refuse(now, flow, message, refusal_for_now(), out);
}

void SipMessages::look_at_requests(Now now, Outbox& out) {
  using What = ServerTransactions::Due::What;
  while (const auto due = requests_.take_due(now)) {
    if (due->what == What::gave_up) {
      counters_.count(SipDrop::unanswered_request);
      continue;
    }
    const ServerTransaction& transaction = *requests_.find(due->id);
    const sip::Message& message = transaction.request->read.message;
    const Flow& flow = transaction.request->flow;
    const bool again = due->what == What::answer_again;
    if (again) ++counters_.sent_again;
    const SipAnswer trying({sip::Status::trying});
    const SipAnswer& answer = again ? transaction.answer : trying;
    send_answer(now, flow, message, answer.to(message, flow.remote), out);
  }
}

}  // namespace muster
