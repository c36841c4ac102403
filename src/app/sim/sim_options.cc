#include "app/sim/sim_options.h"

#include <algorithm>
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

// CLI::Range lets through what is no number.
CLI::Validator patience() {
  const auto check = [](const std::string& found) -> std::string {
    double seconds = 0;
    const bool reads = CLI::detail::lexical_cast(found, seconds);
    if (reads && seconds >= kPatienceLeastSeconds && seconds <= kPatienceMostSeconds) return {};
    return "\"" + found + "\" is not from 0.001 to 86400 seconds";
  };
  return CLI::Validator(check, "");
}

constexpr std::string_view kList = "list";

std::vector<std::string> plant_names() {
  std::vector<std::string> names;
  for (const Plant& plant : kPlants)
    names.emplace_back(plant.name);
  return names;
}

const Plant& plant_of(std::string_view name) {
  return *std::find_if(kPlants.begin(), kPlants.end(),
                       [&](const Plant& plant) { return plant.name == name; });
}

ProveCommand prove_command_of(const SimWords& words, std::uint32_t jobs) {
  ProveCommand command;
  command.jobs = jobs;
  if (!words.seed.empty()) command.seed = *sim::parse_seed(words.seed);
  if (words.seeds != 0) command.seeds = words.seeds;
  for (const std::string& name : words.to_prove)
    command.plants.push_back(plant_of(name));
  if (command.plants.empty()) command.plants.assign(kPlants.begin(), kPlants.end());
  return command;
}

// A fault that is planted on purpose, and what shows that it would be noticed.
void add_plant_options(CLI::App& sim, SimWords& words) {
  std::vector<std::string> names = plant_names();
  auto* prove = sim.add_flag("--prove", words.prove,
                             "Show that each fault that can be planted is caught within 200 seeds");
  auto* to_prove = sim.add_option("NAME", words.to_prove, "Which of them (all)");
  take_one_of(*to_prove, names);
  to_prove->needs(prove);
  names.emplace_back(kList);
  auto* plant =
      sim.add_option("--plant", words.plant, "Plant a fault into the servers (or list all)");
  take_one_of(*plant, names);
  for (const char* option : {"--hours", "--twice", "--events", "--patience", "--plant"})
    prove->excludes(sim.get_option(option));
}

}  // namespace

CLI::App* add_sim_command(CLI::App& app, SimWords& words) {
  CLI::App* sim = add_command(
      app, "sim", "Run the service in a simulated world, under faults drawn from a seed");
  sim->add_option("--seed", words.seed, "The seed, or the first of several (drawn, if not given)")
      ->check(seed())
      ->type_name("NUMBER|HASH");
  auto* seeds = sim->add_option("--seeds", words.seeds, "How many seeds, one after the other (1)")
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
  sim->add_option("--patience", words.patience,
                  "Real seconds after which a seed is taken to be stuck (300)")
      ->check(patience())
      ->type_name("SECONDS");
  add_plant_options(*sim, words);
  sim->footer(
      "Exit codes: 0 all was right, 3 the server crashed, 4 something was wrong,\n"
      "5 something was stuck, 6 a seed was not the same twice. Of --prove: 0 all faults were\n"
      "caught, and without one there was no alarm; else 4. Of a replay: 0 all orders were the\n"
      "same, 3 they were not, 2 it is no recording.");
  return sim;
}

std::variant<SimCommand, ProveCommand, ListPlants> sim_command_of(const SimWords& words) {
  const std::uint32_t jobs =
      words.jobs != 0 ? words.jobs : std::max(1U, std::thread::hardware_concurrency());
  if (words.prove) return prove_command_of(words, jobs);
  if (words.plant == kList) return ListPlants{};
  SimCommand command;
  command.seed = words.seed.empty() ? std::random_device()() : *sim::parse_seed(words.seed);
  command.seeds = words.seeds != 0 ? words.seeds : 1;
  command.hours = words.hours;
  command.jobs = jobs;
  if (!words.plant.empty()) command.planted = plant_of(words.plant).planted;
  command.twice = words.twice;
  command.events = words.events;
  command.patience = words.patience;
  return command;
}

}  // namespace muster
