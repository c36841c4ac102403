#include "server/load_control/users_notifier.h"

#include <algorithm>
#include <utility>

#include "codec/cluster/write.h"

namespace muster {

void UsersNotifier::add(cluster::Incarnation peer, LinkSubscription subscription) {
  subscribers_.insert_or_assign(peer, Subscriber{std::move(subscription), {}, false, 0, 0});
}

LinkSubscription* UsersNotifier::find(cluster::Incarnation peer) {
  const auto found = subscribers_.find(peer);
  return found == subscribers_.end() ? nullptr : &found->second.subscription;
}

// Who refuses a chunk has no use for the next.
void UsersNotifier::answered(cluster::Incarnation peer, sip::Status status) {
  const auto found = subscribers_.find(peer);
  if (found == subscribers_.end()) return;
  if (!found->second.subscription.answered(status) || !sip::is_success(status)) {
    subscribers_.erase(found);
  }
}

void UsersNotifier::end_all(SubscriptionEnd why) {
  for (auto& [peer, subscriber] : subscribers_)
    subscriber.subscription.end(why);
}

bool UsersNotifier::wants_users() const {
  return std::any_of(subscribers_.begin(), subscribers_.end(), [](const auto& one) {
    return one.second.list == nullptr && one.second.subscription.live();
  });
}

void UsersNotifier::give(std::string server_id, std::vector<cluster::User> users) {
  auto list = std::make_shared<cluster::UsersList>();
  list->server_id = std::move(server_id);
  list->number = static_cast<std::uint32_t>(users.size());
  list->users = std::move(users);
  for (auto& [peer, subscriber] : subscribers_) {
    if (subscriber.list == nullptr) subscriber.list = list;
  }
}

// The list is as long as it was when it was given, whatever the server's number is by now.
std::string UsersNotifier::next_body(Subscriber& subscriber, const cluster::Document& document) {
  std::string body;
  const cluster::UsersList& list = *subscriber.list;
  ++subscriber.version;
  if (subscriber.begun) {
    subscriber.at =
        cluster::write_users(list, subscriber.at, document.entity, subscriber.version, body);
  } else {
    cluster::Document full = document;
    full.lists.assign(1, {document.entity, list.number, {}});
    full.total_users_number = list.number;
    cluster::write_full(full, subscriber.version, body);
    subscriber.begun = true;
    subscriber.at = 0;
  }
  if (subscriber.at == list.users.size()) subscriber.subscription.end(SubscriptionEnd::invariant);
  return body;
}

std::uint64_t UsersNotifier::settle(Instant now, const cluster::Document& document, LinkSips& links,
                                    LinkOutcomes& out) {
  std::uint64_t sent = 0;
  for (auto it = subscribers_.begin(); it != subscribers_.end();) {
    Subscriber& subscriber = it->second;
    LinkSubscription& subscription = subscriber.subscription;
    if (now >= subscription.expires()) subscription.end(SubscriptionEnd::timeout);
    const auto here = it++;
    if (subscription.in_flight() || (subscription.live() && subscriber.list == nullptr)) continue;
    const std::string body = subscription.live() ? next_body(subscriber, document) : std::string();
    std::string& bytes = std::get<SendOnLane>(out.emplace_back(SendOnLane{here->first, {}})).bytes;
    subscription.write_notify(now, links.at(here->first), body, bytes);
    ++sent;
    if (!subscription.live()) subscribers_.erase(here);
  }
  return sent;
}

std::optional<Instant> UsersNotifier::next_deadline() const {
  std::optional<Instant> next;
  for (const auto& [peer, subscriber] : subscribers_) {
    const LinkSubscription& subscription = subscriber.subscription;
    if (!subscription.live()) continue;
    next = next ? std::min(*next, subscription.expires()) : subscription.expires();
  }
  return next;
}

}  // namespace muster
