// A group of tasks on its way through a backend.
#pragma once

#include <cstddef>
#include <numeric>
#include <variant>
#include <vector>

#include "shell/store/sql_requests.h"

namespace muster::sql {

struct Group {
  explicit Group(const std::vector<StoreTask>& all)
      : tasks(all), results(all.size()), open(all.size()) {
    std::iota(open.begin(), open.end(), std::size_t{0});
  }

  const std::vector<StoreTask>& tasks;
  std::vector<StoreResult> results;
  std::vector<std::size_t> open;  // the places of those whose result is still to be found, in order

  bool only_reads(std::size_t place) const {
    const auto* request = std::get_if<ServerRequest>(&tasks[place]);
    return request == nullptr ? Requests::only_reads(tasks[place])
                              : std::holds_alternative<ActAs>(*request);
  }
  void fail(std::size_t place, const Trouble& trouble) {
    results[place] = StoreTasks::failed(tasks[place], {trouble.why});
  }
  // Those that write fail; those that read stay open.
  void fail_writers(const Trouble& trouble) {
    std::erase_if(open, [&](std::size_t place) {
      if (only_reads(place)) return false;
      fail(place, trouble);
      return true;
    });
  }
  // This is LoadUser{create}, and there was no account.
  bool wants_account(std::size_t place) const {
    const auto* request = std::get_if<StoreRequest>(&tasks[place]);
    const auto* load = request == nullptr ? nullptr : std::get_if<LoadUser>(request);
    if (load == nullptr || !load->create) return false;
    const auto* loaded = std::get_if<UserLoaded>(&std::get<StoreReply>(results[place]));
    return loaded != nullptr && !loaded->exists;
  }
};

}  // namespace muster::sql
