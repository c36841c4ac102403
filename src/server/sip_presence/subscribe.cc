// The part of Subscriptions that takes SUBSCRIBE: RFC 6665 section 4.2.1, RFC 3856 section 6.6.

#include <algorithm>
#include <utility>

#include "codec/address/sip_address.h"
#include "codec/pidf/write.h"
#include "codec/sip/media.h"
#include "codec/sip/values.h"
#include "server/own_name.h"
#include "server/planted.h"
#include "server/sip_names.h"
#include "server/sip_presence/subscriptions.h"

namespace muster {
namespace {

constexpr std::string_view kPackage = "presence";

// RFC 6665 section 4.2.1.1: only what is shorter than this may be too brief.
constexpr std::uint32_t kSubscriptionNeverTooBriefSeconds = 3600;

std::optional<sip::Event> event_of(const sip::Message& message) {
  const auto value = message.header(sip::HeaderName::event);
  return value ? sip::parse_event(*value) : std::nullopt;
}

// With its id, which must come back in each NOTIFY (RFC 6665 section 4.5.2).
std::string event_row(const sip::Event& event) {
  std::string row = "Event: ";
  row.append(kPackage);
  if (!event.id.empty()) row.append(";id=").append(event.id);
  row.append("\r\n");
  return row;
}

// The one Contact (RFC 3261 section 8.1.1.8).
std::optional<sip::Uri> contact_of(const sip::Message& message) {
  std::optional<sip::Uri> contact;
  for (const std::string_view value : message.values(sip::HeaderName::contact)) {
    const auto parsed = sip::parse_name_addr(value);
    if (contact || !parsed || !parsed->uri.is_sip()) return std::nullopt;
    contact = parsed->uri;
  }
  return contact;
}

// Whether our Contact must be a SIPS URI (RFC 3261 section 12.1.1).
bool is_secure(const Request& request, const sip::Uri& contact) {
  if (request.target.scheme == sip::Scheme::sips) return true;
  const auto top = request.message.first_value(sip::HeaderName::record_route);
  if (!top) return contact.scheme == sip::Scheme::sips;
  const auto hop = sip::parse_name_addr(*top);
  return hop && hop->uri.scheme == sip::Scheme::sips;
}

// What an unsubscribing watcher is left with (RFC 8048 section 5.3.3).
SharedText closed_document(const Address& presentity) {
  pidf::Document document;
  append_pres_uri(document.entity, presentity);
  pidf::Tuple tuple;
  tuple.id = "ID-closed";
  tuple.basic = pidf::Basic::closed;
  document.tuples.push_back(std::move(tuple));
  std::string text;
  pidf::write(document, text);
  return share(std::move(text));
}

}  // namespace

void Subscriptions::subscribe(Now now, const Request& request, Outbox& out) {
  if (request.is_in_dialog()) {
    subscribe_again(now, request, out);
  } else {
    subscribe_anew(now, request, out);
  }
}

// The seconds that a SUBSCRIBE gets, 0 if it asks for none; or it is answered.
std::optional<std::uint32_t> Subscriptions::grant(const Request& request, Outbox& out) const {
  const auto event = event_of(request.message);
  if (!event || event->package != kPackage) {
    answer(request.id, sip::Status::bad_event, out, std::string(kAllowEventsRow));
    return std::nullopt;
  }
  const std::uint32_t asked = sip::seconds_of(request.message, sip::HeaderName::expires)
                                  .value_or(static_cast<std::uint32_t>(kDefaultTime.in_seconds()));
  const Limits& limits = shard_.settings.limits;
  if (asked > 0 && asked < kSubscriptionNeverTooBriefSeconds &&
      Duration::seconds(asked) < limits.expires_min) {
    answer_too_brief(request.id, limits.expires_min, out);
    return std::nullopt;
  }
  // Who ends a subscription is let go, whatever she could have read.
  const bool leaves = request.is_in_dialog() && asked == 0;
  if (!leaves && sip::accept_quality(request.message, "application", "pidf+xml") == 0) {
    answer(request.id, sip::Status::not_acceptable, out);
    return std::nullopt;
  }
  const std::int64_t most = limits.subscription_time_max.in_seconds();
  if (shard_.planted == Planted::granted_too_long && asked > 0)
    return static_cast<std::uint32_t>(most);
  return static_cast<std::uint32_t>(std::min<std::int64_t>(asked, most));
}

void Subscriptions::subscribe_anew(Now, const Request& request, Outbox& out) {
  if (!request.addressee.has_local() && !may_watch_cluster(request.identity)) {
    answer(request.id, sip::Status::forbidden, out);
    return;
  }
  const auto seconds = grant(request, out);
  if (!seconds) return;
  const auto contact = contact_of(request.message);
  if (!contact) {
    answer(request.id, sip::Status::bad_request, out, {}, "One SIP Contact Needed");
    return;
  }
  const Limits& limits = shard_.settings.limits;
  const auto known = by_watcher_.find(request.identity);
  if (known != by_watcher_.end() && known->second.size() >= limits.watches_per_watcher_max) {
    answer(request.id, sip::Status::forbidden, out, {}, "Too Many Subscriptions");
    return;
  }
  const auto [id, subscription] = subscriptions_.emplace();
  auto dialog = Dialog::begin(
      request, contact->text, mint_sip_name({shard_.self, id.slot, id.generation}, shard_.prng),
      contact_row(request.flow, is_secure(request, *contact), shard_.settings),
      event_row(*event_of(request.message)), limits.sip_dialog_bytes_max);
  if (!dialog) {
    subscriptions_.erase(id);
    answer(request.id, sip::Status::message_too_large, out);
    return;
  }
  subscription->dialog = std::move(*dialog);
  subscription->fetch = *seconds == 0;
  subscription->seconds = *seconds;
  subscription->request = request.id;
  subscription->flow = request.flow;
  subscription->watcher = request.identity;
  subscription->presentity = request.addressee;
  by_watcher_[request.identity].push_back(id);
  tell_count(request.identity, out);
  if (const auto link = link_of(request.flow)) by_link_.emplace(*link, id);
  ask_to_watch(id, *subscription, request, out);
}

void Subscriptions::ask_to_watch(WatchSlot id, const Subscription& subscription,
                                 const Request& request, Outbox& out) const {
  const WatchId watch{shard_.self, id};
  if (subscription.is_of_cluster()) {
    using What = ClusterWatched::What;
    const bool own = is_own_name(request.target.host, shard_.settings);
    const What what = subscription.fetch ? What::fetched : What::begun;
    return out.emit(ShardId(), ClusterWatched{watch, what, own});
  }
  out.emit(shard_.home_of(subscription.presentity),
           WatchAsked{watch, subscription.watcher, subscription.presentity, subscription.fetch});
}

// RFC 3261 section 12.2.2, RFC 6665 section 4.2.1.4.
void Subscriptions::subscribe_again(Now now, const Request& request, Outbox& out) {
  const auto name = read_sip_name(request.to.tag());
  const WatchSlot id = name ? WatchSlot{name->slot, name->generation} : WatchSlot{};
  Subscription* subscription = subscriptions_.find(id);
  if (subscription == nullptr || name->shard != shard_.self || !subscription->is_live() ||
      !subscription->dialog.has(request) || end_if_over(now, id, *subscription, out)) {
    answer(request.id, sip::Status::call_does_not_exist, out);
    return;
  }
  if (request.identity != subscription->watcher) {
    answer(request.id, sip::Status::forbidden, out);
    return;
  }
  const auto cseq = sip::parse_cseq(request.message.header(sip::HeaderName::cseq).value_or(""));
  if (!cseq || !subscription->dialog.takes(cseq->number)) {
    answer(request.id, sip::Status::server_internal_error, out, {}, "CSeq Out Of Order");
    return;
  }
  const auto seconds = grant(request, out);
  if (!seconds) return;
  if (!subscription->dialog.says(event_row(*event_of(request.message)))) {
    answer(request.id, sip::Status::forbidden, out, {}, "Dialog Sharing Not Supported");
    return;
  }
  renew(now, request, id, *subscription, *seconds, out);
}

void Subscriptions::renew(Now now, const Request& request, WatchSlot id, Subscription& subscription,
                          std::uint32_t seconds, Outbox& out) {
  if (request.message.has(sip::HeaderName::contact)) {
    const auto contact = contact_of(request.message);
    if (!contact) {
      answer(request.id, sip::Status::bad_request, out, {}, "One SIP Contact Needed");
      return;
    }
    if (contact->text.size() > shard_.settings.limits.sip_dialog_bytes_max) {
      answer(request.id, sip::Status::message_too_large, out);
      return;
    }
    subscription.dialog.retarget(contact->text);
  }
  unlink(id, subscription);
  subscription.flow = request.flow;
  if (const auto link = link_of(subscription.flow)) by_link_.emplace(*link, id);
  // She is there again, and each 2xx to a SUBSCRIBE has its NOTIFY (RFC 6665 section 4.2.1.2).
  subscription.held_until = {};
  subscription.again = false;
  subscription.seconds = seconds;
  confirm(request.id, subscription, false, out);
  if (seconds == 0) {
    const bool saw =
        subscription.state == Subscription::State::active && !subscription.is_of_cluster();
    unwatch(id, subscription, out);
    end(now, id, subscription, Reason::timeout,
        saw ? closed_document(subscription.presentity) : nullptr, out);
    return;
  }
  if (shard_.planted != Planted::refresh_ignored)
    subscription.expires = now.instant + Duration::seconds(seconds);
  look_at(id, subscription, subscription.expires);
  ask_again(id, subscription, out);
}

}  // namespace muster
