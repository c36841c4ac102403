#include "sim/world/model_store.h"

#include <algorithm>
#include <utility>

namespace muster::sim {

void ModelStore::ask(Asker asker, StoreRequest request, Answer answer) {
  Line& line = lines_[asker];
  line.questions.push_back({std::move(request), std::move(answer)});
  line.last_commit = std::max(line.last_commit, timeline_.now() + draw(random_, faults.commit));
  timeline_.at(line.last_commit,
               [this, asker, life = lives_[asker.server]] { commit(asker, life); });
}

void ModelStore::commit(Asker asker, std::uint32_t life) {
  if (life != lives_[asker.server]) return;
  Line& line = lines_[asker];
  Question question = std::move(line.questions.front());
  line.questions.pop_front();
  const auto failed = misfortune();
  StoreReply reply = failed ? StoreReply(*failed) : memory_.carry_out(question.request);
  line.last_answer = std::max(line.last_answer, timeline_.now() + draw(random_, faults.answer));
  timeline_.at(line.last_answer,
               [answer = std::move(question.answer), said = std::move(reply)] { answer(said); });
}

std::optional<StoreFailed> ModelStore::misfortune() {
  if (failure) return failure;
  if (happens(random_, faults.busy_per_mille)) return StoreFailed{StoreFailed::Why::busy};
  if (happens(random_, faults.full_per_mille)) return StoreFailed{StoreFailed::Why::full};
  if (happens(random_, faults.broken_per_mille)) return StoreFailed{StoreFailed::Why::broken};
  return std::nullopt;
}

void ModelStore::asker_dies(ServerId server) {
  ++lives_[server];
  for (auto& [asker, line] : lines_) {
    if (asker.server != server) continue;
    std::size_t done = line.questions.empty() ? 0 : random_.below(line.questions.size() + 1);
    for (const Question& question : line.questions) {
      if (done-- == 0) break;
      memory_.carry_out(question.request);
    }
    line = Line{};
  }
}

std::size_t ModelStore::waiting() const {
  std::size_t waiting = 0;
  for (const auto& [asker, line] : lines_)
    waiting += line.questions.size();
  return waiting;
}

}  // namespace muster::sim
