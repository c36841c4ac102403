#include "sim/agents/messenger_session.h"

#include "base/ascii.h"

namespace muster::sim {

bool MessengerSession::acknowledge(std::uint32_t handled) {
  const std::uint32_t done = handled - acknowledged_;
  if (done > unhandled_.size()) return false;
  unhandled_.erase(unhandled_.begin(), unhandled_.begin() + done);
  acknowledged_ = handled;
  return true;
}

std::string MessengerSession::number_message(const Address& to) {
  return "sm-" + session_ + "-" + std::to_string(++numbers_[to]);
}

std::optional<std::string> MessengerSession::check_message(const xml::Element& message,
                                                           bool gets_all) {
  const std::string_view name = message.attribute("id").value_or("");
  const std::size_t dash = name.rfind('-');
  if (!name.starts_with("sm-") || dash <= 2) return std::nullopt;
  if (message.child("delay", "urn:xmpp:delay")) return std::nullopt;
  const auto number = parse_number<std::uint32_t>(name.substr(dash + 1));
  const auto [last, first] = heard_.try_emplace(std::string(name.substr(0, dash)), *number);
  if (first) return std::nullopt;
  const std::uint32_t expected = last->second + 1;
  last->second = *number;
  if (*number == expected || (*number > expected && !gets_all)) return std::nullopt;
  return "message " + std::string(name) + " came " +
         (*number < expected ? "twice" : "after one that is lost") + ", in one session";
}

}  // namespace muster::sim
