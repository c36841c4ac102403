// The part of Phone that hears: answers are brought to who asked, requests are answered.

#include <utility>

#include "codec/address/sip_address.h"
#include "codec/pidf/id.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/values.h"
#include "codec/sip/via.h"
#include "codec/sip/writer.h"
#include "sim/agents/phone.h"

namespace muster::sim {
namespace {

constexpr std::size_t kAnsweredKept = 256;

Address address_in(std::string_view value) {
  const auto name_addr = sip::parse_name_addr(value);
  if (!name_addr) return {};
  const auto address = address_of_sip_uri(name_addr->uri.user, name_addr->uri.host.text);
  return address ? address->to_bare() : Address();
}

std::string dialog_name(std::string_view call_id, std::string_view tag) {
  return std::string(call_id) + " " + std::string(tag);
}

Picture picture_of(const pidf::Document& document) {
  Picture picture;
  for (const pidf::Tuple& tuple : document.tuples) {
    if (tuple.basic != pidf::Basic::open) continue;
    const bool converted = tuple.id.starts_with("ID-");
    Shown& shown = picture[converted ? pidf::from_id(tuple.id.substr(3)) : tuple.id];
    shown.show = tuple.show;
    if (!tuple.notes.empty()) shown.note = tuple.notes.front().text;
  }
  return picture;
}

}  // namespace

void Phone::hear_datagram(std::string_view bytes) {
  if (habits_.transport == Transport::udp && !vanished_) hear_message(bytes);
}

void Phone::hear_message(std::string_view bytes) {
  const auto message = sip::parse_message(bytes);
  if (!message) {
    tell(WasSurprised{"a SIP message that is none: " + std::string(bytes)});
  } else if (message->is_response()) {
    hear_answer(*message);
  } else {
    hear_request(*message);
  }
}

// What comes again is answered as before (RFC 3261 section 17.2.2).
void Phone::hear_request(const sip::Message& request) {
  const auto via = sip::parse_via(request.first_value(sip::HeaderName::via).value_or(""));
  if (!via) return tell(WasSurprised{"a request without a Via"});
  const std::string branch(via->branch);
  if (const auto before = answered_.find(branch); before != answered_.end()) {
    return answer(request, before->second);
  }
  std::uint16_t status = 405;
  if (request.method() == sip::Method::notify) status = hear_notify(request);
  if (request.method() == sip::Method::options) status = 200;
  if (request.method() == sip::Method::message) {
    status = 200;
    hear_page(request);
  }
  answered_[branch] = status;
  answered_order_.push_back(branch);
  if (answered_order_.size() > kAnsweredKept) {
    answered_.erase(answered_order_.front());
    answered_order_.pop_front();
  }
  answer(request, status);
}

void Phone::answer(const sip::Message& request, std::uint16_t status) {
  std::string bytes;
  sip::ResponseHead head;
  head.status = sip::status_of(status);
  head.to_tag = "phone";
  sip::begin_response(bytes, request, head).finish();
  transmit(bytes);
}

// --- NOTIFY --------------------------------------------------------------------------------------

// RFC 6665 section 4.1.3: to a dialog that is known, in order; else 481.
std::uint16_t Phone::hear_notify(const sip::Message& notify) {
  const std::string_view call_id = notify.header(sip::HeaderName::call_id).value_or("");
  const auto from = sip::parse_name_addr(notify.header(sip::HeaderName::from).value_or(""));
  const auto cseq = sip::parse_cseq(notify.header(sip::HeaderName::cseq).value_or(""));
  if (!from || !cseq) return 400;
  if (const auto last = over_.find(dialog_name(call_id, from->tag())); last != over_.end()) {
    // One that was sent before may be later.
    if (cseq->number < last->second) return 481;
    tell(WasSurprised{"a NOTIFY behind the last one of its dialog"});
  }
  for (auto& [presentity, watch] : watches_) {
    if (watch.call_id != call_id) continue;
    if (!watch.to_tag.empty() && watch.to_tag != from->tag()) return 481;
    if (watch.their_cseq && cseq->number <= *watch.their_cseq) {
      tell(WasSurprised{"a NOTIFY of the number " + std::to_string(cseq->number) + " after " +
                        std::to_string(*watch.their_cseq)});
      return 500;
    }
    watch.their_cseq = cseq->number;
    // It may come before the answer to SUBSCRIBE.
    watch.to_tag = from->tag();
    hear_state(watch, notify);
    return 200;
  }
  return 481;
}

void Phone::hear_state(Watch& watch, const sip::Message& notify) {
  const auto state = sip::parse_subscription_state(
      notify.header(sip::HeaderName::subscription_state).value_or(""));
  if (!state) return tell(WasSurprised{"a NOTIFY without Subscription-State"});
  const Address presentity = address_in(notify.header(sip::HeaderName::from).value_or(""));
  using State = sip::SubscriptionState::State;
  watch.notified = true;
  watch.notify_due.reset();
  if (state->state == State::terminated) {
    if (state->reason == "timeout" && watch.stands && !watch.in_flight &&
        now_.instant < watch.stands_until) {
      tell(WasSurprised{"a subscription that timed out before its time"});
    }
    over_.emplace(dialog_name(watch.call_id, watch.to_tag), *watch.their_cseq);
    tell(WatchStood{presentity, WatchStood::State::terminated, std::string(state->reason)});
    const bool for_good = state->reason == "rejected" || state->reason == "noresource";
    if (for_good) watch.wanted = false;
    // Its server moved it on: it is to come back at once (RFC 6665 section 4.1.3).
    const bool moved = state->reason == "deactivated";
    was_sent_on_ = was_sent_on_ || moved;
    if (watch.wanted && !moved) tell_lost("a dialog, by its last NOTIFY");
    watch.in_flight = false;
    end_watch(watch);
    watch.due.reset();
    if (!watch.wanted || !wants_online_) return;
    const auto pause = state->retry_after.value_or(0);
    const Duration after = moved       ? Duration()
                           : pause > 0 ? Duration::seconds(pause)
                                       : watch.back_off.next(random_);
    watch.due = now_.instant + after;
    return;
  }
  const bool active = state->state == State::active;
  tell(WatchStood{presentity, active ? WatchStood::State::active : WatchStood::State::pending, {}});
  if (!active) return forget_picture(watch);
  watch.active = true;
  hear_document(watch, notify);
}

void Phone::hear_document(Watch& watch, const sip::Message& notify) {
  if (notify.body().empty()) return;
  const auto document = reader_.read(notify.body());
  if (!document)
    return tell(WasSurprised{"a document that is none: " + std::string(notify.body())});
  watch.picture = picture_of(*document);
  tell(SawPicture{address_in(notify.header(sip::HeaderName::from).value_or("")), watch.picture});
}

// --- MESSAGE -------------------------------------------------------------------------------------

void Phone::hear_page(const sip::Message& message) {
  tell(HeardMessage{address_in(message.header(sip::HeaderName::from).value_or("")),
                    std::string(message.body())});
}

}  // namespace muster::sim
