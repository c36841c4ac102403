#include "server/load_control/link_subscription.h"

#include <algorithm>

#include "codec/cluster/names.h"
#include "codec/sip/media.h"
#include "codec/sip/values.h"
#include "server/load_control/subscription_rows.h"

namespace muster {
namespace {

constexpr std::string_view kReasons[] = {"timeout", "deactivated", "noresource", "invariant"};

// What a SUBSCRIBE asks for; without Expires, what the package has by default.
Duration time_asked(const sip::Message& request) {
  const auto seconds = sip::seconds_of(request, sip::HeaderName::expires);
  return seconds ? std::min(Duration::seconds(*seconds), kSubscriptionTime) : kSubscriptionTime;
}

std::optional<sip::Event> event_of(const sip::Message& message) {
  const auto value = message.header(sip::HeaderName::event);
  return value ? sip::parse_event(*value) : std::nullopt;
}

// RFC 5057 section 5.1 and RFC 6665 section 4.2.2: who knows no such subscription any more.
bool ends_subscription(sip::Status status) {
  const int number = sip::number_of(status);
  return number == 404 || number == 405 || number == 408 || number == 410 || number == 416 ||
         (number >= 480 && number <= 485) || number == 489 || number == 501 || number == 604;
}

}  // namespace

std::optional<DocumentFault> refuse_subscribe(LinkSip& sip, const LinkMessage& request,
                                              std::string& answer) {
  using sip::HeaderName;
  using sip::Status;
  const sip::Message& message = request.message;
  const std::string_view tag = request.essentials.to.tag();
  const auto event = event_of(message);
  if (!event || event->package != kClusterEvent) {
    sip.answer(request, Status::bad_event, tag, answer)
        .row(HeaderName::allow_events, kClusterEvent)
        .finish();
    return DocumentFault::bad_event;
  }
  if (sip::accept_quality(message, "application", "pidf-diff+xml") == 0) {
    sip.answer(request, Status::not_acceptable, tag, answer)
        .row(HeaderName::accept, cluster::kPartialType)
        .finish();
    return DocumentFault::unwanted_type;
  }
  const Duration time = time_asked(message);
  if (time > Duration() && time < kSubscriptionTimeMin) {
    sip.answer(request, Status::interval_too_brief, tag, answer)
        .row(HeaderName::min_expires, static_cast<std::uint64_t>(kSubscriptionTimeMin.in_seconds()))
        .finish();
    return DocumentFault::brief_interval;
  }
  if (contact_of(request).empty()) {
    sip.answer(request, Status::bad_request, tag, answer).finish();
    return DocumentFault::bad_request;
  }
  return std::nullopt;
}

std::optional<LinkSubscription> LinkSubscription::begin(Instant now, LinkSip& sip,
                                                        const LinkMessage& request,
                                                        std::string& answer) {
  auto dialog = sip.accept_dialog(request);
  const auto event = request.message.header(sip::HeaderName::event);
  if (!dialog || event->size() > kEventBytesMax) {
    sip.answer(request, sip::Status::message_too_large, {}, answer).finish();
    return std::nullopt;
  }
  LinkSubscription made;
  made.dialog_ = std::move(*dialog);
  // As NOTIFY is to say it again (RFC 6665 section 8.2.1).
  const auto parsed = sip::parse_event(*event);
  made.event_ = std::string(kClusterEvent) + std::string(parsed->params.text());
  const Duration time = time_asked(request.message);
  made.expires_ = now + time;
  if (time <= Duration()) made.end(SubscriptionEnd::timeout);
  sip::HeaderWriter rows = sip.answer(request, sip::Status::ok, made.dialog_.local_tag, answer);
  sip.write_contact(rows);
  rows.row(sip::HeaderName::expires, static_cast<std::uint64_t>(time.in_seconds())).finish();
  return made;
}

std::optional<DocumentFault> LinkSubscription::refresh(Instant now, LinkSip& sip,
                                                       const LinkMessage& request,
                                                       std::string& answer) {
  const auto event = event_of(request.message);
  const auto known = sip::parse_event(event_);
  if (!live() || !event || !known || !event->matches(*known)) {
    sip.answer(request, sip::Status::call_does_not_exist, dialog_.local_tag, answer).finish();
    return DocumentFault::no_subscription;
  }
  if (!dialog_.takes(request)) {
    sip.answer(request, sip::Status::server_internal_error, dialog_.local_tag, answer).finish();
    return DocumentFault::out_of_order;
  }
  const Duration time = time_asked(request.message);
  expires_ = now + time;
  if (time <= Duration()) end(SubscriptionEnd::timeout);
  sip::HeaderWriter rows = sip.answer(request, sip::Status::ok, dialog_.local_tag, answer);
  sip.write_contact(rows);
  rows.row(sip::HeaderName::expires, static_cast<std::uint64_t>(time.in_seconds())).finish();
  return std::nullopt;
}

void LinkSubscription::write_notify(Instant now, LinkSip& sip, std::string_view body,
                                    std::string& out) {
  in_flight_ = true;
  sip::HeaderWriter rows = sip.begin(now, dialog_, sip::Method::notify, out);
  rows.copied_row(sip::HeaderName::event, event_);
  if (ended_) {
    rows.row(sip::HeaderName::subscription_state,
             std::string("terminated;reason=") +
                 std::string(kReasons[static_cast<std::size_t>(*ended_)]));
  } else {
    rows.row(sip::HeaderName::subscription_state,
             "active;expires=" + std::to_string((expires_ - now).in_seconds()));
  }
  if (body.empty()) {
    rows.finish();
  } else {
    rows.finish(cluster::kPartialType, body);
  }
}

bool LinkSubscription::answered(sip::Status status) {
  in_flight_ = false;
  return !ends_subscription(status);
}

}  // namespace muster
