// The part of XmppPresence that counts and keeps stanzas, and resumes sessions: XEP-0198.
//
// What was sent to a session whose stream ends is not lost: if the session can be resumed it waits,
// else (section 4) it is treated as what is sent to a resource that is not there.

#include <algorithm>
#include <utility>

#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"
#include "server/planted.h"
#include "server/xmpp_presence/recipients.h"
#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {
namespace {

// 130 bits: with the account's credentials it gets a session, and nobody guesses it.
constexpr std::size_t kIdCharacters = 26;

constexpr std::string_view kAskForAck = "<r xmlns='urn:xmpp:sm:3'/>";

// The beginning of an element of XEP-0198.
std::string begin_element(std::string_view name) {
  std::string xml(1, '<');
  xml::append_attribute(xml.append(name), "xmlns", xml::kNsManagement);
  return xml;
}

std::string text_of(const Unacknowledged& kept, const XmppSession& session) {
  if (kept.transit != nullptr) return kept.transit->stanza.xml;
  std::string xml = *kept.before;
  if (kept.after == nullptr) return xml;
  append_recipient(xml, kept.to_session ? session.full() : session.user->account);
  return xml.append(*kept.after);
}

// XEP-0203 section 2: when the server had it, and that it was the server which delayed it.
void append_delay(StanzaForUser& stanza, UnixTime since) {
  if (stanza.delayed_since) return;
  stanza.delayed_since = since;
  constexpr std::string_view kEmptyEnd = "/>";
  constexpr std::string_view kEnd = "</message>";
  std::string& xml = stanza.xml;
  if (std::string_view(xml).ends_with(kEnd)) {
    xml.resize(xml.size() - kEnd.size());
  } else {
    xml.resize(xml.size() - kEmptyEnd.size());
    xml.append(1, '>');
  }
  xml.append("<delay xmlns='urn:xmpp:delay'");
  xml::append_attribute(xml, "from", stanza.to.domain());
  xml::append_attribute(xml, "stamp", rfc3339(since));
  xml.append("/>").append(kEnd);
}

}  // namespace

// --- counting (sections 3 and 4) -----------------------------------------------------------------

void XmppPresence::on(Now, const ManagementAsked& asked, Outbox& out) {
  XmppSession* session = sessions_.find(asked.session);
  if (session == nullptr) return;
  session->managed = std::make_unique<ManagedStream>();
  ManagedStream& managed = *session->managed;
  std::string xml = begin_element("enabled");
  const Limits& limits = shard_.settings.limits;
  if (asked.resume && limits.resume_sessions()) {
    const Duration most = limits.resumption_time_max;
    managed.id = shard_.prng.token(kIdCharacters);
    managed.resumable_for = std::min(asked.max.value_or(most), most);
    xml::append_attribute(xml, "id", managed.id);
    xml::append_attribute(xml, "resume", "true");
    xml::append_attribute(xml, "max", std::to_string(managed.resumable_for.in_seconds()));
  }
  out.order(SendBytes{session->link, xml.append("/>")});
}

void XmppPresence::on(Now, const StanzaTaken& taken, Outbox&) {
  const XmppSession* session = sessions_.find(taken.session);
  if (session != nullptr && session->managed != nullptr) session->managed->take_stanza();
}

void XmppPresence::on(Now, const StanzaForSession& stanza, Outbox& out) {
  if (XmppSession* session = sessions_.find(stanza.session)) send(*session, stanza.xml, out);
}

void XmppPresence::on(Now, const AckAsked& asked, Outbox& out) {
  const XmppSession* session = sessions_.find(asked.session);
  if (session == nullptr || session->managed == nullptr) return;
  pay_ack(*session, out);
}

void XmppPresence::on(Now, const SubscriptionSettled& settled, Outbox& out) {
  const XmppSession* session = sessions_.find(settled.session);
  if (session == nullptr || session->managed == nullptr) return;
  session->managed->note_stored(settled.stanza);
  if (session->managed->owes_ack) pay_ack(*session, out);
}

// A client sends nothing again that is acknowledged, not even when this server is gone: so what it
// asked for is stored by then. It is answered at once, for it may take silence for the end of the
// link, and once more at each step that the store has come further.
void XmppPresence::pay_ack(const XmppSession& session, Outbox& out) {
  ManagedStream& managed = *session.managed;
  managed.owes_ack = managed.safe() != managed.handled();
  if (!session.link.valid()) return;
  std::string xml = begin_element("a");
  xml::append_attribute(xml, "h", std::to_string(managed.safe()));
  out.order(SendBytes{session.link, xml.append("/>")});
}

