#include "app/user/user_options.h"

#include "app/command_line/addresses.h"
#include "app/command_line/command_line.h"
#include "app/command_line/completion.h"
#include "codec/address/domain.h"
#include "shell/control/control_requests.h"

namespace muster {
namespace {

const std::vector<std::string> kPolicies = {"ask", "mutual", "allow", "deny"};

// --- values --------------------------------------------------------------------------------------

CLI::Validator domain() {
  const auto check = [](const std::string& found) -> std::string {
    std::string scratch;
    const auto canonical = canonical_domain(found, scratch);
    if (canonical) return {};
    return "\"" + found +
           "\" is no domain, as example.com: " + std::string(describe(canonical.error()));
  };
  return CLI::Validator(check, "");
}

// --- commands ------------------------------------------------------------------------------------

// As they stand on the command line, of whichever command it is.
struct Words {
  ServiceChoice service;
  std::string address;
  std::string watcher_allowed;
  std::string watcher_denied;
  std::string policy;
  std::string domain;
  bool password_stdin = false;
  bool generate = false;
  bool sip = false;
  bool no_sip = false;
  bool yes = false;
  bool json = false;
};

CLI::App* add_user_command(CLI::App& user, const std::string& name, const std::string& about,
                           Words& words) {
  CLI::App* command = add_command(user, name, about);
  add_service_options(*command, words.service);
  return command;
}

void add_address(CLI::App& command, Words& words) {
  command.add_option("ADDRESS", words.address, "The account, as alice@example.com")
      ->required()
      ->check(bare_address())
      ->type_name("");
}

void add_password(CLI::App& command, Words& words) {
  auto* from_stdin = command.add_flag("--password-stdin", words.password_stdin,
                                      "Read the password from stdin, one line");
  command.add_flag("--generate", words.generate, "Make a password, and print it")
      ->excludes(from_stdin);
  auto* sip = command.add_flag("--sip", words.sip, "SIP phones may log in too (the default)");
  command
      .add_flag("--no-sip", words.no_sip,
                "They may not: nothing is kept of the password that is quick to try guesses on")
      ->excludes(sip);
  command.footer(
      "Without --password-stdin or --generate the password is asked for on the\n"
      "terminal, twice.");
}

struct Commands {
  CLI::App* add;
  CLI::App* passwd;
  CLI::App* remove;
  CLI::App* list;
  CLI::App* watchers;
  CLI::App* policy;
};

Commands add_user_commands(CLI::App& app, Words& words) {
  CLI::App& user = *add_command(app, "user", "Accounts and who may watch them");
  user.require_subcommand(1);
  Commands all{};
  all.add = add_user_command(user, "add", "Add an account", words);
  add_address(*all.add, words);
  add_password(*all.add, words);
  take_one_of(
      *all.add->add_option("--policy", words.policy,
                           "What it does with watchers it does not know (the service's default)"),
      kPolicies);

  all.passwd = add_user_command(user, "passwd",
                                "Change a password; whoever is logged in is logged out", words);
  add_address(*all.passwd, words);
  add_password(*all.passwd, words);

  all.remove =
      add_user_command(user, "remove", "Remove an account and all that hangs on it", words);
  add_address(*all.remove, words);
  all.remove->add_flag("--yes", words.yes, "Do not ask whether that is meant");

  all.list = add_user_command(user, "list", "List accounts", words);
  all.list->add_option("--domain", words.domain, "Only those of this domain")
      ->check(domain())
      ->type_name("DOMAIN");
  all.list->add_flag("--json", words.json, "As JSON");

  all.watchers = add_user_command(
      user, "watchers", "List who watches an account or waits to, or decide about one", words);
  add_address(*all.watchers, words);
  auto* allow =
      all.watchers
          ->add_option("--allow", words.watcher_allowed, "Let this one watch, now or when she asks")
          ->check(bare_address())
          ->type_name("WATCHER");
  auto* deny = all.watchers
                   ->add_option("--deny", words.watcher_denied,
                                "Refuse this one, or take back what she was allowed")
                   ->check(bare_address())
                   ->type_name("WATCHER")
                   ->excludes(allow);
  all.watchers->add_flag("--json", words.json, "As JSON")->excludes(allow)->excludes(deny);

  all.policy = add_user_command(
      user, "policy", "Say what an account does with watchers whom it does not know", words);
  add_address(*all.policy, words);
  take_one_of(*all.policy->add_option("POLICY", words.policy, "The policy")->required(), kPolicies);
  return all;
}

// The other thing that `muster sim` does.
void add_replay_options(CLI::App& sim, ReplayCommand& replay) {
  auto* recording =
      sim.add_option("--replay", replay.recording,
                     "Step what `musterd ... --record FILE` recorded through its servers again")
          ->type_name("FILE");
  sim.add_flag("--words", replay.words, "Of a replay: print each step, what went in and came out")
      ->needs(recording);
  for (const char* option :
       {"--seed", "--seeds", "--hours", "--jobs", "--twice", "--events", "--plant", "--prove"})
    recording->excludes(sim.get_option(option));
}

std::optional<std::string> domain_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::string scratch;
  return std::string(*canonical_domain(text, scratch));
}

NewPassword password_of(const Words& words) {
  NewPassword password;
  if (words.password_stdin) password.from = PasswordFrom::standard_input;
  if (words.generate) password.from = PasswordFrom::generated;
  password.for_sip = !words.no_sip;
  return password;
}

UserCommand command_of(const Commands& commands, const Words& words) {
  const Address account = words.address.empty() ? Address() : address_of(words.address);
  if (commands.add->parsed()) {
    return {words.service, UserAdd{account, password_of(words), watcher_policy(words.policy)}};
  }
  if (commands.passwd->parsed()) {
    return {words.service, UserPasswd{account, password_of(words)}};
  }
  if (commands.remove->parsed()) return {words.service, UserRemove{account, words.yes}};
  if (commands.list->parsed()) {
    return {words.service, UserList{domain_of(words.domain), words.json}};
  }
  if (commands.policy->parsed()) {
    return {words.service, UserPolicy{account, *watcher_policy(words.policy)}};
  }
  if (!words.watcher_allowed.empty()) {
    return {words.service, UserDecide{account, address_of(words.watcher_allowed), true}};
  }
  if (!words.watcher_denied.empty()) {
    return {words.service, UserDecide{account, address_of(words.watcher_denied), false}};
  }
  return {words.service, UserWatchers{account, words.json}};
}

}  // namespace

