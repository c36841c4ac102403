// The command line of musterd: what it was told to do, checked.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "app/config/config.h"

namespace muster {

// Where the server says that it is ready, for programs that wait for it: a descriptor it is given.
// -1: nowhere.
using ReadyFd = int;

struct DevCommand {
  Config config;
  bool data_given = false;  // else a folder is made, and removed at the end
  ReadyFd ready_fd = -1;
};
struct RunCommand {
  std::string config_path;
  bool check_only = false;
  std::string record_to;  // empty: nowhere
  ReadyFd ready_fd = -1;
};
// The script to print.
struct CompletionCommand {
  std::string script;
};
using MusterdCommand = std::variant<DevCommand, RunCommand, CompletionCommand>;

// Or the exit code, after help was shown or something wrong was said.
std::variant<MusterdCommand, int> parse_musterd(int argc, char** argv);

}  // namespace muster
