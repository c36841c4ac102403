// Shell completion, made of the tree of commands: what each shell is to read so that Tab offers
// commands, options with what they are about, and values where they are known.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/command_line/command_tree.h"

namespace muster {

// "bash", "zsh", "fish".
const std::vector<std::string>& completion_shells();

// The script for one of them; it defines completion for the program that `tree` names.
std::string completion_script(const CommandTree& tree, std::string_view shell);

}  // namespace muster
