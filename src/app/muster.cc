// muster: operates a presence service, and simulates one.

#include "app/cluster/cluster_commands.h"
#include "app/command_line/standard_streams.h"
#include "app/sim/prove_command.h"
#include "app/sim/sim_command.h"
#include "app/user/user_commands.h"

int main(int argc, char** argv) {
  muster::hold_standard_streams();
  const auto parsed = muster::parse_muster(argc, argv);
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  const auto& command = std::get<muster::MusterCommand>(parsed);
  if (const auto* completion = std::get_if<muster::PrintCompletion>(&command)) {
    return muster::print("muster", completion->script);
  }
  if (const auto* sim = std::get_if<muster::SimCommand>(&command)) return muster::carry_out(*sim);
  if (const auto* prove = std::get_if<muster::ProveCommand>(&command)) {
    return muster::carry_out(*prove);
  }
  if (const auto* list = std::get_if<muster::ListPlants>(&command)) {
    return muster::carry_out(*list);
  }
  if (const auto* replay = std::get_if<muster::ReplayCommand>(&command)) {
    return muster::carry_out(*replay);
  }
  if (const auto* cluster = std::get_if<muster::ClusterCommand>(&command)) {
    return muster::carry_out(*cluster);
  }
  return muster::carry_out(std::get<muster::UserCommand>(command));
}
