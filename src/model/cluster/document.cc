#include "model/cluster/document.h"

#include <algorithm>

#include "model/cluster/sorted.h"

namespace muster::cluster {
namespace {

bool has_duplicate(const Document& document) {
  std::vector<std::string_view> candidates(document.candidates.begin(), document.candidates.end());
  std::sort(candidates.begin(), candidates.end());
  return !is_sorted_set(document.loads) || !is_sorted_set(document.endpoints) ||
         !is_sorted_set(document.lists) ||
         std::adjacent_find(candidates.begin(), candidates.end()) != candidates.end();
}

bool has_unknown_server(const Document& document) {
  const auto unknown = [&](std::string_view server) {
    return find(document.loads, server) == nullptr;
  };
  return std::any_of(document.endpoints.begin(), document.endpoints.end(),
                     [&](const ServerEndpoint& endpoint) { return unknown(endpoint.svr_id); }) ||
         std::any_of(document.lists.begin(), document.lists.end(),
                     [&](const UsersList& list) { return unknown(list.server_id); });
}

bool has_wrong_users_number(const Document& document, Parts parts) {
  return std::any_of(document.lists.begin(), document.lists.end(), [&](const UsersList& list) {
    if (list.users.size() > list.number) return true;
    return parts == Parts::none && !list.users.empty() && !list.complete();
  });
}

bool has_wrong_total(const Document& document) {
  std::uint64_t sum = 0;
  for (const UsersList& list : document.lists)
    sum += list.number;
  // Each list is of a server that runs.
  const bool all_listed = document.lists.size() == document.loads.size();
  return all_listed ? document.total_users_number != sum : document.total_users_number < sum;
}

}  // namespace

Contradiction contradiction_of(const Document& document, Parts parts) {
  if (has_duplicate(document)) return Contradiction::duplicate;
  if (has_unknown_server(document)) return Contradiction::unknown_server;
  if (document.active_number != document.loads.size()) return Contradiction::active_number;
  if (has_wrong_users_number(document, parts)) return Contradiction::users_number;
  if (has_wrong_total(document)) return Contradiction::total_number;
  return Contradiction::none;
}

}  // namespace muster::cluster
