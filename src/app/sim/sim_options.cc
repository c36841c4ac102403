#include "app/sim/sim_options.h"

#include <random>
#include <thread>

#include "sim/random_streams.h"

namespace muster {
namespace {

CLI::Validator seed() {
  const auto check = [](const std::string& found) -> std::string {
    if (sim::parse_seed(found)) return {};
    return "\"" + found + "\" is no seed: a number below 2^64 or a git hash is";
  };
  return CLI::Validator(check, "");
}

}  // namespace

CLI::App* add_sim_command(CLI::App& app, SimWords& words) {
  CLI::App* sim = add_command(
      app, "sim", "Run the service in a simulated world, under faults drawn from a seed");
  sim->add_option("--seed", words.seed, "The seed, or the first of several (drawn, if not given)")
      ->check(seed())
      ->type_name("NUMBER|HASH");
  auto* seeds = sim->add_option("--seeds", words.seeds, "How many seeds, one after the other")
                    ->check(CLI::PositiveNumber)
                    ->type_name("NUMBER");
  sim->add_option("--hours", words.hours, "Go on for so long")
      ->check(CLI::PositiveNumber)
      ->excludes(seeds)
      ->type_name("HOURS");
  sim->add_option("--jobs", words.jobs, "In how many processes (one for each core)")
      ->check(CLI::PositiveNumber)
      ->type_name("NUMBER");
  sim->add_flag("--twice", words.twice, "Run each seed twice and compare the digests");
  sim->add_option("--events", words.events, "How many of the last events to tell of a failure (60)")
      ->type_name("NUMBER");
  sim->footer(
      "Exit codes: 0 all was right, 3 the server crashed, 4 something was wrong,\n"
      "5 something was stuck, 6 a seed was not the same twice. Of a replay: 0 all orders were\n"
      "the same, 3 they were not, 2 it is no recording.");
  return sim;
}

SimCommand sim_command_of(const SimWords& words) {
  SimCommand command;
  command.seed = words.seed.empty() ? std::random_device()() : *sim::parse_seed(words.seed);
  command.seeds = words.seeds;
  command.hours = words.hours;
  command.jobs = words.jobs != 0 ? words.jobs : std::max(1U, std::thread::hardware_concurrency());
  command.twice = words.twice;
  command.events = words.events;
  return command;
}

}  // namespace muster
