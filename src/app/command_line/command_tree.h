// What a program can be told on its command line, as data: from it shell completion is made, and
// what somebody who mistyped may have meant is found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

struct CommandTree {
  enum class Takes : std::uint8_t { nothing, text, file, folder, word };
  struct Option {
    std::vector<std::string> names;  // with their dashes
    std::string about;
    Takes takes = Takes::nothing;
    std::vector<std::string> words;  // of Takes::word
  };
  // What stands without a name in front, in order.
  struct Argument {
    std::string name;
    std::vector<std::string> words;  // empty: any text
  };

  std::string name;
  std::string about;
  std::vector<Option> options;
  std::vector<Argument> arguments;
  std::vector<CommandTree> commands;
};

}  // namespace muster
