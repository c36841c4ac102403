#include "server/load_control/document_watch.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "codec/cluster/names.h"
#include "codec/sip/media.h"
#include "codec/sip/values.h"
#include "model/cluster/sorted.h"
#include "server/load_control/subscription_rows.h"

namespace muster {
namespace {

using cluster::Document;
using sip::HeaderName;
using sip::Status;

bool is_limit(cluster::Error error) {
  using cluster::Error;
  return error == Error::too_big || error == Error::too_many_servers ||
         error == Error::too_many_candidates || error == Error::too_many_users ||
         error == Error::too_many_changes || error == Error::pres_info_too_big;
}

// Of which server a level or a number is said, if of any.
std::string_view reported_in(const cluster::Change& change) {
  using cluster::Add;
  using cluster::Replace;
  using cluster::ServerLoad;
  using cluster::SetLevel;
  using cluster::SetUsersNumber;
  return std::visit(
      Overloaded{
          [](const SetLevel& set) -> std::string_view { return set.svr_id; },
          [](const Add<ServerLoad>& add) -> std::string_view { return add.added.svr_id; },
          [](const Replace<ServerLoad>& by) -> std::string_view { return by.by.svr_id; },
          [](const SetUsersNumber& set) -> std::string_view { return set.server_id; },
          [](const auto&) -> std::string_view { return {}; },
      },
      change);
}

// A full document says much again that was said before.
std::vector<std::string> reported_in(const Document& full, const Document* before) {
  std::vector<std::string> reported;
  for (const cluster::ServerLoad& load : full.loads) {
    const auto* const was = before == nullptr ? nullptr : find(before->loads, load.svr_id);
    const auto* const had = before == nullptr ? nullptr : find(before->lists, load.svr_id);
    const auto* const has = find(full.lists, load.svr_id);
    const bool same = was != nullptr && *was == load && (had == nullptr) == (has == nullptr) &&
                      (had == nullptr || had->number == has->number);
    if (!same) reported.push_back(load.svr_id);
  }
  return reported;
}

std::vector<std::string> reported_in(const cluster::Update& update, const Document* before) {
  if (const auto* const full = std::get_if<Document>(&update.content)) {
    return reported_in(*full, before);
  }
  std::vector<std::string> reported;
  for (const cluster::Change& change : std::get<cluster::Changes>(update.content).changes) {
    const std::string_view server = reported_in(change);
    const bool known = std::find(reported.begin(), reported.end(), server) != reported.end();
    if (!server.empty() && !known) reported.emplace_back(server);
  }
  return reported;
}

Duration retry_after_of(const sip::Message& message) {
  const auto row = message.header(HeaderName::retry_after);
  const auto value = row ? sip::parse_retry_after(*row) : std::nullopt;
  return value ? std::min(Duration::seconds(value->seconds), kRetryAfterMax) : Duration();
}

}  // namespace

bool DocumentWatch::has(const sip::Essentials& request) const {
  return state_ != State::waiting && state_ != State::over && dialog_.has(request);
}

const Document* DocumentWatch::document() const {
  if (copy_.document() != nullptr) return copy_.document();
  return before_ ? &*before_ : nullptr;
}

std::optional<Document> DocumentWatch::release() {
  if (copy_.document() == nullptr) return std::exchange(before_, std::nullopt);
  return std::exchange(copy_, {}).release();
}

// --- asking --------------------------------------------------------------------------------------

void DocumentWatch::subscribe(Instant now, Duration time, LinkSip& sip, std::string& out) {
  asked_ = true;
  std::string event(kClusterEvent);
  if (of_ == Of::users) event.append(";").append(kContentParam).append("=").append(kContentUsers);
  sip.begin(now, dialog_, sip::Method::subscribe, out)
      .row(HeaderName::event, event)
      .row(HeaderName::accept, cluster::kPartialType)
      .row(HeaderName::expires, static_cast<std::uint64_t>(time.in_seconds()))
      .finish();
}

void DocumentWatch::begin(Instant now, LinkSip& sip, std::string& out) {
  before_ = release();
  dialog_ = sip.begin_dialog(resource_);
  state_ = State::asking;
  begun_at_ = now;
  has_begun_ = true;
  notify_by_ = now + kNotifyTimeMax;
  full_at_.reset();
  subscribe(now, kSubscriptionTime, sip, out);
}

// Users are asked for once: whoever wants them asks again.
void DocumentWatch::begin_anew(Instant now, Duration after) {
  state_ = of_ == Of::users ? State::over : State::waiting;
  asked_ = false;
  notify_by_.reset();
  full_at_.reset();
  look_at_ = std::max(now + after, begun_at_ + kTryAgainAfter);
}

void DocumentWatch::ask_full(Instant when) {
  const Instant at = std::max(when, asked_full_at_ + kTryAgainAfter);
  full_at_ = full_at_ ? std::min(*full_at_, at) : at;
}

void DocumentWatch::settle(Instant now, LinkSip& sip, std::string& out) {
  if (state_ == State::ending && now >= look_at_) state_ = State::over;
  if (wanted() && notify_by_ && now >= *notify_by_) begin_anew(now, Duration());
  if (state_ == State::waiting && (!has_begun_ || now >= look_at_)) return begin(now, sip, out);
  if (state_ != State::active || asked_) return;
  const bool wants_full = full_at_ && now >= *full_at_;
  if (!wants_full && now < look_at_) return;
  full_at_.reset();
  asked_full_at_ = now;
  subscribe(now, kSubscriptionTime, sip, out);
}

// A subscription of which nothing was heard yet is just forgotten: its NOTIFY will be answered by
// 481.
void DocumentWatch::end(Instant now, LinkSip& sip, std::string& out) {
  if (!wanted()) return;
  const bool there = state_ != State::waiting && !dialog_.remote_tag.empty();
  state_ = there ? State::ending : State::over;
  look_at_ = now + kNotifyTimeMax;
  if (there) subscribe(now, Duration(), sip, out);
}

std::optional<Instant> DocumentWatch::next_deadline() const {
  std::optional<Instant> next;
  const auto by = [&](const std::optional<Instant>& when) {
    if (when) next = next ? std::min(*next, *when) : *when;
  };
  if (state_ == State::over) return next;
  if (wanted()) by(notify_by_);
  if (state_ == State::active && !asked_) by(full_at_);
  if (state_ != State::asking && !(state_ == State::active && asked_)) by(look_at_);
  return next;
}

// --- answers -------------------------------------------------------------------------------------

DocumentWatch::Outcome DocumentWatch::answered(Instant now, const LinkSip::Answer& answer,
                                               const LinkMessage& read) {
  Outcome outcome;
  if (!sip::is_final(answer.status)) return outcome;
  if (state_ == State::ending) {
    if (!sip::is_success(answer.status)) state_ = State::over;
    return outcome;
  }
  if (state_ != State::asking && state_ != State::active) return outcome;
  asked_ = false;
  if (sip::is_success(answer.status)) {
    dialog_.learn(read.essentials.to.tag());
    const auto granted = sip::seconds_of(read.message, HeaderName::expires);
    const Duration time =
        granted ? std::min(Duration::seconds(*granted), kSubscriptionTime) : kSubscriptionTime;
    state_ = State::active;
    look_at_ = now + std::max(time / 2, kTryAgainAfter);
    return outcome;
  }
  const bool silent = read.message.status() != answer.status;
  outcome.fault = silent ? DocumentFault::not_answered : DocumentFault::subscribe_refused;
  if (!silent) outcome.detail = std::to_string(sip::number_of(answer.status));
  begin_anew(now, std::max(kTryAgainAfter, silent ? Duration() : retry_after_of(read.message)));
  return outcome;
}

// --- NOTIFY --------------------------------------------------------------------------------------

DocumentWatch::Outcome DocumentWatch::refuse(const LinkMessage& notify, Status status,
                                             DocumentFault fault, std::string detail, LinkSip& sip,
                                             std::string& answer) const {
  sip::HeaderWriter rows = sip.answer(notify, status, dialog_.local_tag, answer);
  if (status == Status::bad_event) rows.row(HeaderName::allow_events, kClusterEvent);
  if (status == Status::unsupported_media_type) {
    rows.row(HeaderName::accept, cluster::kPartialType);
  }
  rows.finish();
  return {fault, std::move(detail), false, {}};
}

DocumentWatch::Outcome DocumentWatch::notified(Instant now, const LinkMessage& notify,
                                               cluster::Epoch epoch, cluster::Reader& reader,
                                               LinkSip& sip, std::string& answer) {
  const sip::Message& message = notify.message;
  if (!dialog_.takes(notify)) {
    return refuse(notify, Status::server_internal_error, DocumentFault::out_of_order, {}, sip,
                  answer);
  }
  const auto event_row = message.header(HeaderName::event);
  const auto event = event_row ? sip::parse_event(*event_row) : std::nullopt;
  if (!event || event->package != kClusterEvent || !event->id.empty()) {
    return refuse(notify, Status::bad_event, DocumentFault::bad_event, {}, sip, answer);
  }
  const auto state_row = message.header(HeaderName::subscription_state);
  if (!state_row || !sip::parse_subscription_state(*state_row)) {
    return refuse(notify, Status::bad_request, DocumentFault::bad_request, {}, sip, answer);
  }
  Outcome outcome;
  if (message.body().empty() || state_ == State::ending) {
    sip.answer(notify, Status::ok, dialog_.local_tag, answer).finish();
  } else {
    outcome = take(now, message.body(), notify, epoch, reader, sip, answer);
  }
  take_state(now, notify);
  return outcome;
}

void DocumentWatch::take_state(Instant now, const LinkMessage& notify) {
  const auto state =
      sip::parse_subscription_state(*notify.message.header(HeaderName::subscription_state));
  if (state->state != sip::SubscriptionState::State::terminated) {
    notify_by_.reset();
    if (of_ == Of::users) notify_by_ = now + kNotifyTimeMax;
    return;
  }
  if (state_ == State::ending) {
    state_ = State::over;
  } else if (state_ != State::over) {
    // RFC 6665 section 4.1.3: at once after these; what else, when there is cause to hope.
    const bool at_once = state->reason == "deactivated" || state->reason == "timeout";
    const Duration after = Duration::seconds(state->retry_after.value_or(0));
    begin_anew(now,
               at_once ? Duration() : std::max(kTryAgainAfter, std::min(after, kRetryAfterMax)));
  }
}

DocumentWatch::Outcome DocumentWatch::take(Instant now, std::string_view body,
                                           const LinkMessage& notify, cluster::Epoch epoch,
                                           cluster::Reader& reader, LinkSip& sip,
                                           std::string& answer) {
  const auto type_row = notify.message.header(HeaderName::content_type);
  const auto type = type_row ? sip::parse_media_type(*type_row) : std::nullopt;
  if (!type || !type->is("application", "pidf-diff+xml") ||
      notify.message.has(HeaderName::content_encoding)) {
    return refuse(notify, Status::unsupported_media_type, DocumentFault::unwanted_type, {}, sip,
                  answer);
  }
  auto update = reader.read_update(body);
  std::optional<cluster::Error> error;
  Outcome outcome;
  if (!update) {
    error = update.error();
    copy_.lose();
  } else {
    if (const auto fault = judge(*update, epoch)) {
      ask_full(now + kTryAgainAfter);
      return refuse(notify, Status::forbidden, *fault, {}, sip, answer);
    }
    outcome.reported = reported_in(*update, document());
    const auto received = copy_.take(std::move(*update), reader.limits());
    if (!received) error = received.error();
    outcome.taken = received.ok() && *received != cluster::DocumentCopy::Received::stale;
  }
  if (outcome.taken && of_ != Of::service && !speaks_for_itself(*copy_.document())) {
    copy_ = {};  // its version was not taken: what comes next may be of the same
    ask_full(now + kTryAgainAfter);
    return refuse(notify, Status::forbidden, DocumentFault::foreign_document, {}, sip, answer);
  }
  // Nobody is helped by an error for what the peer cannot know (RFC 5263 section 4.5).
  const bool lost = error == cluster::Error::version_gap || error == cluster::Error::no_target;
  if (error && !lost) {
    ask_full(now + kTryAgainAfter);
    return refuse(notify, is_limit(*error) ? Status::request_entity_too_large : Status::bad_request,
                  DocumentFault::bad_document, std::string(to_string(*error)), sip, answer);
  }
  if (lost) {
    ask_full(now);
    outcome.fault = DocumentFault::lost_thread;
    outcome.detail = to_string(*error);
  }
  sip.answer(notify, Status::ok, dialog_.local_tag, answer).finish();
  if (of_ == Of::users && outcome.taken && copy_.document()->lists[0].complete()) {
    state_ = State::over;
  }
  return outcome;
}

std::optional<DocumentFault> DocumentWatch::judge(const cluster::Update& update,
                                                  cluster::Epoch epoch) const {
  const auto* const full = std::get_if<Document>(&update.content);
  const auto* const changes = std::get_if<cluster::Changes>(&update.content);
  if ((full != nullptr ? full->entity : changes->entity) != resource_) {
    return DocumentFault::foreign_document;
  }
  if (of_ != Of::service) return std::nullopt;
  const cluster::Epoch known = copy_.document() != nullptr ? copy_.document()->epoch : epoch;
  cluster::Epoch said = full != nullptr ? full->epoch : known;
  if (changes != nullptr) {
    for (const cluster::Change& change : changes->changes) {
      const auto* const set = std::get_if<cluster::SetNumber>(&change);
      if (set != nullptr && set->of == cluster::SetNumber::Of::epoch) {
        said = cluster::Epoch(set->value);
      }
    }
  }
  if (said < epoch || said < known) return DocumentFault::old_epoch;
  return std::nullopt;
}

// That it has a level and a list of the one server alone: endpoints and lists are of servers with a
// level (contradiction_of).
bool DocumentWatch::speaks_for_itself(const Document& document) const {
  return document.loads.size() == 1 && document.loads[0].svr_id == resource_ &&
         document.lists.size() == 1 && document.candidates.empty();
}

}  // namespace muster
