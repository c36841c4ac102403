#include "codec/sip/methods.h"

#include <array>

namespace muster::sip {
namespace {

constexpr std::array<std::string_view, 15> kTexts = {
    "INVITE",  "ACK",     "BYE",  "CANCEL", "OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY",
    "PUBLISH", "MESSAGE", "INFO", "PRACK",  "REFER",   "UPDATE",   ""};
static_assert(kTexts.size() == static_cast<std::size_t>(Method::other) + 1);

}  // namespace

Method find_method(std::string_view text) {
  for (std::size_t i = 0; i + 1 < kTexts.size(); ++i) {
    if (text == kTexts[i]) return static_cast<Method>(i);
  }
  return Method::other;
}

std::string_view text_of(Method method) {
  return kTexts[static_cast<std::size_t>(method)];
}

}  // namespace muster::sip
