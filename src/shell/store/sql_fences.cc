#include "shell/store/sql_fences.h"

#include <variant>

namespace muster::sql {

Fences::Fences(Database& database, Company company)
    : database_(database),
      company_(company),
      find_(database, "SELECT 1 FROM fenced WHERE life = ?"),
      add_(database, "INSERT INTO fenced (life) VALUES (?) ON CONFLICT DO NOTHING") {}

void Fences::act_as(const std::vector<StoreTask>& group) {
  for (const StoreTask& task : group) {
    const auto* request = std::get_if<ServerRequest>(&task);
    if (request == nullptr) continue;
    if (const auto* act = std::get_if<ActAs>(request)) life_ = act->life;
  }
}

void Fences::check() {
  if (is_open()) return;
  if (life_ == cluster::Incarnation()) {
    return database_.refuse("this server has no lease yet");
  }
  if (is_fenced(life_)) database_.refuse("this server was declared gone by the others");
}

bool Fences::is_fenced(cluster::Incarnation life) {
  Rows rows = find_.rows(life.number());
  return rows.next();
}

ServerReply Fences::carry_out(const ServerRequest& request) {
  return std::visit([this](const auto& known) { return on(known); }, request);
}

ServerReply Fences::on(const ActAs& act) {
  if (is_open()) return StoreFailed{};
  if (is_fenced(act.life)) return LifeFenced{act.life};
  return ActingAs{};
}

ServerReply Fences::on(const FenceLife& fence) {
  add_.run(fence.life.number());
  return LifeFenced{fence.life};
}

}  // namespace muster::sql
