// What the command lines of musterd and muster have in common: CLI11 parses them, and what is wrong
// is said in our words: which command, what was found, what is allowed, what may have been meant.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "app/command_line/command_tree.h"
#include "app/command_line/exit_codes.h"

namespace muster {

// The program's name, its version, and what all commands share. Options are not abbreviated.
void set_up(CLI::App& app);

// A command below `app`, which is parsed to its end (no fall-back to options of `app`).
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& about);

// `completion SHELL`; the shell is left in `shell`.
void add_completion(CLI::App& app, std::string& shell);

// Nothing: go on. Else the program is over, with this exit code: help or the version was shown, or
// what is wrong with the command line.
std::optional<int> parse(CLI::App& app, int argc, char** argv);

// For what is found to be wrong after it was parsed; the exit code.
int complain(const CLI::App& app, const std::string& what);

CommandTree tree_of(const CLI::App& app);

// An option or argument whose value is one of a few words; help and completion show them.
void take_one_of(CLI::Option& option, const std::vector<std::string>& words);

}  // namespace muster
