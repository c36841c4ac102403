// The part of ConfigReader that reads single values, and words what is wrong with them.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "app/command_line/near_miss.h"
#include "app/config/config_reader.h"
#include "app/config/quantity.h"

namespace muster {
namespace {

// As much of a value as an error shows.
constexpr std::size_t kShownBytes = 60;
constexpr std::size_t kNamesShown = 10;

// "the integer 60".
std::string found(const toml::node& item) {
  std::string kind;
  switch (item.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "an array";
    case toml::node_type::string: kind = "the string"; break;
    case toml::node_type::integer: kind = "the integer"; break;
    case toml::node_type::floating_point: kind = "the float"; break;
    case toml::node_type::boolean: kind = "the boolean"; break;
    default: kind = "the date or time"; break;
  }
  std::ostringstream shown;
  item.visit([&](const auto& value) { shown << value; });
  std::string text = shown.str();
  if (text.size() > kShownBytes) text.replace(kShownBytes, std::string::npos, "...");
  return kind + " " + text;
}

// Settings that would undo what production is for.
bool is_of_development(std::string_view key) {
  return key == "auto_accounts" || key == "allow_all_watchers" || key == "plain_without_tls" ||
         key == "loopback_sip_trusted";
}

}  // namespace

std::optional<std::string> ConfigReader::path(const Value& value) {
  const auto text = value.item.value_exact<std::string_view>();
  if (!text || text->empty() || text->find('\0') != std::string_view::npos) {
    refuse(value, "a path, absolute or relative to the folder of this file");
    return std::nullopt;
  }
  return (std::filesystem::path(folder_) / *text).lexically_normal().string();
}

void ConfigReader::read_file(const Value& value, Holds what, std::string& into) {
  const auto name = path(value);
  if (!name) return;
  const auto why = certificates_ == Certificates::checked ? why_unfit(*name, what) : std::nullopt;
  if (why) {
    return fail(value.item.source().begin, value.name + ": " + *name + " " + *why);
  }
  into = *name;
}

void ConfigReader::read_any_file(const Value& value, Holds what, std::string& into) {
  const auto text = value.item.value_exact<std::string_view>();
  if (!text || !text->empty()) read_file(value, what, into);
}

void ConfigReader::read_time(const Value& value, Duration least, Duration most, Duration& into) {
  const auto text = value.item.value_exact<std::string_view>();
  const auto time = text ? parse_duration(*text) : std::nullopt;
  if (!time || *time < least || *time > most) {
    return refuse(value, "a time from " + duration_text(least) + " to " + duration_text(most) +
                             " " + std::string(kTimeForm));
  }
  into = *time;
}

std::optional<std::size_t> ConfigReader::choice(const Value& value, const Words& words) {
  const auto text = value.item.value_exact<std::string_view>();
  const auto chosen = text ? std::find(words.begin(), words.end(), *text) : words.end();
  if (chosen != words.end()) return static_cast<std::size_t>(chosen - words.begin());
  std::string allowed;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) allowed += i + 1 == words.size() ? " or " : ", ";
    allowed += "\"" + std::string(words[i]) + "\"";
  }
  refuse(value, allowed);
  return std::nullopt;
}

void ConfigReader::read_flag(const Value& value, bool& into) {
  const auto flag = value.item.value_exact<bool>();
  if (!flag) return refuse(value, "true or false");
  into = *flag;
}

void ConfigReader::refuse(const Value& value, std::string_view allowed) {
  fail(value.item.source().begin,
       fmt::format("{}: found {}; allowed is {}", value.name, found(value.item), allowed));
}

void ConfigReader::refuse_key(const toml::key& key, const std::string& table, const Keys& known) {
  std::vector<std::string_view> names;
  for (const Key& one : known)
    names.push_back(one.name);
  std::string text = "unknown key \"" + std::string(key.str()) + "\"";
  if (!table.empty()) text += " in [" + table + "]";
  if (is_of_development(key.str())) {
    text += "; only `musterd dev` has it, as an option";
  } else {
    text += did_you_mean(key.str(), names);
  }
  if (names.size() > kNamesShown) {
    text += "; config/musterd.toml lists those that there are";
  } else {
    for (std::size_t i = 0; i < names.size(); ++i) {
      text += (i == 0 ? "; allowed are " : ", ") + std::string(names[i]);
    }
  }
  fail(key.source().begin, std::move(text));
}

void ConfigReader::fail(const toml::source_position& at, std::string what) {
  errors_.push_back({at.line, at.column, std::move(what)});
}

}  // namespace muster
