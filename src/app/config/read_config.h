// The configuration file of `musterd run`: TOML 1.0, whose keys config/musterd.toml documents. All
// that is wrong with a file is found at once, each with its place, what was found and what is
// allowed; a file with anything wrong yields no configuration.
//
// Relative paths in a file are relative to its folder. A file larger than kConfigBytesMax is
// refused unread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"
#include "base/result.h"

namespace muster {

inline constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20;

struct ConfigError {
  // From 1, as editors count; 0: about the file as a whole.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string text;
};

// In the order of their places.
using ConfigErrors = std::vector<ConfigError>;

// Whether certificates and keys are opened and checked: for a server, but not for a tool that only
// wants to know which service it is, and may not read them.
enum class Certificates : std::uint8_t { checked, unchecked };

Result<Config, ConfigErrors> read_config(const std::string& path, Certificates certificates);

// The same of a text that is the content of a file in `folder`.
Result<Config, ConfigErrors> parse_config(std::string_view text, const std::string& folder,
                                          Certificates certificates);

// "FILE:LINE:COLUMN: what", a line for each.
std::string config_errors_text(const std::string& path, const ConfigErrors& errors);

}  // namespace muster
