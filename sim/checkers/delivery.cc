#include "sim/checkers/delivery.h"

namespace muster::sim {

void Delivery::happened(const Happened& fact) {
  if (const auto* sent = std::get_if<SentMessage>(&fact.what); sent != nullptr && is_calm()) {
    unread_.insert_or_assign(sent->text, Written{fact.agent, fact.at, sent->to});
  } else if (const auto* heard = std::get_if<HeardMessage>(&fact.what)) {
    read_.push_back({fact.agent, heard->text});
  } else if (const auto* returned = std::get_if<MessageReturned>(&fact.what)) {
    unread_.erase(returned->text);
  } else if (std::holds_alternative<WasSentOn>(fact.what)) {
    std::erase_if(unread_, [&](const auto& unread) {
      return unread.second.by == fact.agent && fact.at <= unread.second.at + kOnItsWayFor;
    });
  }
}

void Delivery::at_step(const View& view) {
  for (const auto& [by, text] : read_) {
    const auto unread = unread_.find(text);
    if (unread == unread_.end()) continue;
    if (view.crowd.agent(by).identity().account == unread->second.to) unread_.erase(unread);
  }
  read_.clear();
}

void Delivery::at_rest(const View& view) {
  for (const auto& [text, written] : unread_) {
    wrong(view.now(), "what " + view.crowd.agent(written.by).identity().account.text() +
                          " wrote to " + written.to.text() + " was lost: " + text);
  }
  unread_.clear();
  CalmChecker::at_rest(view);
}

}  // namespace muster::sim
