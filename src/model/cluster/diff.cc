#include <algorithm>
#include <iterator>
#include <utility>

#include "model/cluster/change.h"
#include "model/cluster/sorted.h"

namespace muster::cluster {
namespace {

// Walks two sets side by side: gone(a) for what only the first has, come(b) for what only the
// second has, both(a, b) for what has the same key in each.
template <class T, class Gone, class Come, class Both>
void walk(const std::vector<T>& before, const std::vector<T>& now, Gone gone, Come come,
          Both both) {
  auto a = before.begin();
  auto b = now.begin();
  while (a != before.end() || b != now.end()) {
    if (b == now.end() || (a != before.end() && a->key() < b->key())) {
      gone(*a++);
    } else if (a == before.end() || b->key() < a->key()) {
      come(*b++);
    } else {
      both(*a++, *b++);
    }
  }
}

class Comparing {
 public:
  std::vector<Change> compare(const Document& before, const Document& now) {
    using Of = SetNumber::Of;
    compare(Of::doc_version, before.version.number(), now.version.number());
    compare(Of::epoch, before.epoch.number(), now.epoch.number());
    compare_loads(before.loads, now.loads);
    compare_candidates(before.candidates, now.candidates);
    compare(Of::active_number, before.active_number, now.active_number);
    compare_endpoints(before.endpoints, now.endpoints);
    compare_lists(before.lists, now.lists);
    compare(Of::total_users_number, before.total_users_number, now.total_users_number);
    return std::move(changes_);
  }

 private:
  void compare(SetNumber::Of of, std::uint64_t before, std::uint64_t now) {
    if (before != now) changes_.emplace_back(SetNumber{of, now});
  }

  void compare_loads(const std::vector<ServerLoad>& before, const std::vector<ServerLoad>& now) {
    walk(
        before, now, [&](const ServerLoad& a) { changes_.emplace_back(RemoveLoad{a.svr_id}); },
        [&](const ServerLoad& b) { changes_.emplace_back(Add<ServerLoad>{b}); },
        [&](const ServerLoad& a, const ServerLoad& b) {
          if (a.max != b.max) {
            changes_.emplace_back(Replace<ServerLoad>{b});
          } else if (a.current != b.current) {
            changes_.emplace_back(SetLevel{b.svr_id, b.current});
          }
        });
  }

  // Those gone, then those that are new at the end; all of them if that does not make the order.
  void compare_candidates(const std::vector<std::string>& before,
                          const std::vector<std::string>& now) {
    const auto has = [](const std::vector<std::string>& all, const std::string& one) {
      return std::find(all.begin(), all.end(), one) != all.end();
    };
    std::vector<Change> changes;
    std::vector<std::string> made;
    for (const std::string& uri : before) {
      if (has(now, uri)) {
        made.push_back(uri);
      } else {
        changes.emplace_back(RemoveCandidate{uri});
      }
    }
    for (const std::string& uri : now) {
      if (has(before, uri)) continue;
      made.push_back(uri);
      changes.emplace_back(AddCandidate{uri});
    }
    if (made != now) changes.assign(1, ReplaceCandidates{now});
    changes_.insert(changes_.end(), std::make_move_iterator(changes.begin()),
                    std::make_move_iterator(changes.end()));
  }

  void compare_endpoints(const std::vector<ServerEndpoint>& before,
                         const std::vector<ServerEndpoint>& now) {
    walk(
        before, now,
        [&](const ServerEndpoint& a) {
          changes_.emplace_back(RemoveEndpoint{a.svr_id, a.kind});
        },
        [&](const ServerEndpoint& b) { changes_.emplace_back(Add<ServerEndpoint>{b}); },
        [&](const ServerEndpoint& a, const ServerEndpoint& b) {
          if (a.contact != b.contact) {
            changes_.emplace_back(Replace<ServerEndpoint>{b});
          } else if (a.open != b.open) {
            changes_.emplace_back(SetOpen{b.svr_id, b.kind, b.open});
          }
        });
  }

  void compare_lists(const std::vector<UsersList>& before, const std::vector<UsersList>& now) {
    walk(
        before, now, [&](const UsersList& a) { changes_.emplace_back(RemoveList{a.server_id}); },
        [&](const UsersList& b) { changes_.emplace_back(Add<UsersList>{b}); },
        [&](const UsersList& a, const UsersList& b) { compare_users(a, b); });
  }

  void compare_users(const UsersList& before, const UsersList& now) {
    const std::string& server = now.server_id;
    if (!before.users.empty() && now.users.empty()) {
      changes_.emplace_back(Replace<UsersList>{now});
      return;
    }
    if (before.number != now.number) changes_.emplace_back(SetUsersNumber{server, now.number});
    AddUsers added{server, {}};
    walk(
        before.users, now.users,
        [&](const User& a) {
          changes_.emplace_back(RemoveUser{server, a.user_id});
        },
        [&](const User& b) { added.users.push_back(b); },
        [&](const User& a, const User& b) {
          if (a.pres_type != b.pres_type || a.pres_info != b.pres_info) {
            changes_.emplace_back(ReplaceUser{server, b});
          } else if (a.resource_number != b.resource_number) {
            changes_.emplace_back(SetResourceNumber{server, b.user_id, b.resource_number});
          }
        });
    if (!added.users.empty()) changes_.emplace_back(std::move(added));
  }

  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> diff(const Document& before, const Document& now) {
  return Comparing().compare(before, now);
}

}  // namespace muster::cluster
