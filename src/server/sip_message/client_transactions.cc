#include "server/sip_message/client_transactions.h"

#include <algorithm>

#include "base/check.h"

namespace muster {

std::pair<SipCallId, ClientTransaction*> ClientTransactions::open(Now now) {
  MUSTER_CHECK(has_room());
  const auto [id, transaction] = table_.emplace();
  transaction->ends = now.instant + kSipTransactionTime;
  transaction->again = transaction->ends;
  return {id, transaction};
}

ClientTransaction* ClientTransactions::find(const SipName& name, std::string_view branch) {
  ClientTransaction* transaction = table_.find(SipCallId{name.slot, name.generation});
  return transaction != nullptr && transaction->branch() == branch ? transaction : nullptr;
}

void ClientTransactions::connecting(Now now, SipCallId id, ClientTransaction& transaction) {
  transaction.state = ClientTransaction::State::connecting;
  look_later(now, id, transaction);
}

void ClientTransactions::sent_over_udp(Now now, SipCallId id, ClientTransaction& transaction) {
  transaction.state = ClientTransaction::State::trying;
  transaction.again = now.instant + kSipT1;
  look_later(now, id, transaction);
}

void ClientTransactions::sent_on_link(Now now, SipCallId id, ClientTransaction& transaction) {
  transaction.state = ClientTransaction::State::trying;
  std::string kept;
  kept.reserve(std::size_t{transaction.via_bytes} + transaction.branch_bytes);
  kept.append(transaction.via()).append(transaction.branch());
  transaction.via_at = 0;
  transaction.branch_at = transaction.via_bytes;
  transaction.head = std::move(kept);
  transaction.body.reset();
  SipCallId& first = on_link_[link_of(transaction)];
  transaction.next = first;
  if (ClientTransaction* behind = table_.find(first)) behind->previous = id;
  first = id;
  look_later(now, id, transaction);
}

void ClientTransactions::leave_link(const ClientTransaction& transaction) {
  ClientTransaction* previous = table_.find(transaction.previous);
  ClientTransaction* next = table_.find(transaction.next);
  if (next != nullptr) next->previous = transaction.previous;
  if (previous != nullptr) {
    previous->next = transaction.next;
  } else if (next != nullptr) {
    on_link_[link_of(transaction)] = transaction.next;
  } else {
    on_link_.erase(link_of(transaction));
  }
}

void ClientTransactions::forget(SipCallId id) {
  const ClientTransaction* transaction = table_.find(id);
  MUSTER_CHECK(transaction != nullptr);
  const bool on_link = is_stream(transaction->flow.transport) &&
                       transaction->state != ClientTransaction::State::connecting;
  if (on_link) leave_link(*transaction);
  table_.erase(id);
}

SipCallId ClientTransactions::first_on(const FlowLost& lost) const {
  const auto found = on_link_.find({lost.through, lost.shard, lost.link});
  return found == on_link_.end() ? SipCallId() : found->second;
}

// The queues know only the delays of Timer E: what lies between two of them is reached in steps.
void ClientTransactions::look_later(Now now, SipCallId id, ClientTransaction& transaction) {
  const Duration wait = std::min(transaction.again, transaction.ends) - now.instant;
  std::uint8_t step = BackoffTimers<SipCallId>::kSteps - 1;
  while (step > 0 && BackoffTimers<SipCallId>::delay_of(step) > wait)
    --step;
  transaction.look = now.instant + BackoffTimers<SipCallId>::delay_of(step);
  timers_.add(now.instant, step, id);
}

std::optional<ClientTransactions::Due> ClientTransactions::look_at(Now now, SipCallId id) {
  ClientTransaction* transaction = table_.find(id);
  if (transaction == nullptr || transaction->look > now.instant) return std::nullopt;
  if (transaction->ends <= now.instant) return Due{Due::What::gave_up, id};
  const bool sends = transaction->again <= now.instant;
  if (sends) {
    // Once somebody is at work, the pause is T2 (RFC 3261 section 17.1.2.2).
    transaction->step = transaction->state == ClientTransaction::State::proceeding
                            ? std::uint8_t{BackoffTimers<SipCallId>::kSteps - 1}
                            : static_cast<std::uint8_t>(transaction->step + 1);
    transaction->again = now.instant + BackoffTimers<SipCallId>::delay_of(transaction->step);
  }
  look_later(now, id, *transaction);
  if (!sends) return std::nullopt;
  return Due{Due::What::send_again, id};
}

std::optional<ClientTransactions::Due> ClientTransactions::take_due(Now now) {
  while (const auto id = timers_.take_due(now.instant)) {
    if (const auto due = look_at(now, *id)) return due;
  }
  return std::nullopt;
}

std::optional<Instant> ClientTransactions::next_deadline() const {
  return timers_.next();
}

}  // namespace muster
