#include "server/load_control/operator_desk.h"

#include <iterator>
#include <utility>

#include "base/check.h"

namespace muster {

using cluster::Incarnation;

std::uint64_t OperatorDesk::open(Now now, Of of, Ticket ticket, AdminReply reply,
                                 std::set<Incarnation> asked) {
  MUSTER_CHECK(has_room());
  questions_.emplace(next_, Question{of, ticket, std::move(reply), std::move(asked),
                                     now.instant + kAnswerTimeMax});
  return next_++;
}

OperatorDesk::Question* OperatorDesk::find(Of of, Incarnation by, std::uint64_t number) {
  const auto known = questions_.find(number);
  if (known == questions_.end() || known->second.of != of) return nullptr;
  if (!known->second.waiting.contains(by)) return nullptr;
  return &known->second;
}

void OperatorDesk::told(Incarnation by, const cluster::FiguresTold& told) {
  Question* question = find(Of::figures, by, told.number);
  if (question == nullptr) return;
  question->waiting.erase(by);
  for (ServerSeen& seen : question->reply.servers) {
    if (seen.member.incarnation != by) continue;
    const cluster::Figures& figures = told.figures;
    seen.own = ServerSeen::Own{{{figures.level}, figures.users},
                               figures.xmpp,
                               figures.sip,
                               figures.resources,
                               figures.relayed,
                               figures.measures};
  }
}

void OperatorDesk::told(Incarnation by, std::uint64_t number, AdminReply::Outcome outcome) {
  Question* question = find(Of::order, by, number);
  if (question == nullptr) return;
  question->waiting.erase(by);
  question->reply.outcome = outcome;
  // It was not the main after all, and who is main is not known here.
  if (outcome == AdminReply::Outcome::not_main) question->reply.servers.clear();
}

void OperatorDesk::lost(Incarnation server) {
  for (auto& [number, question] : questions_)
    question.waiting.erase(server);
}

void OperatorDesk::lost(Incarnation server, std::uint64_t number) {
  const auto known = questions_.find(number);
  if (known != questions_.end()) known->second.waiting.erase(server);
}

void OperatorDesk::wake(Now now) {
  for (auto& [number, question] : questions_) {
    if (question.until <= now.instant) question.waiting.clear();
  }
}

std::vector<AnswerAdmin> OperatorDesk::take_answered() {
  std::vector<AnswerAdmin> answered;
  for (auto next = questions_.begin(); next != questions_.end();) {
    Question& question = next->second;
    const bool is_answered = question.waiting.empty();
    if (is_answered) answered.push_back({question.ticket, std::move(question.reply)});
    next = is_answered ? questions_.erase(next) : std::next(next);
  }
  return answered;
}

// The first that was asked is the first to be waited for no longer.
std::optional<Instant> OperatorDesk::next_deadline() const {
  if (questions_.empty()) return std::nullopt;
  return questions_.begin()->second.until;
}

}  // namespace muster
