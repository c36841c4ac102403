#include "sim/world/model_store.h"

#include <algorithm>
#include <utility>

namespace muster::sim {
namespace {

StoreReply carry_out(MemoryStore& memory, Instant, const StoreRequest& request) {
  return memory.carry_out(request);
}
bool writes(const MemoryStore& memory, const StoreRequest& request) {
  return memory.writes(request);
}

cluster::ClusterReply carry_out(ClusterMemory& memory, Instant now,
                                const cluster::ClusterRequest& request) {
  return memory.carry_out(now.since_zero(), request);
}
// It fences by itself.
bool writes(const ClusterMemory&, const cluster::ClusterRequest&) {
  return false;
}

}  // namespace

template <class Memory, class Request, class Reply>
void ModelledStore<Memory, Request, Reply>::ask(Asker asker, Request request, Answer answer) {
  Line& line = lines_[asker];
  line.questions.push_back({std::move(request), std::move(answer), timeline_.now()});
  line.last_commit = std::max(line.last_commit, timeline_.now() + draw(random_, faults.commit));
  timeline_.at(line.last_commit,
               [this, asker, life = lives_[asker.server]] { commit(asker, life); });
}

template <class Memory, class Request, class Reply>
void ModelledStore<Memory, Request, Reply>::commit(Asker asker, std::uint32_t life) {
  if (life != lives_[asker.server]) return;
  Line& line = lines_[asker];
  if (waits(asker.server, line.questions.front().asked_at)) {
    timeline_.after(kTriedEvery, [this, asker, life] { commit(asker, life); });
    return;
  }
  Question question = std::move(line.questions.front());
  line.questions.pop_front();
  auto failed = misfortune();
  const bool may_not = writes(memory_, question.request) && !may_write(asker.server);
  if (may_not || cut_off_.contains(asker.server)) failed = StoreFailed{StoreFailed::Why::broken};
  Reply reply = failed ? Reply(*failed) : carry_out(memory_, timeline_.now(), question.request);
  line.last_answer = std::max(line.last_answer, timeline_.now() + draw(random_, faults.answer));
  timeline_.at(line.last_answer,
               [answer = std::move(question.answer), said = std::move(reply)] { answer(said); });
}

template <class Memory, class Request, class Reply>
std::optional<StoreFailed> ModelledStore<Memory, Request, Reply>::misfortune() {
  if (failure) return failure;
  if (happens(random_, faults.busy_per_mille)) return StoreFailed{StoreFailed::Why::busy};
  if (happens(random_, faults.full_per_mille)) return StoreFailed{StoreFailed::Why::full};
  if (happens(random_, faults.broken_per_mille)) return StoreFailed{StoreFailed::Why::broken};
  return std::nullopt;
}

template <class Memory, class Request, class Reply>
bool ModelledStore<Memory, Request, Reply>::may_write(ServerId server) const {
  const auto acting = acting_as_.find(server);
  if (acting == acting_as_.end()) return !servers_are_many;
  return !fenced_.contains(acting->second);
}

template <class Memory, class Request, class Reply>
void ModelledStore<Memory, Request, Reply>::fence(ServerId by, cluster::Incarnation life,
                                                  std::function<void(bool)> answer) {
  Fencing fencing{by, lives_[by], life, timeline_.now(), std::move(answer)};
  timeline_.after(draw(random_, faults.commit),
                  [this, fencing = std::move(fencing)] { fence_now(fencing); });
}

template <class Memory, class Request, class Reply>
void ModelledStore<Memory, Request, Reply>::fence_now(Fencing fencing) {
  if (fencing.life_of_asker != lives_[fencing.by]) return;
  if (waits(fencing.by, fencing.asked_at)) {
    timeline_.after(kTriedEvery, [this, fencing = std::move(fencing)] { fence_now(fencing); });
    return;
  }
  const bool done = !misfortune() && !is_cut_off(fencing.by);
  if (done) fenced_.insert(fencing.fenced);
  timeline_.after(draw(random_, faults.answer),
                  [answer = std::move(fencing.answer), done] { answer(done); });
}

template <class Memory, class Request, class Reply>
void ModelledStore<Memory, Request, Reply>::asker_dies(ServerId server) {
  const bool alive = may_write(server);
  acting_as_.erase(server);
  ++lives_[server];
  for (auto& [asker, line] : lines_) {
    if (asker.server != server) continue;
    const bool none = line.questions.empty() || cut_off_.contains(server);
    std::size_t done = none ? 0 : random_.below(line.questions.size() + 1);
    for (const Question& question : line.questions) {
      if (done-- == 0) break;
      if (!alive && writes(memory_, question.request)) continue;
      carry_out(memory_, timeline_.now(), question.request);
    }
    line = Line{};
  }
}

template <class Memory, class Request, class Reply>
std::size_t ModelledStore<Memory, Request, Reply>::waiting() const {
  std::size_t waiting = 0;
  for (const auto& [asker, line] : lines_)
    waiting += line.questions.size();
  return waiting;
}

template class ModelledStore<MemoryStore, StoreRequest, StoreReply>;
template class ModelledStore<ClusterMemory, cluster::ClusterRequest, cluster::ClusterReply>;

}  // namespace muster::sim
