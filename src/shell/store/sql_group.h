// The tasks of a group on its way through a backend, and what became of each.
#pragma once

#include <cstddef>
#include <variant>
#include <vector>

#include "shell/store/sql_fences.h"
#include "shell/store/sql_requests.h"

namespace muster::sql {

struct TasksOfGroup {
  explicit TasksOfGroup(const std::vector<StoreTask>& tasks) : all(tasks), results(tasks.size()) {}

  const std::vector<StoreTask>& all;
  std::vector<StoreResult> results;

  bool only_reads(std::size_t place) const {
    const auto* request = std::get_if<ServerRequest>(&all[place]);
    return request == nullptr ? Requests::only_reads(all[place])
                              : std::holds_alternative<ActAs>(*request);
  }
  void carry_out(std::size_t place, Requests& requests, Fences& fences, bool may_write) {
    const auto* request = std::get_if<ServerRequest>(&all[place]);
    results[place] = request == nullptr ? requests.carry_out(all[place], may_write)
                                        : StoreResult(fences.carry_out(*request));
  }
  void fail(std::size_t place, const Trouble& trouble) {
    results[place] = StoreTasks::failed(all[place], {trouble.why});
  }
  // This is LoadUser{create}, and there was no account.
  bool wants_account(std::size_t place) const {
    const auto* request = std::get_if<StoreRequest>(&all[place]);
    const auto* load = request == nullptr ? nullptr : std::get_if<LoadUser>(request);
    if (load == nullptr || !load->create) return false;
    const auto* loaded = std::get_if<UserLoaded>(&std::get<StoreReply>(results[place]));
    return loaded != nullptr && !loaded->exists;
  }
};

}  // namespace muster::sql