void XmppPresence::on(Now now, const AckReceived& ack, Outbox& out) {
  XmppSession* session = sessions_.find(ack.session);
  if (session == nullptr || session->managed == nullptr) return;
  if (!acknowledge(*session->managed, ack.handled, session->link, out)) return;
  note_progress(now, *session);
  look_after(*session, out);
}

// Section 6. False: it is no count that the client can have come to, and the stream on `link` ends.
bool XmppPresence::acknowledge(ManagedStream& managed, std::uint32_t handled, LinkId link,
                               Outbox& out) {
  if (shard_.planted == Planted::ack_unheard) return true;
  const std::size_t kept = managed.own_bytes();
  if (managed.acknowledge(handled)) {
    kept_bytes_ -= kept - managed.own_bytes();
    return true;
  }
  const std::string h = std::to_string(handled);
  const std::string sent = std::to_string(managed.sent());
  std::string detail = begin_element("handled-count-too-high");
  xml::append_attribute(detail, "h", h);
  xml::append_attribute(detail, "send-count", sent);
  out.emit(EndStream{link, StreamError::undefined_condition,
                     "You acknowledged " + h + " stanzas, but I sent you " + sent + ".",
                     detail.append("/>")});
  return false;
}

// --- keeping -------------------------------------------------------------------------------------

void XmppPresence::keep(XmppSession& session, Unacknowledged stanza) {
  ManagedStream& managed = *session.managed;
  if (managed.ends_at) waiting_with_some_.emplace(*managed.ends_at, session.id);
  kept_bytes_ += stanza.own_bytes();
  managed.keep(std::move(stanza));
}

bool XmppPresence::overfull(const ManagedStream& managed) const {
  const Limits& limits = shard_.settings.limits;
  return managed.unacknowledged().size() > limits.unacknowledged_stanzas_max ||
         managed.bytes() > limits.unacknowledged_bytes_max;
}

// No time helps it: nobody reads what it gets, or it has more than any may have.
bool XmppPresence::past_hope(const XmppSession& session) const {
  const std::size_t most = shard_.settings.limits.unacknowledged_bytes_max;
  return overfull(*session.managed) &&
         (!session.link.valid() || session.managed->bytes() > kLinkedFactor * most);
}

bool XmppPresence::shard_is_full() const {
  return kept_bytes_ > shard_.settings.limits.unacknowledged_bytes_per_shard_max;
}

// After stanzas were sent to a session that counts them, or it acknowledged some.
void XmppPresence::look_after(XmppSession& session, Outbox& out) {
  const Limits& limits = shard_.settings.limits;
  ManagedStream& managed = *session.managed;
  const bool worth_asking = managed.somebody_waits() ||
                            managed.unasked() >= limits.stanzas_per_ack_request ||
                            managed.unasked_bytes() >= limits.unacknowledged_bytes_max / 4;
  if (session.link.valid() && !managed.awaits_ack() && worth_asking) ask_for_ack(session, out);
  const bool new_to_it = overfull(managed) && !managed.acks_by;
  if (new_to_it || past_hope(session) || shard_is_full()) {
    // Not at once: whoever sends is in the midst of the sessions.
    if (!std::exchange(managed.overran, true)) out.emit(QueueOverran{session.id});
  }
}

void XmppPresence::ask_for_ack(XmppSession& session, Outbox& out) {
  session.managed->note_asked();
  out.order(SendBytes{session.link, std::string(kAskForAck)});
}

// A client that is there is no culprit for what others send it: it has time to acknowledge. Nor is
// one that was sent a stanza when the shard was full already, unless it holds its share of that.
void XmppPresence::on(Now now, const QueueOverran& overran, Outbox& out) {
  if (shard_is_full()) make_room_in_shard(now, out);
  XmppSession* session = sessions_.find(overran.session);
  if (session == nullptr) return;
  ManagedStream& managed = *session->managed;
  managed.overran = false;
  if (past_hope(*session)) return give_up_overrun(*session, out);
  const bool has_its_share = managed.own_bytes() * sessions_.size() >= kept_bytes_;
  if (shard_is_full() && (overfull(managed) || has_its_share)) {
    if (may_end_another(now)) give_up_overrun(*session, out);
    return;
  }
  if (!overfull(managed) || managed.acks_by) return;
  if (!managed.awaits_ack()) ask_for_ack(*session, out);
  owe(*session, now.instant + shard_.settings.limits.ping_answer_time_max);
}

