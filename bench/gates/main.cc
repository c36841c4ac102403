// gates: measures what musterd costs against the gates that docs/benchmarks.md explains.
//
//   gates [--rounds N] [--only NAME] [--smoke] [--musterd PATH] [--work FOLDER]
//
// The measurements take turns, so that a disturbance of the machine does not fall on one alone.

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "failing.h"
#include "runs.h"

namespace gates {
namespace {

struct Row {
  const char* figure;
  const char* unit;
  double gate;  // 0: none, for information
};
constexpr Row kRows[] = {
    {"base", "MB Pss, no session", 0},
    {"memory", "KB per idle session", 3},
    {"memory with contacts", "KB per idle session, 20 contacts", 0},
    {"memory over TLS", "KB per idle session", 18},
    {"login", "us CPU", 100},
    {"login with contacts", "us CPU, 20 contacts", 0},
    {"login over TLS", "us CPU, with the handshake", 0},
    {"presence", "us CPU per delivered stanza", 2},
    {"subscribe", "us CPU with its NOTIFY", 15},
    {"notify", "us CPU per NOTIFY and 200", 6},
    {"notify by publish", "us CPU per NOTIFY and 200", 0},
    {"moving", "s for all users of a server that drains", 25},
    {"moving, presence p99", "ms until others hear of a change meanwhile", 50},
    {"moving, presence max", "ms, the same", 0},
    {"moved user", "us CPU of both servers, with the login", 0},
    {"recruiting", "ms from landing where all are full until served by the candidate", 300},
    {"main loss", "s until another server is main", 3},
    {"relay", "us CPU of who relays, per stanza at full load", 3},
    {"relay, one a write", "us CPU, the same, each session with one on its way", 0},
    {"floor", "us CPU per NOTIFY and 200, without any protocol", 0},
    {"noise", "ms for the same work each time", 0},
};

struct Run {
  const char* name;
  Figures (*measure)(const Setting&);
};
constexpr Run kRuns[] = {
    {"sessions", measure_sessions},
    {"sessions-with-contacts", measure_sessions_with_contacts},
    {"tls-sessions", measure_tls_sessions},
    {"presence", measure_presence},
    {"subscribe", measure_subscribe},
    {"notify", measure_notify},
    {"notify-by-publish", measure_notify_by_publish},
    {"moving", measure_moving},
    {"recruiting", measure_recruiting},
    {"main-loss", measure_main_loss},
    {"relay", measure_relay},
    {"floor", measure_floor},
};

struct Command {
  Setting setting;
  std::string work;
  std::string only;
  int rounds = 3;
  bool smoke = false;
};

Command parse(std::span<char*> words) {
  Command command;
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  command.setting.musterd = here / "musterd";
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--smoke") {
      command.smoke = true;
      command.setting.scale = kSmoke;
      command.rounds = 1;
      continue;
    }
    if (i + 1 == words.size()) fail(std::string(word) + " is unknown, or lacks its value");
    const std::string value = words[++i];
    if (word == "--rounds") {
      command.rounds = std::max(1, std::atoi(value.c_str()));
    } else if (word == "--only") {
      command.only = value;
    } else if (word == "--musterd") {
      command.setting.musterd = value;
    } else if (word == "--work") {
      command.work = value;
    } else {
      fail("unknown: " + std::string(word));
    }
  }
  const auto is_meant = [&](const Run& run) { return command.only == run.name; };
  if (!command.only.empty() && std::none_of(std::begin(kRuns), std::end(kRuns), is_meant)) {
    fail("no measurement is named " + command.only);
  }
  return command;
}

// Fixed work of this process: what it takes by its CPU clock is how much the machine disturbs.
double noise_milliseconds() {
  timespec begin{};
  timespec end{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  std::vector<std::uint32_t> table(1 << 20);
  std::uint32_t state = 1;
  for (int i = 0; i < 20'000'000; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    table[state >> 12] += state;
  }
  const std::uint32_t* volatile seen = table.data();
  static_cast<void>(seen);
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  return static_cast<double>(end.tv_sec - begin.tv_sec) * 1e3 +
         static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e6;
}

// A folder of the caller's is kept, with its accounts, for the next time.
void make_accounts(Command& command) {
  if (command.work.empty()) {
    char name[] = "/tmp/gates-XXXXXX";
    must(::mkdtemp(name) != nullptr, "mkdtemp");
    command.work = name;
  }
  command.setting.data = command.work + "/data";
  const std::string prepared =
      command.work + "/prepared-" + std::to_string(command.setting.scale.sessions);
  if (std::filesystem::exists(prepared)) return;
  std::filesystem::create_directories(command.work);
  std::printf("making accounts in %s\n", command.setting.data.c_str());
  std::fflush(stdout);
  prepare(command.setting);
  std::filesystem::create_directory(prepared);
}

using Table = std::map<std::string, std::vector<double>>;

void measure_all(const Command& command, Table& table) {
  for (int round = 1; round <= command.rounds; ++round) {
    for (const Run& run : kRuns) {
      if (!command.only.empty() && command.only != run.name) continue;
      std::printf("round %d of %d: %s\n", round, command.rounds, run.name);
      std::fflush(stdout);
      table["noise"].push_back(noise_milliseconds());
      for (const Figure& figure : run.measure(command.setting))
        table[figure.name].push_back(figure.value);
    }
  }
}

void print(Table& table) {
  std::printf("\n%-22s %9s %9s %9s %8s\n", "", "min", "median", "max", "gate");
  for (const Row& row : kRows) {
    std::vector<double>& values = table[row.figure];
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    const double median = values[values.size() / 2];
    char gate[16] = "";
    if (row.gate > 0) std::snprintf(gate, sizeof gate, "%.0f", row.gate);
    const char* verdict = row.gate == 0 ? "" : median <= row.gate ? "held" : "MISSED";
    std::printf("%-22s %9.2f %9.2f %9.2f %8s  %-6s %s\n", row.figure, values.front(), median,
                values.back(), gate, verdict, row.unit);
  }
}

void run(std::span<char*> words) {
  Command command = parse(words);
  const bool keep = !command.work.empty();
  make_accounts(command);
  Table table;
  measure_all(command, table);
  if (command.smoke) {
    std::printf("everything arrived\n");
  } else {
    print(table);
  }
  if (!keep) std::filesystem::remove_all(command.work);
}

}  // namespace
}  // namespace gates

int main(int argc, char** argv) {
  gates::run({argv, static_cast<std::size_t>(argc)});
}
