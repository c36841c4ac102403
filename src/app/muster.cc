// muster: operates a presence service.

#include <cstdio>

#include "app/command_line/exit_codes.h"
#include "app/user/user_commands.h"

int main(int argc, char** argv) {
  const auto parsed = muster::parse_muster(argc, argv);
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  const auto& command = std::get<muster::MusterCommand>(parsed);
  if (const auto* completion = std::get_if<muster::PrintCompletion>(&command)) {
    return std::fputs(completion->script.c_str(), stdout) < 0 ? muster::kRefused : muster::kDone;
  }
  return muster::carry_out(std::get<muster::UserCommand>(command));
}
