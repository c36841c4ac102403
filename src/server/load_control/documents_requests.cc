// The part of Documents that reads what came over a link and answers it.

#include <string>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "codec/sip/values.h"
#include "server/load_control/documents.h"
#include "server/load_control/subscription_rows.h"

namespace muster {
namespace {

using cluster::Incarnation;
using sip::HeaderName;
using sip::Method;
using sip::Status;

constexpr std::string_view kAllowed[] = {"INVITE", "ACK", "BYE", "SUBSCRIBE", "NOTIFY"};

bool is_taken(Method method) {
  return method == Method::invite || method == Method::ack || method == Method::bye ||
         method == Method::subscribe || method == Method::notify;
}

bool wants_users(const sip::Message& subscribe) {
  const auto event = sip::parse_event(*subscribe.header(HeaderName::event));
  return event->params.value(kContentParam) == kContentUsers;
}

}  // namespace

void Documents::came(Instant now, Incarnation from, std::string_view bytes) {
  Peer& peer = peers_.at(from);
  LinkSip& sip = links_.at(from);
  std::string answer;
  const LinkSip::Came came = sip.came(bytes, read_, answer);
  send(from, std::move(answer));
  std::visit(Overloaded{
                 [&](const LinkSip::Request&) { take_request(now, from, peer, sip); },
                 [&](const LinkSip::Answer& known) { take_answer(now, from, peer, known); },
                 [&](const LinkSip::Wrong& wrong) { fault(from, wrong.fault); },
             },
             came);
  settle(now);
}

void Documents::take_request(Instant now, Incarnation from, Peer& peer, LinkSip& sip) {
  const Method method = read_.message.method();
  const std::string_view tag = read_.essentials.to.tag();
  std::string answer;
  if (!is_taken(method)) {
    // RFC 3261 section 8.2.1; 21.5.2 for what we have no word for.
    const bool known = method != Method::other;
    sip.answer(read_, known ? Status::method_not_allowed : Status::not_implemented, tag, answer)
        .list(HeaderName::allow, kAllowed)
        .finish();
    fault(from, DocumentFault::bad_method);
  } else if (method == Method::ack) {
    take_ack(from, peer);
  } else if (peer.svr_id.empty()) {
    sip.answer(read_, Status::temporarily_unavailable, tag, answer)
        .row(HeaderName::retry_after, kRetryAfterSeconds)
        .finish();
    fault(from, DocumentFault::unknown_server);
  } else if (method != Method::notify && read_.essentials.from.uri.text != peer.svr_id) {
    sip.answer(read_, Status::forbidden, tag, answer).finish();
    fault(from, DocumentFault::stranger);
  } else if (method == Method::subscribe) {
    take_subscribe(now, from, sip, answer);
  } else if (method == Method::invite) {
    take_invite(from, peer, sip, answer);
  } else if (method == Method::bye) {
    take_bye(from, peer, sip, answer);
  } else {
    take_notify(now, from, peer, sip, answer);
  }
  send(from, std::move(answer));
}

// --- SUBSCRIBE -----------------------------------------------------------------------------------

void Documents::take_subscribe(Instant now, Incarnation from, LinkSip& sip, std::string& answer) {
  if (const auto why = refuse_subscribe(sip, read_, answer)) return fault(from, *why);
  if (read_.essentials.to.tag().empty()) return begin_subscription(now, from, sip, answer);
  std::optional<DocumentFault> why = DocumentFault::no_subscription;
  const auto refresh = [&](auto& notifier) {
    LinkSubscription* const known = notifier.find(from);
    if (known == nullptr || !known->has(read_.essentials)) return false;
    why = known->refresh(now, sip, read_, answer);
    if (!why) notifier.refreshed(from);
    return true;
  };
  if (!refresh(own_) && !refresh(service_) && !refresh(users_)) {
    sip.answer(read_, Status::call_does_not_exist, read_.essentials.to.tag(), answer).finish();
  }
  if (why) fault(from, *why);
}

void Documents::begin_subscription(Instant now, Incarnation from, LinkSip& sip,
                                   std::string& answer) {
  const std::string_view resource = read_.message.request_uri();
  const bool is_own = resource == link_self_.svr_id && !leaving_;
  const bool is_service = resource == settings_.entity && !leaving_;
  const bool users = wants_users(read_.message);
  if (!is_own && (!is_service || users)) {
    sip.answer(read_, Status::not_found, {}, answer).finish();
    return fault(from, DocumentFault::unknown_resource);
  }
  if (is_service && !is_main()) {
    const bool known = refuse_not_main(sip, answer);
    return fault(from, DocumentFault::not_main, known ? "302" : "480");
  }
  if (sip.is_full()) {
    sip.answer(read_, Status::service_unavailable, {}, answer)
        .row(HeaderName::retry_after, kRetryAfterSeconds)
        .finish();
    return fault(from, DocumentFault::too_many_unanswered);
  }
  auto made = LinkSubscription::begin(now, sip, read_, answer);
  if (!made) return fault(from, DocumentFault::too_large);
  if (is_service) {
    service_.add(from, std::move(*made));
  } else if (users) {
    users_.add(from, std::move(*made));
  } else {
    own_.add(from, std::move(*made));
  }
}

// The document is elsewhere, by all we know (RFC 3261 section 21.3.3). The other looks into its own
// directory all the same.
bool Documents::refuse_not_main(LinkSip& sip, std::string& answer) {
  const cluster::Member* const main = member(directory_.main);
  if (main == nullptr) {
    sip.answer(read_, Status::temporarily_unavailable, {}, answer)
        .row(HeaderName::retry_after, kRetryAfterSeconds)
        .finish();
    return false;
  }
  sip.answer(read_, Status::moved_temporarily, {}, answer)
      .name_addr(HeaderName::contact, {}, main->self.svr_id)
      .finish();
  return true;
}

// --- NOTIFY --------------------------------------------------------------------------------------

void Documents::take_notify(Instant now, Incarnation from, Peer& peer, LinkSip& sip,
                            std::string& answer) {
  for (std::optional<DocumentWatch>* const watch : {&peer.own, &peer.service, &peer.users}) {
    if (!*watch || !(*watch)->has(read_.essentials)) continue;
    const DocumentWatch::Outcome outcome =
        (*watch)->notified(now, read_, directory_.epoch, reader_, sip, answer);
    return take_outcome(from, peer, **watch, outcome);
  }
  sip.answer(read_, Status::call_does_not_exist, read_.essentials.to.tag(), answer).finish();
  fault(from, DocumentFault::no_subscription);
}

void Documents::take_outcome(Incarnation from, Peer& peer, DocumentWatch& watch,
                             const DocumentWatch::Outcome& outcome) {
  if (outcome.fault) fault(from, *outcome.fault, outcome.detail);
  if (!outcome.taken) return;
  ++counters_.notifies_taken;
  const bool is_own = peer.own && &watch == &*peer.own;
  const bool is_service = peer.service && &watch == &*peer.service;
  if (is_own) heard_[peer.svr_id].unlinked_since.reset();
  if (is_own || is_service) {
    for (const std::string& server : outcome.reported)
      ++heard_[server].reports;
  }
  if (is_own && is_main()) put(from, *watch.document());
}

// --- answers -------------------------------------------------------------------------------------

void Documents::take_answer(Instant now, Incarnation from, Peer& peer,
                            const LinkSip::Answer& answer) {
  if (take_invite_answer(now, from, peer, answer)) return;
  for (std::optional<DocumentWatch>* const watch : {&peer.own, &peer.service, &peer.users}) {
    if (!*watch || !(*watch)->has(answer.call_id)) continue;
    return take_outcome(from, peer, **watch, (*watch)->answered(now, answer, read_));
  }
  if (!sip::is_final(answer.status)) return;
  const auto is_of = [&](auto& notifier) {
    const LinkSubscription* const known = notifier.find(from);
    return known != nullptr && known->has(answer.call_id);
  };
  if (is_of(own_)) {
    own_.answered(now, from, answer.status);
  } else if (is_of(service_)) {
    service_.answered(now, from, answer.status);
  } else if (is_of(users_)) {
    users_.answered(from, answer.status);
  } else {
    return;  // of what is over
  }
  if (!sip::is_success(answer.status)) {
    const bool silent = read_.message.status() != answer.status;
    fault(from, silent ? DocumentFault::not_answered : DocumentFault::notify_refused,
          silent ? std::string() : std::to_string(sip::number_of(answer.status)));
  }
}

}  // namespace muster
