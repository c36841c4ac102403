// Which number or time of server/load_settings.h each key of [load] sets, and how far it may be
// set. What one of them may be beside another, broken_rule_of() says.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "server/load_settings.h"

namespace muster {

struct LoadSetting {
  using Load = cluster::LoadSettings;

  std::string_view key;  // the name of the field
  std::variant<std::uint32_t Load::*, Duration Load::*> field;
  std::uint64_t least = 1;  // of a time milliseconds
  std::uint64_t most = 0;

  bool is_duration() const { return field.index() == 1; }
  std::uint64_t get(const Load& load) const;
  void set(Load& load, std::uint64_t value) const;
  // As it is written in a file: "60 s", 20.
  std::string text(std::uint64_t value) const;
};

// All but `index`, `policy` and `max_level`, which are no plain numbers.
std::span<const LoadSetting> load_settings();

}  // namespace muster
