#include "server/load_control/document_watchers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "codec/cluster/write.h"
#include "server/load_control/subscription_rows.h"

namespace muster {
namespace {

// Without the users themselves.
SharedText text_of(cluster::Document document) {
  for (cluster::UsersList& list : document.lists)
    list.users.clear();
  std::string text;
  cluster::write(document, text);
  return share(std::move(text));
}

}  // namespace

void DocumentWatchers::on(Now now, const ClusterWatched& watched, const Seen& seen, Outbox& out) {
  using What = ClusterWatched::What;
  const WatchId& watch = watched.watch;
  if (watched.what == What::ended) {
    own_.watches.erase(watch);
    service_.watches.erase(watch);
    return;
  }
  const bool is_new = watched.what != What::refreshed;
  const bool own = is_new ? watched.own : own_.watches.count(watch) > 0;
  const cluster::Document* document = own ? seen.own : seen.service;
  const std::size_t all = own_.watches.size() + service_.watches.size();
  if (document == nullptr || (is_new && all >= kWatchersMax)) {
    own_.watches.erase(watch);
    service_.watches.erase(watch);
    return out.emit(watch.shard, WatchDecided{watch, WatchState::too_many, nullptr});
  }
  Kind& kind = own ? own_ : service_;
  const SharedText text = text_of(*document);
  if (kind.watches.empty()) kind.told = text;
  if (watched.what == What::begun) {
    if (all == 0) next_ = now.instant + interval();
    kind.watches.insert(watch);
  }
  out.emit(watch.shard, WatchDecided{watch, WatchState::active, text});
}

void DocumentWatchers::wake(Now now, const Seen& seen, Outbox& out) {
  if (!next_deadline() || now.instant < next_) return;
  next_ = now.instant + interval();
  tell_changes(own_, seen.own, out);
  tell_changes(service_, seen.service, out);
}

void DocumentWatchers::tell_changes(Kind& kind, const cluster::Document* document,
                                    Outbox& out) const {
  if (kind.watches.empty() || document == nullptr) return;
  SharedText text = text_of(*document);
  if (*text == *kind.told) return;
  kind.told = std::move(text);
  std::vector<std::vector<WatchId>> by_shard(shard_.shards);
  for (const WatchId& watch : kind.watches)
    by_shard[watch.shard.number()].push_back(watch);
  for (std::uint8_t shard = 0; shard < shard_.shards; ++shard) {
    if (by_shard[shard].empty()) continue;
    out.emit(ShardId(shard), WatchesNotified{kind.told, std::move(by_shard[shard])});
  }
}

std::optional<Instant> DocumentWatchers::next_deadline() const {
  if (own_.watches.empty() && service_.watches.empty()) return std::nullopt;
  return next_;
}

Duration DocumentWatchers::interval() const {
  return std::max(shard_.settings.limits.notify_interval_min, kCoalescingWindow);
}

}  // namespace muster
