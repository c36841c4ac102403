#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "model/cluster/change.h"
#include "model/cluster/sorted.h"

namespace muster::cluster {
namespace {

using Step = std::optional<ApplyError>;

Step need(bool found) {
  return found ? Step() : ApplyError::no_target;
}

template <class T>
Step replace(std::vector<T>& sorted, T by) {
  T* const found = find(sorted, by.key());
  if (found == nullptr) return ApplyError::no_target;
  *found = std::move(by);
  return {};
}

class Applying {
 public:
  explicit Applying(Document& document) : document_(document) {
    lists_ = std::move(document_.lists);
    before_ = document_;
    document_.lists = std::move(lists_);
    for (const UsersList& list : document_.lists)
      numbers_.push_back({list.server_id, list.number, {}});
  }

  Step make(Change&& change) {
    return std::visit([&](auto&& known) { return on(std::move(known)); }, std::move(change));
  }

  void undo() {
    lists_ = std::move(document_.lists);
    document_ = std::move(before_);
    for (UsersList& was : numbers_) {
      UsersList* const now = find(lists_, was.server_id);
      const bool touched =
          std::find(touched_.begin(), touched_.end(), was.server_id) != touched_.end();
      if (now != nullptr && !touched) was.users = std::move(now->users);
    }
    document_.lists = std::move(numbers_);
  }

 private:
  Step on(SetNumber&& set) {
    switch (set.of) {
      case SetNumber::Of::doc_version: document_.version = DocVersion(set.value); return {};
      case SetNumber::Of::epoch: document_.epoch = Epoch(set.value); return {};
      default: break;
    }
    if (set.value > std::numeric_limits<std::uint32_t>::max()) return ApplyError::bad_number;
    (set.of == SetNumber::Of::active_number ? document_.active_number
                                            : document_.total_users_number) =
        static_cast<std::uint32_t>(set.value);
    return {};
  }

  Step on(Add<ServerLoad>&& add) { return need(insert(document_.loads, std::move(add.added))); }
  Step on(Replace<ServerLoad>&& change) { return replace(document_.loads, std::move(change.by)); }
  Step on(RemoveLoad&& remove) { return need(erase(document_.loads, remove.svr_id)); }
  Step on(SetLevel&& set) {
    ServerLoad* const load = find(document_.loads, set.svr_id);
    if (load != nullptr) load->current = set.level;
    return need(load != nullptr);
  }

  Step on(ReplaceCandidates&& change) {
    document_.candidates = std::move(change.candidates);
    return {};
  }
  Step on(AddCandidate&& add) {
    document_.candidates.push_back(std::move(add.svr_uri));
    return {};
  }
  Step on(RemoveCandidate&& remove) {
    return need(std::erase(document_.candidates, remove.svr_uri));
  }

  Step on(Add<ServerEndpoint>&& add) {
    return need(insert(document_.endpoints, std::move(add.added)));
  }
  Step on(Replace<ServerEndpoint>&& change) {
    return replace(document_.endpoints, std::move(change.by));
  }
  Step on(RemoveEndpoint&& remove) {
    return need(
        erase(document_.endpoints, std::pair(std::string_view(remove.svr_id), remove.kind)));
  }
  Step on(SetOpen&& set) {
    ServerEndpoint* const endpoint =
        find(document_.endpoints, std::pair(std::string_view(set.svr_id), set.kind));
    if (endpoint != nullptr) endpoint->open = set.open;
    return need(endpoint != nullptr);
  }

  Step on(Add<UsersList>&& add) {
    touched_.push_back(add.added.server_id);
    return need(insert(document_.lists, std::move(add.added)));
  }
  Step on(Replace<UsersList>&& change) {
    touched_.push_back(change.by.server_id);
    return replace(document_.lists, std::move(change.by));
  }
  Step on(RemoveList&& remove) {
    touched_.push_back(remove.server_id);
    return need(erase(document_.lists, remove.server_id));
  }
  Step on(SetUsersNumber&& set) {
    UsersList* const list = find(document_.lists, set.server_id);
    if (list != nullptr) list->number = set.number;
    return need(list != nullptr);
  }

  Step on(AddUsers&& add) {
    UsersList* const list = touch(add.server_id);
    if (list == nullptr) return ApplyError::no_target;
    for (User& user : add.users) {
      if (!insert(list->users, std::move(user))) return ApplyError::no_target;
    }
    return {};
  }
  Step on(ReplaceUser&& change) {
    UsersList* const list = touch(change.server_id);
    return list == nullptr ? ApplyError::no_target : replace(list->users, std::move(change.by));
  }
  Step on(RemoveUser&& remove) {
    UsersList* const list = touch(remove.server_id);
    return need(list != nullptr && erase(list->users, remove.user_id));
  }
  Step on(SetResourceNumber&& set) {
    UsersList* const list = touch(set.server_id);
    User* const user = list == nullptr ? nullptr : find(list->users, set.user_id);
    if (user != nullptr) user->resource_number = set.number;
    return need(user != nullptr);
  }

  // A list in which users are about to change.
  UsersList* touch(const std::string& server_id) {
    if (touched_.empty() || touched_.back() != server_id) touched_.push_back(server_id);
    return find(document_.lists, server_id);
  }

  Document& document_;
  Document before_;                 // without its lists
  std::vector<UsersList> numbers_;  // its lists without their users
  std::vector<UsersList> lists_;    // on their way
  std::vector<std::string> touched_;
};

}  // namespace

std::optional<ApplyError> excess_of(const Document& document, const Limits& limits) {
  // Endpoints and lists are of servers that run.
  if (document.loads.size() > limits.servers_max) return ApplyError::too_many_servers;
  if (document.candidates.size() > limits.candidates_max) return ApplyError::too_many_candidates;
  std::size_t users = 0;
  for (const UsersList& list : document.lists)
    users += list.users.size();
  if (users > limits.users_max) return ApplyError::too_many_users;
  return {};
}

Result<void, ApplyError> apply(std::vector<Change> changes, const Limits& limits,
                               Document& document) {
  Applying applying(document);
  Step failed;
  for (Change& change : changes) {
    failed = applying.make(std::move(change));
    if (failed) break;
  }
  if (!failed) failed = excess_of(document, limits);
  if (!failed && contradiction_of(document, Parts::allowed) != Contradiction::none) {
    failed = ApplyError::contradictory;
  }
  if (!failed) return {};
  applying.undo();
  return Failure{*failed};
}

}  // namespace muster::cluster
