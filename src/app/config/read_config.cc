#include "app/config/read_config.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <tuple>

#include "app/config/config_reader.h"
#include "shell/fd.h"

namespace muster {
namespace {

Result<std::string, ConfigErrors> content_of(const std::string& path) {
  const auto failed = [](const std::string& why) {
    return Failure{ConfigErrors{{0, 0, "cannot be read: " + why}}};
  };
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return failed(std::strerror(errno));
  std::string text(kConfigBytesMax + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t bytes = ::read(fd.get(), text.data() + size, text.size() - size);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return failed(std::strerror(errno));
    if (bytes == 0) break;
    size += static_cast<std::size_t>(bytes);
  }
  if (size > kConfigBytesMax) {
    return failed("it has more than " + std::to_string(kConfigBytesMax) + " bytes");
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<Config, ConfigErrors> parse_config(std::string_view text, const std::string& folder,
                                          Certificates certificates) {
  ConfigReader reader(folder, certificates);
  Config config = reader.read(text);
  ConfigErrors errors = reader.take_errors();
  if (errors.empty()) return config;
  std::stable_sort(errors.begin(), errors.end(), [](const ConfigError& a, const ConfigError& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return Failure{std::move(errors)};
}

Result<Config, ConfigErrors> read_config(const std::string& path, Certificates certificates) {
  auto text = content_of(path);
  if (!text) return Failure{std::move(text.error())};
  return parse_config(*text, std::filesystem::absolute(path).parent_path().string(), certificates);
}

std::string config_errors_text(const std::string& path, const ConfigErrors& errors) {
  std::string text;
  for (const ConfigError& error : errors) {
    text += path;
    if (error.line != 0) {
      text += ":" + std::to_string(error.line) + ":" + std::to_string(error.column);
    }
    text += ": " + error.text + "\n";
  }
  return text;
}

}  // namespace muster