std::variant<MusterCommand, int> parse_muster(int argc, char** argv) {
  CLI::App app("Operates a muster presence service.", "muster");
  set_up(app);
  Words words;
  std::string shell;
  const Commands commands = add_user_commands(app, words);
  ClusterWords cluster_words;
  const ClusterCommands cluster = add_cluster_commands(app, cluster_words);
  SimWords sim_words;
  ReplayCommand replay;
  CLI::App* sim = add_sim_command(app, sim_words);
  add_replay_options(*sim, replay);
  add_completion(app, shell);
  if (const auto exit_code = parse(app, argc, argv)) return *exit_code;
  if (!shell.empty()) return PrintCompletion{completion_script(tree_of(app), shell)};
  if (sim->parsed() && !replay.recording.empty()) return replay;
  if (sim->parsed()) {
    return std::visit([](auto known) -> MusterCommand { return known; }, sim_command_of(sim_words));
  }
  const auto of_cluster = cluster_command_of(cluster, cluster_words);
  const ServiceChoice& service = of_cluster ? of_cluster->service : words.service;
  if (!service.is_made()) {
    return complain(app, "which service? --data FOLDER or --config FILE is needed");
  }
  if (of_cluster) return *of_cluster;
  return command_of(commands, words);
}

}  // namespace muster