// First go those who have too much and were told, then those who wait, if it helps: in the order of
// their time.
void XmppPresence::make_room_in_shard(Now now, Outbox& out) {
  for (const Schedule* schedule : {&owing_, &waiting_with_some_}) {
    while (shard_is_full() && !schedule->empty() && may_end_another(now)) {
      give_up_overrun(*sessions_.find(schedule->begin()->second), out);
    }
  }
}

// Many stanzas of one step may find the shard full; what comes of the step has a bound.
bool XmppPresence::may_end_another(Now now) {
  if (room_made_at_ != now.instant) {
    room_made_at_ = now.instant;
    ended_for_room_ = 0;
  }
  return ++ended_for_room_ <= kEndedAtOnce;
}

// Who comes to have less has time for the rest. To acknowledge some and be sent as much is no
// progress: it could go on for ever.
void XmppPresence::note_progress(Now now, XmppSession& session) {
  const ManagedStream& managed = *session.managed;
  if (!managed.acks_by) return;
  if (!overfull(managed)) {
    owe(session, std::nullopt);
  } else if (managed.bytes() < managed.bytes_given_time) {
    owe(session, now.instant + shard_.settings.limits.ping_answer_time_max);
  }
}

void XmppPresence::owe(XmppSession& session, std::optional<Instant> acks_by) {
  ManagedStream& managed = *session.managed;
  if (managed.acks_by) owing_.erase({*managed.acks_by, session.id});
  managed.acks_by = acks_by;
  managed.bytes_given_time = managed.bytes();
  if (acks_by) owing_.emplace(*acks_by, session.id);
}

// --- what a session leaves behind ----------------------------------------------------------------

// Its presence and answers are nobody else's. Messages and requests are sent another way, but not
// within the step: there may be many. What comes for the account between two portions goes before
// the rest: their order is lost, and the time at which each was sent says it (XEP-0203).
void XmppPresence::let_go(XmppSession& session) {
  wait_until(session, std::nullopt);
  owe(session, std::nullopt);
  const auto managed = std::exchange(session.managed, nullptr);
  kept_bytes_ -= managed->own_bytes();
  if (session.moves && shard_.planted == Planted::kept_message_lost) return;
  for (const Unacknowledged& kept : managed->unacknowledged()) {
    if (kept.transit != nullptr) let_go(kept.transit);
  }
}

// One of those that hold it does no more.
void XmppPresence::let_go(const std::shared_ptr<InTransit>& transit) {
  if (--transit->holders == 0 && !transit->handled) let_go_.push_back(transit);
}

// Phones that were asked in vain are not asked again; nor those that were not reached, which may
// have it all the same. Where there were none there may be some by then.
void XmppPresence::on(Now, const PhonesDone& done, Outbox&) {
  const auto found = with_phones_.find(done.transit);
  if (found == with_phones_.end()) return;
  const std::shared_ptr<InTransit> transit = std::move(found->second);
  with_phones_.erase(found);
  if (done.taken) transit->handled = true;
  if (done.tried) transit->stanza.phones_had_it = true;
  let_go(transit);
}

// As if it came now for a session that is not there: RFC 6121 section 8.5.3.2, and XEP-0198 section
// 4.
void XmppPresence::send_another_way(InTransit& transit, Outbox& out) {
  StanzaForUser& stanza = transit.stanza;
  if (stanza.kind == StanzaKind::iq) {
    bounce("iq", stanza.id, stanza.from, stanza.to, out);
  } else {
    append_delay(stanza, transit.since);
    out.emit(std::move(stanza));
  }
}

// --- resuming (section 5) ------------------------------------------------------------------------

// A session whose link is lost: for the others nothing has changed. False: it cannot be resumed, or
// too many wait.
bool XmppPresence::await_resumption(Now now, XmppSession& session) {
  if (session.managed == nullptr || session.managed->id.empty() || !may_wait(session)) return false;
  session.link = {};
  wait_until(session, now.instant + session.managed->resumable_for);
  return true;
}

bool XmppPresence::may_wait(const XmppSession& session) const {
  return !stopping_ && !overfull(*session.managed) &&
         waiting_.size() < shard_.settings.limits.waiting_sessions_per_shard_max;
}

void XmppPresence::wait_until(XmppSession& session, std::optional<Instant> ends_at) {
  ManagedStream& managed = *session.managed;
  if (managed.ends_at) {
    waiting_.erase({*managed.ends_at, session.id});
    waiting_with_some_.erase({*managed.ends_at, session.id});
  }
  managed.ends_at = ends_at;
  if (!ends_at) return;
  waiting_.emplace(*ends_at, session.id);
  if (!managed.unacknowledged().empty()) waiting_with_some_.emplace(*ends_at, session.id);
}

