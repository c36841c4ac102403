#include "server/sip_message/server_transactions.h"

#include <algorithm>

#include "base/check.h"

namespace muster {
namespace {

using ServerState = ServerTransaction::State;

// A request that nobody answered is looked at in steps of kSipTryingTime until its sender has given
// up, too (Timer F).
constexpr std::uint8_t kLooks =
    (kSipTransactionTime.in_microseconds() - 1) / kSipTryingTime.in_microseconds() + 1;

}  // namespace

std::optional<SipRequestId> ServerTransactions::find_same(std::uint64_t transaction) const {
  const auto found = by_transaction_.find(transaction);
  if (found == by_transaction_.end()) return std::nullopt;
  return found->second;
}

bool ServerTransactions::has_room(Now now, std::size_t request_bytes, std::uint64_t& forgotten) {
  if (request_bytes_ + request_bytes > request_bytes_max_) return false;
  while (table_.size() >= max_) {
    const auto oldest = ends_.take_older_than(now.instant, kAnswerKeptMin);
    if (!oldest) return false;
    if (table_.find(*oldest) == nullptr) continue;
    forget(*oldest);
    ++forgotten;
  }
  return true;
}

void ServerTransactions::index(SipRequestId id, const RequestKeys& keys) {
  by_transaction_.emplace(keys.transaction, id);
  if (keys.request != 0) by_request_.emplace(keys.request, id);
  request_bytes_ += table_.find(id)->request->bytes();
}

void ServerTransactions::drop_request(ServerTransaction& transaction) {
  if (transaction.request == nullptr) return;
  request_bytes_ -= transaction.request->bytes();
  transaction.request.reset();
}

std::pair<SipRequestId, ServerTransaction*> ServerTransactions::open(
    Now now, const RequestKeys& keys, std::unique_ptr<ServerTransaction::Request> request) {
  MUSTER_CHECK(table_.size() < max_);
  const auto [id, transaction] = table_.emplace();
  transaction->keys = keys;
  transaction->request = std::move(request);
  index(id, keys);
  ++waiting_;
  answers_due_.add(now.instant, id);
  return {id, transaction};
}

std::pair<SipRequestId, ServerTransaction*> ServerTransactions::open_invite(
    Now now, const RequestKeys& keys, std::unique_ptr<ServerTransaction::Request> request,
    SipAnswer answer) {
  MUSTER_CHECK(table_.size() < max_ && has_room_for_invite());
  const auto [id, transaction] = table_.emplace();
  transaction->keys = keys;
  transaction->request = std::move(request);
  transaction->answer = std::move(answer);
  transaction->is_invite = true;
  transaction->state = ServerState::completed;
  index(id, keys);
  ++invites_;
  ends_.add(now.instant, id);
  if (!is_stream(transaction->request->flow.transport)) repetitions_.add(now.instant, 0, id);
  return {id, transaction};
}

void ServerTransactions::complete(Now now, SipRequestId id, SipAnswer answer) {
  ServerTransaction* transaction = table_.find(id);
  MUSTER_CHECK(transaction != nullptr && transaction->waits());
  if (is_stream(transaction->request->flow.transport)) return forget(id);  // Timer J is 0
  --waiting_;
  transaction->state = ServerState::completed;
  transaction->answer = std::move(answer);
  drop_request(*transaction);
  ends_.add(now.instant, id);
}

void ServerTransactions::confirm(Now now, SipRequestId id) {
  ServerTransaction* transaction = table_.find(id);
  MUSTER_CHECK(transaction != nullptr && transaction->is_invite);
  if (transaction->state == ServerState::confirmed) return;
  if (is_stream(transaction->request->flow.transport)) return forget(id);  // Timer I is 0
  transaction->state = ServerState::confirmed;
  drop_request(*transaction);
  acknowledged_.add(now.instant, id);
}

void ServerTransactions::forget(SipRequestId id) {
  ServerTransaction* transaction = table_.find(id);
  MUSTER_CHECK(transaction != nullptr);
  if (transaction->waits()) --waiting_;
  drop_request(*transaction);
  if (transaction->is_invite) --invites_;
  by_transaction_.erase(transaction->keys.transaction);
  if (transaction->keys.request != 0) by_request_.erase(transaction->keys.request);
  table_.erase(id);
}

// RFC 4320 section 4.1: 100 when Timer E would be set to T2. Section 4.2: no 408, ever.
std::optional<ServerTransactions::Due> ServerTransactions::look_at_waiting(Now now,
                                                                           SipRequestId id) {
  ServerTransaction* transaction = table_.find(id);
  if (transaction == nullptr || !transaction->waits()) return std::nullopt;
  if (++transaction->looks == kLooks) {
    forget(id);
    return Due{Due::What::gave_up, id};
  }
  answers_due_.add(now.instant, id);
  if (transaction->state == ServerState::proceeding) return std::nullopt;
  transaction->state = ServerState::proceeding;
  return Due{Due::What::say_trying, id};
}

std::optional<ServerTransactions::Due> ServerTransactions::look_at_invite(Now now,
                                                                          SipRequestId id) {
  ServerTransaction* transaction = table_.find(id);
  if (transaction == nullptr || transaction->state != ServerState::completed) return std::nullopt;
  repetitions_.add(now.instant, ++transaction->looks, id);
  return Due{Due::What::answer_again, id};
}

std::optional<ServerTransactions::Due> ServerTransactions::take_due(Now now) {
  while (const auto id = answers_due_.take_due(now.instant)) {
    if (const auto due = look_at_waiting(now, *id)) return due;
  }
  for (TimerQueue<SipRequestId>* queue : {&ends_, &acknowledged_}) {
    while (const auto id = queue->take_due(now.instant)) {
      if (table_.find(*id) != nullptr) forget(*id);
    }
  }
  while (const auto id = repetitions_.take_due(now.instant)) {
    if (const auto due = look_at_invite(now, *id)) return due;
  }
  return std::nullopt;
}

std::optional<Instant> ServerTransactions::next_deadline() const {
  std::optional<Instant> earliest;
  for (const std::optional<Instant>& next :
       {answers_due_.next(), ends_.next(), acknowledged_.next(), repetitions_.next()}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

}  // namespace muster
