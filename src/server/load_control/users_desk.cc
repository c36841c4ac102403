#include "server/load_control/users_desk.h"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <utility>

namespace muster {

using cluster::Incarnation;

bool UsersDesk::ask(Now now, Ticket ticket, Incarnation of, const Address& after) {
  if (after != Address() && kept_ && kept_->of == of) {
    answer(now, ticket, after);
    return false;
  }
  if (waiting_.size() == kQuestionsMax) {
    refuse(ticket);
    return false;
  }
  waiting_.push_back({ticket, of, after, now.instant + kAnswerTimeMax});
  return true;
}

bool UsersDesk::waits_for(Incarnation of) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const Question& question) { return question.of == of; });
}

void UsersDesk::came(Now now, Incarnation of, std::vector<cluster::User> users) {
  if (!waits_for(of)) return;
  kept_ = Kept{of, std::move(users), {}};
  std::erase_if(waiting_, [&](const Question& question) {
    if (question.of != of) return false;
    answer(now, question.ticket, question.after);
    return true;
  });
}

// A page of the list that is kept.
void UsersDesk::answer(Now now, Ticket ticket, const Address& after) {
  const auto& users = kept_->users;
  const auto first = after == Address()
                         ? users.begin()
                         : std::upper_bound(users.begin(), users.end(), after,
                                            [](const Address& address, const cluster::User& user) {
                                              return address < user.user_id;
                                            });
  const auto count = std::min<std::ptrdiff_t>(users.end() - first, kUsersListedMax);
  AdminReply reply;
  for (const cluster::User& user : std::ranges::subrange(first, first + count))
    reply.users.push_back({user.user_id, user.pres_type, user.resource_number});
  answered_.push_back({ticket, std::move(reply)});
  kept_->until = now.instant + kKeptTime;
}

void UsersDesk::refuse(Ticket ticket) {
  AdminReply reply;
  reply.outcome = AdminReply::Outcome::no_answer;
  answered_.push_back({ticket, std::move(reply)});
}

void UsersDesk::failed(Incarnation of) {
  std::erase_if(waiting_, [&](const Question& question) {
    if (question.of != of) return false;
    refuse(question.ticket);
    return true;
  });
}

void UsersDesk::wake(Now now) {
  while (!waiting_.empty() && waiting_.front().until <= now.instant) {
    refuse(waiting_.front().ticket);
    waiting_.erase(waiting_.begin());
  }
  if (kept_ && kept_->until <= now.instant) kept_.reset();
}

std::vector<AnswerAdmin> UsersDesk::take_answered() {
  return std::exchange(answered_, {});
}

std::optional<Instant> UsersDesk::next_deadline() const {
  std::optional<Instant> next;
  if (!waiting_.empty()) next = waiting_.front().until;
  if (kept_ && (!next || kept_->until < *next)) next = kept_->until;
  return next;
}

}  // namespace muster
