#include "server/events.h"

#include <memory>

namespace muster {

Event::Event(const Event& other) = default;
Event::Event(Event&& other) noexcept = default;
Event::~Event() = default;

// By what is there already: the variant's own are as much code again, for each alternative.
Event& Event::operator=(const Event& other) {
  return *this = Event(other);
}
Event& Event::operator=(Event&& other) noexcept {
  if (this == &other) return *this;
  std::destroy_at(this);
  return *std::construct_at(this, std::move(other));
}

}  // namespace muster
