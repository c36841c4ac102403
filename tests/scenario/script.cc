#include "scenario/script.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace muster::testing {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

bool is_indented(const std::string& line) {
  return line.starts_with(' ') || line.starts_with('\t');
}

// An empty line belongs to the payload if the payload goes on behind it.
void add_to_payload(Statement& statement, const std::string& line, std::size_t& blank_lines) {
  constexpr std::size_t kIndentation = 2;
  if (!statement.payload.empty()) {
    statement.payload.append(blank_lines, '\n');
  }
  blank_lines = 0;
  statement.payload += line.substr(std::min(kIndentation, line.find_first_not_of(' '))) + "\n";
}

}  // namespace

Script parse_script(std::string_view text) {
  Script script;
  std::istringstream in{std::string(text)};
  std::size_t number = 0;
  std::size_t blank_lines = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const std::vector<std::string> words = words_of(line);
    if (words.empty()) {
      ++blank_lines;
    } else if (is_indented(line)) {
      if (script.statements.empty()) {
        throw std::runtime_error("line " + std::to_string(number) + ": belongs to no statement");
      }
      add_to_payload(script.statements.back(), line, blank_lines);
    } else if (words.front().starts_with('#')) {
      if (script.title.empty()) script.title = line.substr(line.find_first_not_of("# "));
    } else {
      script.statements.push_back({number, words, {}});
      blank_lines = 0;
    }
  }
  if (script.title.empty()) throw std::runtime_error("line 1: a comment says what is shown");
  if (script.statements.empty()) throw std::runtime_error("it says nothing");
  return script;
}

}  // namespace muster::testing
