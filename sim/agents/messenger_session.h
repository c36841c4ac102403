// A messenger's end of stream management (XEP-0198): what it sent and is not known to be handled,
// what it handled, and a check of the promise that is made to it. While a session goes on, over
// however many links, each message of a sender whose session goes on comes once, and none is lost:
// the senders number them. Messages that were to reach another session first are not counted.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "codec/xml/element.h"
#include "model/address.h"

namespace muster::sim {

class MessengerSession {
 public:
  explicit MessengerSession(std::string session) : session_(std::move(session)) {}

  std::string id;  // to resume with; empty until it is enabled

  // Its number.
  std::uint32_t sent(std::string stanza) {
    unhandled_.push_back(std::move(stanza));
    return acknowledged_ + static_cast<std::uint32_t>(unhandled_.size());
  }
  // False if it is no number that the server can have come to.
  [[nodiscard]] bool acknowledge(std::uint32_t handled);
  const std::deque<std::string>& unhandled() const { return unhandled_; }

  void took_stanza() { ++handled_; }
  std::uint32_t handled() const { return handled_; }

  // For the next message to `to`.
  std::string number_message(const Address& to);
  // What is wrong with it; nothing if it is the next one, or the first of its sender's, or if some
  // may have gone to another messenger of its user.
  std::optional<std::string> check_message(const xml::Element& message, bool gets_all);

 private:
  std::string session_;
  std::deque<std::string> unhandled_;
  std::uint32_t acknowledged_ = 0;
  std::uint32_t handled_ = 0;
  std::map<Address, std::uint32_t> numbers_;
  std::map<std::string, std::uint32_t, std::less<>> heard_;  // by session of the sender
};

}  // namespace muster::sim
