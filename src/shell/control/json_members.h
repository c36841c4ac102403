// What the lines of the control socket are read with (control_wire.h): JSON, member by member.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "codec/address/jid.h"
#include "model/address.h"
#include "shell/control/control_requests.h"
#include "shell/crypto.h"

namespace muster::control {

using Json = nlohmann::json;

// The names of an enumeration's values, in their order.
template <class Enum, std::size_t kCount>
std::string_view name_in(const std::array<std::string_view, kCount>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}
template <class Enum, std::size_t kCount>
std::optional<Enum> value_in(const std::array<std::string_view, kCount>& names,
                             std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

// Members of an object. What is absent, of another type or out of range is noted; the value is then
// not to be used.
class Members {
 public:
  explicit Members(const Json& object) : object_(object), ok_(object.is_object()) {}

  bool ok() const { return ok_; }
  bool has(const char* name) const { return ok_ && object_.contains(name); }

  const Json& at(const char* name) {
    static const Json kNothing;
    if (has(name)) return object_.at(name);
    ok_ = false;
    return kNothing;
  }
  std::string text(const char* name) {
    const Json& value = at(name);
    return good(value.is_string()) ? value.get<std::string>() : std::string();
  }
  bool flag(const char* name) {
    const Json& value = at(name);
    return good(value.is_boolean()) && value.get<bool>();
  }
  std::uint64_t long_number(const char* name) {
    const Json& value = at(name);
    return good(value.is_number_unsigned()) ? value.get<std::uint64_t>() : 0;
  }
  std::uint32_t number(const char* name) {
    const std::uint64_t value = long_number(name);
    return good(value <= ~std::uint32_t{0}) ? static_cast<std::uint32_t>(value) : 0;
  }
  // A bare address.
  Address address(const char* name) {
    auto address = parse_jid(text(name));
    if (!good(address.ok() && !address->has_resource())) return {};
    return std::move(address).value();
  }
  template <class Enum, std::size_t kCount>
  Enum one_of(const char* name, const std::array<std::string_view, kCount>& names) {
    const auto value = value_in<Enum>(names, text(name));
    return good(value.has_value()) ? *value : Enum{};
  }
  WatcherPolicy policy(const char* name) {
    const auto policy = watcher_policy(text(name));
    return good(policy.has_value()) ? *policy : WatcherPolicy{};
  }
  template <std::size_t kBytes>
  DigestBytes<kBytes> digest(const char* name) {
    DigestBytes<kBytes> digest{};
    const auto bytes = from_base64(text(name));
    if (good(bytes && bytes->size() == kBytes))
      std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
  }
  bool good(bool so) {
    ok_ = ok_ && so;
    return ok_;
  }

 private:
  const Json& object_;
  bool ok_;
};

}  // namespace muster::control
