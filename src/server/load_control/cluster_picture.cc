#include "server/load_control/cluster_picture.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "model/cluster/sorted.h"

namespace muster {
namespace {

using cluster::Document;
using cluster::ServerEndpoint;
using cluster::ServerLoad;
using cluster::UsersList;

// Where the endpoints of a server stand: they are sorted by it.
auto endpoints_of(std::vector<ServerEndpoint>& all, std::string_view svr_id) {
  const auto begin =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.svr_id == svr_id; });
  const auto end =
      std::find_if(begin, all.end(), [&](const auto& one) { return one.svr_id != svr_id; });
  return std::pair(begin, end);
}

// False if it is that already.
template <class T>
bool put_one(std::vector<T>& all, const T& one) {
  T* const there = cluster::find(all, one.key());
  if (there == nullptr) return cluster::insert(all, one);
  if (*there == one) return false;
  *there = one;
  return true;
}

}  // namespace

ClusterPicture::ClusterPicture(Document before, const cluster::Limits& limits)
    : limits_(limits), document_(std::move(before)) {
  count();
}

ClusterPicture::Put ClusterPicture::put(const Document& own, bool takes_users) {
  const ServerLoad& load = own.loads[0];
  const std::uint32_t number = own.lists[0].number;
  const bool is_new = cluster::find(document_.loads, load.svr_id) == nullptr;
  if (is_new && document_.loads.size() >= limits_.servers_max) return Put::no_room;
  const UsersList* const list = cluster::find(document_.lists, load.svr_id);
  const std::uint32_t others = document_.total_users_number - (list != nullptr ? list->number : 0);
  if (number > std::numeric_limits<std::uint32_t>::max() - others) return Put::no_room;
  bool changed = put_one(document_.loads, load);
  changed |= put_one(document_.lists, UsersList{load.svr_id, number, {}});
  std::vector<ServerEndpoint> endpoints = own.endpoints;
  for (ServerEndpoint& endpoint : endpoints)
    endpoint.open = endpoint.open && takes_users;
  const auto [begin, end] = endpoints_of(document_.endpoints, load.svr_id);
  if (!std::equal(begin, end, endpoints.begin(), endpoints.end())) {
    document_.endpoints.erase(begin, end);
    for (ServerEndpoint& endpoint : endpoints)
      cluster::insert(document_.endpoints, std::move(endpoint));
    changed = true;
  }
  if (changed) count();
  return changed ? Put::changed : Put::same;
}

bool ClusterPicture::set_open(std::string_view svr_id, bool takes_users) {
  bool changed = false;
  const auto [begin, end] = endpoints_of(document_.endpoints, svr_id);
  for (auto it = begin; it != end; ++it)
    changed |= std::exchange(it->open, takes_users) != takes_users;
  return changed;
}

bool ClusterPicture::take_out(std::string_view svr_id) {
  if (!cluster::erase(document_.loads, svr_id)) return false;
  cluster::erase(document_.lists, svr_id);
  const auto [begin, end] = endpoints_of(document_.endpoints, svr_id);
  document_.endpoints.erase(begin, end);
  count();
  return true;
}

bool ClusterPicture::set_candidates(std::vector<std::string> candidates) {
  candidates.resize(std::min(candidates.size(), limits_.candidates_max));
  if (candidates == document_.candidates) return false;
  document_.candidates = std::move(candidates);
  return true;
}

bool ClusterPicture::set_epoch(cluster::Epoch epoch) {
  return std::exchange(document_.epoch, epoch) != epoch;
}

void ClusterPicture::next_version() {
  document_.version = cluster::DocVersion(document_.version.number() + 1);
}

void ClusterPicture::count() {
  document_.active_number = static_cast<std::uint32_t>(document_.loads.size());
  document_.total_users_number = 0;
  for (const UsersList& list : document_.lists)
    document_.total_users_number += list.number;
}

}  // namespace muster
