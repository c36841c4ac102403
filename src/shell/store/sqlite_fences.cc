#include "shell/store/sqlite_fences.h"

#include <cstdint>

namespace muster::sqlite {
namespace {

std::int64_t number_of(cluster::Incarnation life) {
  return static_cast<std::int64_t>(life.number());
}

}  // namespace

Fences::Fences(Database& database, bool one_of_many)
    : database_(database),
      one_of_many_(one_of_many),
      find_(database, "SELECT 1 FROM fenced WHERE life = ?"),
      add_(database, "INSERT INTO fenced (life) VALUES (?) ON CONFLICT DO NOTHING") {}

void Fences::check() {
  if (!one_of_many_) return;
  if (life_ == cluster::Incarnation()) {
    return database_.refuse("this server has no lease yet");
  }
  if (is_fenced(life_)) database_.refuse("this server was declared gone by the others");
}

bool Fences::is_fenced(cluster::Incarnation life) {
  Rows rows = find_.rows(number_of(life));
  return rows.next();
}

ServerReply Fences::answer_to(const ActAs& act) {
  if (!one_of_many_) return StoreFailed{};
  if (is_fenced(act.life)) return LifeFenced{act.life};
  return ActingAs{};
}

ServerReply Fences::fence(cluster::Incarnation life) {
  add_.run(number_of(life));
  return LifeFenced{life};
}

}  // namespace muster::sqlite
