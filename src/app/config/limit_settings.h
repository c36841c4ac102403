// Which limit of server/settings.h each key of [limits] sets, and how far it may be set: below the
// least a service cannot work, or would break a specification; above the most, code that has limits
// of its own would be at those first. A limit without a key here does not build.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "server/settings.h"

namespace muster {

// Where nothing else bounds a limit: so much that it is none, and no sum of such overflows.
inline constexpr std::uint64_t kCountMax = 1'000'000'000;
inline constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 30;

struct LimitSetting {
  std::string_view key;  // the name of the field
  std::variant<std::uint32_t Limits::*, Duration Limits::*> field;
  // Microseconds of a duration; else what the key counts, bytes if it says so.
  std::uint64_t least = 1;
  std::uint64_t most = 0;

  bool is_duration() const { return field.index() == 1; }
  bool is_size() const { return key.find("_bytes_") != std::string_view::npos; }

  std::uint64_t get(const Limits& limits) const;
  void set(Limits& limits, std::uint64_t value) const;
  // With its unit, as it is written in a file: "60 s", "256 KiB", 20.
  std::string text(std::uint64_t value) const;
};

std::span<const LimitSetting> limit_settings();

}  // namespace muster
