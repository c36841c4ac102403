#include "sim/checkers/order.h"

#include <utility>

namespace muster::sim {

void Ordering::happened(const Happened& fact) {
  if (const auto* went = std::get_if<WentOnline>(&fact.what)) {
    if (went->as.has_resource()) {
      sessions_.emplace(went->as.to_bare(), std::string(went->as.resource()));
    }
  } else if (const auto* showed = std::get_if<ShowedItself>(&fact.what)) {
    for (const auto& [resource, shown] : showed->picture)
      shown_.try_emplace(shown, shown_.size() + 1);
  } else if (const auto* saw = std::get_if<SawPicture>(&fact.what)) {
    look_at(fact, *saw);
  } else if (std::holds_alternative<ForgotPictures>(fact.what)) {
    seen_.erase(fact.agent);
  } else if (const auto* sent = std::get_if<SentMessage>(&fact.what)) {
    sent_.emplace(sent->text, lives_);
  } else if (const auto* heard = std::get_if<HeardMessage>(&fact.what)) {
    look_at_message(fact, *heard);
  }
}

void Ordering::at_step(const View& view) {
  lives_ = 0;
  for (std::size_t i = 0; i < view.world.server_count(); ++i)
    lives_ += view.world.server(i).incarnation();
}

void Ordering::look_at_message(const Happened& fact, const HeardMessage& heard) {
  const auto sent = sent_.find(heard.text);
  if (sent == sent_.end()) {
    return wrong(fact.at, "a message is heard that nobody sent: " + heard.text);
  }
  const auto [first, news] = heard_.emplace(std::pair(fact.agent, heard.text), fact.at);
  const bool forgot = sent->second != lives_ || fact.at - first->second >= kRemembered;
  if (!news && !forgot) wrong(fact.at, "a message is heard twice: " + heard.text);
}

void Ordering::look_at(const Happened& fact, const SawPicture& saw) {
  auto& seen = seen_[fact.agent];
  for (const auto& [resource, shown] : saw.picture) {
    // A phone that is registered and publishes nothing shows nothing of its own.
    if (shown == Shown()) continue;
    const auto what = shown_.find(shown);
    const std::string whose = saw.presentity.text() + "/" + resource;
    if (what == shown_.end()) {
      wrong(fact.at, "nobody showed what is seen of " + whose + ": " + to_text({{"", shown}}));
      continue;
    }
    const Resource of(saw.presentity, resource);
    if (!sessions_.contains(of)) continue;
    std::uint64_t& last = seen[of];
    if (what->second < last) {
      wrong(fact.at, "what is seen of " + whose +
                         " is older than what was seen before: " + to_text({{"", shown}}));
    }
    last = what->second;
  }
}

}  // namespace muster::sim