// Only the account's own sessions are looked at: the id alone gets nobody anything.
XmppSession* XmppPresence::find_resumable(const ResumeAsked& asked) const {
  const XmppUser* user = sessions_.find_user(asked.account.text());
  if (user == nullptr || asked.id.empty()) return nullptr;
  for (XmppSession* session : user->sessions) {
    if (session->managed != nullptr && session->managed->id == asked.id) return session;
  }
  return nullptr;
}

void XmppPresence::on(Now now, const ResumeAsked& asked, Outbox& out) {
  XmppSession* session = find_resumable(asked);
  if (session == nullptr) {
    return out.emit(ResumeRefused{asked.link, ended_.find(asked.account, asked.id)});
  }
  ManagedStream& managed = *session->managed;
  if (!acknowledge(managed, asked.handled, asked.link, out)) return;
  note_progress(now, *session);
  if (managed.ends_at) {
    wait_until(*session, std::nullopt);
  } else {
    out.emit(EndStream{session->link, StreamError::conflict, {}});
  }
  session->link = asked.link;
  session->moves = false;
  std::string xml = begin_element("resumed");
  // While this server lives it has all of it, stored or not.
  xml::append_attribute(xml, "h", std::to_string(managed.handled()));
  managed.note_told_all();
  xml::append_attribute(xml, "previd", managed.id);
  xml.append("/>");
  for (const Unacknowledged& kept : managed.unacknowledged()) {
    if (shard_.planted != Planted::replay_lost) xml.append(text_of(kept, *session));
  }
  out.order(SendBytes{asked.link, std::move(xml)});
  if (!managed.unacknowledged().empty()) ask_for_ack(*session, out);
  out.emit(ResumeGranted{asked.link, session->id, session->full()});
}

// --- the end of waiting --------------------------------------------------------------------------

void XmppPresence::give_up(XmppSession& session, Outbox& out) {
  XmppUser& user = *session.user;
  remember_end(session);
  end(session, out);
  forget_if_idle(user, out);
}

void XmppPresence::give_up_overrun(XmppSession& session, Outbox& out) {
  if (session.link.valid()) {
    out.emit(EndStream{session.link, StreamError::policy_violation,
                       "too much was sent that is not acknowledged"});
  }
  give_up(session, out);
}

// One too many of a user's sessions: the one that has waited longest gives way.
void XmppPresence::make_room(XmppUser& user, Outbox& out) {
  if (user.sessions.size() < shard_.settings.limits.sessions_per_user_max) return;
  XmppSession* oldest = nullptr;
  for (XmppSession* session : user.sessions) {
    if (session->managed == nullptr || !session->managed->ends_at) continue;
    if (oldest == nullptr || *session->managed->ends_at < *oldest->managed->ends_at) {
      oldest = session;
    }
  }
  if (oldest == nullptr) return;
  remember_end(*oldest);
  end(*oldest, out);
}

// Who comes to resume it learns at least how much of what she sent was handled.
void XmppPresence::remember_end(const XmppSession& session) {
  const ManagedStream* managed = session.managed.get();
  if (managed == nullptr || managed->id.empty()) return;
  ended_.add(session.user->account, managed->id, managed->handled());
}

// What is left of either is still due: for the next step.
void XmppPresence::wake(Now now, Outbox& out) {
  for (std::size_t sent = 0; sent < kLetGoAtOnce && !let_go_.empty(); ++sent) {
    const std::shared_ptr<InTransit> transit = std::move(let_go_.front());
    let_go_.pop_front();
    send_another_way(*transit, out);
  }
  const auto due = [&](const Schedule& schedule) {
    return !schedule.empty() && schedule.begin()->first <= now.instant;
  };
  for (std::size_t ended = 0; ended < kEndedAtOnce; ++ended) {
    if (due(waiting_) || (stopping_ && !waiting_.empty())) {
      give_up(*sessions_.find(waiting_.begin()->second), out);
    } else if (due(owing_)) {
      give_up_overrun(*sessions_.find(owing_.begin()->second), out);
    } else {
      return;
    }
  }
}

std::optional<Instant> XmppPresence::next_deadline() const {
  if (!let_go_.empty() || (stopping_ && !waiting_.empty())) return Instant();
  std::optional<Instant> next;
  for (const Schedule* schedule : {&waiting_, &owing_}) {
    if (schedule->empty()) continue;
    const Instant first = schedule->begin()->first;
    if (!next || first < *next) next = first;
  }
  return next;
}

// Nobody will come back to this process.
void XmppPresence::on(Now now, const StopAsked&, Outbox& out) {
  stopping_ = true;
  wake(now, out);
}

}  // namespace muster
