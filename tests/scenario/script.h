// A scenario as it is written (docs/scenarios.md): statements, one a line, and what stands indented
// below a statement, which belongs to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::testing {

struct Statement {
  std::size_t line = 0;  // of the file, from 1
  std::vector<std::string> words;
  std::string payload;  // without its indentation; empty if there is none
};

struct Script {
  std::string title;
  std::vector<Statement> statements;
};

// Throws std::runtime_error, which names the line, where the text is no scenario.
Script parse_script(std::string_view text);

}  // namespace muster::testing
