#include "shell/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace muster {
namespace {

spdlog::level::level_enum level_of(Log::Level level) {
  switch (level) {
    case Log::Level::debug: return spdlog::level::debug;
    case Log::Level::info: return spdlog::level::info;
    case Log::Level::warning: return spdlog::level::warn;
    case Log::Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string printable(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return clean;
}

// What write_log makes: the whole of a line, or what stands behind its time and level.
LogFormat chosen_format = LogFormat::text;

std::string text_line(const Log& line, std::uint64_t left_out) {
  std::string text(line.what);
  if (!line.who.empty()) text.append(1, ' ').append(printable(line.who));
  if (!line.detail.empty()) text.append(": ").append(printable(line.detail));
  if (left_out != 0) text.append(" (").append(std::to_string(left_out)).append(" left out)");
  return text;
}

// The members behind those that the pattern writes.
std::string json_line(const Log& line, std::uint64_t left_out) {
  nlohmann::ordered_json json = {{"event", line.what}};
  if (!line.who.empty()) json["who"] = printable(line.who);
  if (!line.detail.empty()) json["detail"] = printable(line.detail);
  if (left_out != 0) json["left_out"] = left_out;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace).substr(1);
}

}  // namespace

void open_log(Log::Level least, LogFormat format) {
  chosen_format = format;
  const auto logger = std::make_shared<spdlog::logger>(
      "muster", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  constexpr auto kTime = spdlog::pattern_time_type::utc;
  if (format == LogFormat::json) {
    logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)", kTime);
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", kTime);
  }
  logger->set_level(level_of(least));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(logger);
}

void write_log(const Log& line, std::uint64_t left_out) {
  spdlog::logger& logger = *spdlog::default_logger_raw();
  const auto level = level_of(line.level);
  if (!logger.should_log(level)) return;
  const bool json = chosen_format == LogFormat::json;
  logger.log(level, json ? json_line(line, left_out) : text_line(line, left_out));
}

void BoundedLog::write(Now now, const Log& line) {
  auto event = std::find_if(events_.begin(), events_.end(),
                            [&](const Event& known) { return known.what == line.what; });
  if (event == events_.end()) {
    events_.push_back({line.what, now.instant, 0, 0});
    event = events_.end() - 1;
  }
  if (now.instant - event->second >= Duration::seconds(1)) {
    event->second = now.instant;
    event->lines = 0;
  }
  if (event->lines >= kLinesPerSecondMax) {
    ++event->left_out;
    return;
  }
  ++event->lines;
  write_log(line, std::exchange(event->left_out, 0));
}

}  // namespace muster
