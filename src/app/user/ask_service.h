// A question to a service, and its answer or why there is none, as one line for the operator.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "app/user/service_door.h"
#include "base/result.h"

namespace muster {

std::string text_of(ControlRefused::Why why, const ControlRequest& request);

// What is answered, if it is an `Answer`.
template <class Answer>
Result<Answer, std::string> ask(ServiceDoor& door, const ControlRequest& request) {
  auto reply = door.ask(request);
  if (!reply) return Failure{std::move(reply.error())};
  if (const auto* refused = std::get_if<ControlRefused>(&*reply)) {
    return Failure{text_of(refused->why, request)};
  }
  if (auto* answer = std::get_if<Answer>(&*reply)) return std::move(*answer);
  return Failure{std::string("the server answers what was not asked")};
}

}  // namespace muster
