#include "app/service/musterd_options.h"

#include <fcntl.h>

#include <algorithm>

#include "app/command_line/command_line.h"
#include "app/command_line/completion.h"
#include "app/data/server_place.h"
#include "base/ascii.h"
#include "codec/address/domain.h"
#include "codec/address/ip.h"

namespace muster {
namespace {

constexpr const char* kAddressForm =
    "\" is no ADDRESS:PORT, as 127.0.0.1:5222 or [::1]:5222 (port 0: any that is free)";

// --- values --------------------------------------------------------------------------------------

CLI::Validator loopback_endpoint() {
  const auto check = [](const std::string& found) -> std::string {
    const auto endpoint = parse_endpoint(found);
    if (!endpoint) return "\"" + found + kAddressForm;
    if (endpoint->ip.is_loopback()) return {};
    return to_text(*endpoint) +
           " is not in 127.0.0.0/8 and not ::1: `musterd dev` trusts whoever can connect; for"
           " others there is `musterd run`";
  };
  return CLI::Validator(check, "");
}

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

CLI::Validator number(std::uint32_t least, std::uint32_t most) {
  const auto check = [=](const std::string& found) -> std::string {
    const auto number = parse_number<std::uint32_t>(found);
    if (number && *number >= least && *number <= most) return {};
    return "\"" + found + "\" is no number from " + std::to_string(least) + " to " +
           std::to_string(most);
  };
  return CLI::Validator(check, "");
}

CLI::Validator open_descriptor() {
  const auto check = [](const std::string& found) -> std::string {
    const auto number = parse_number<int>(found);
    if (number && *number >= 0 && ::fcntl(*number, F_GETFD) >= 0) return {};
    return "\"" + found + "\" is no descriptor that is open";
  };
  return CLI::Validator(check, "");
}

CLI::Validator server_id() {
  const auto check = [](const std::string& found) -> std::string {
    if (is_server_id(found)) return {};
    return "\"" + found + "\" is not " + std::string(kServerIdForm);
  };
  return CLI::Validator(check, "");
}

std::vector<Endpoint> endpoints_of(const std::vector<std::string>& texts) {
  std::vector<Endpoint> endpoints;
  for (const std::string& text : texts) {
    const Endpoint endpoint = *parse_endpoint(text);
    const bool again = std::find(endpoints.begin(), endpoints.end(), endpoint) != endpoints.end();
    if (!again || endpoint.port == 0) endpoints.push_back(endpoint);
  }
  return endpoints;
}

std::vector<std::string> domains_of(const std::vector<std::string>& texts) {
  std::vector<std::string> domains;
  for (const std::string& text : texts) {
    std::string scratch;
    const std::string canonical(*canonical_domain(text, scratch));
    const bool again = std::find(domains.begin(), domains.end(), canonical) != domains.end();
    if (!again) domains.push_back(canonical);
  }
  return domains;
}

Log::Level level_of(const std::string& word) {
  using enum Log::Level;
  return word == "debug" ? debug : word == "info" ? info : word == "warning" ? warning : error;
}

// --- commands ------------------------------------------------------------------------------------

// As they stand on the command line.
struct DevWords {
  std::string data;
  std::string id;
  bool standby = false;
  std::string max_load_level;
  std::string launch;
  std::vector<std::string> domains = {"localhost"};
  std::vector<std::string> xmpp;
  std::vector<std::string> sip;
  std::vector<std::string> sips;
  std::vector<std::string> http;
  std::string threads;
  bool auto_accounts = false;
  bool allow_all_watchers = false;
  std::string log_level = "warning";
  std::string record_to;
  std::string ready_fd;
};

void add_record(CLI::App& command, std::string& word) {
  command
      .add_option("--record", word,
                  "A new file for all that enters the server, but credentials: for `muster sim"
                  " --replay`. It holds what users say to each other")
      ->type_name("FILE");
}

void add_ready_fd(CLI::App& command, std::string& word) {
  command
      .add_option("--ready-fd", word,
                  "A descriptor to which a line of JSON is written once the server is ready:"
                  " where it listens, and where its data are")
      ->check(open_descriptor())
      ->type_name("N");
}

void add_cluster(CLI::App& dev, CLI::Option& data, DevWords& words) {
  auto* id = dev.add_option("--id", words.id,
                            "Be the server of this name in a cluster: of all that have the same"
                            " data folder")
                 ->check(server_id())
                 ->type_name("NAME")
                 ->needs(&data);
  dev.add_flag("--standby", words.standby,
               "Of a cluster: be a candidate, which serves nobody until it is taken in")
      ->needs(id);
  dev.add_option("--max-loadlevel", words.max_load_level,
                 "Of a cluster: take no more users from this load level on (no limit)")
      ->check(number(1, kLoadLevelMax))
      ->type_name("N")
      ->needs(id);
  dev.add_option("--launch", words.launch,
                 "Of a cluster: what /bin/sh is to do where all servers are full and there is no"
                 " candidate: start one")
      ->type_name("COMMAND")
      ->needs(id);
}

CLI::App* add_dev(CLI::App& app, DevWords& words) {
  CLI::App* dev = add_command(app, "dev", "Serve on loopback, with nothing to configure");
  const auto repeatable = [](CLI::Option* option) {
    return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
  };
  auto* data = dev->add_option("--data", words.data,
                               "Where to keep the data; a temporary folder, removed at the end,"
                               " if not given")
                   ->type_name("FOLDER");
  add_cluster(*dev, *data, words);
  repeatable(
      dev->add_option("--domain", words.domains, "A domain to serve; may be repeated (localhost)"))
      ->check(domain())
      ->type_name("DOMAIN");
  repeatable(dev->add_option("--xmpp", words.xmpp,
                             "Where to listen for XMPP; may be repeated (127.0.0.1:5222; with --id"
                             " any free port)"))
      ->check(loopback_endpoint())
      ->type_name("ADDRESS:PORT");
  repeatable(dev->add_option("--sip", words.sip,
                             "Where to listen for SIP over UDP and TCP; may be repeated"
                             " (127.0.0.1:5060; with --id any free port)"))
      ->check(loopback_endpoint())
      ->type_name("ADDRESS:PORT");
  repeatable(dev->add_option("--sips", words.sips,
                             "Where to listen for SIP over TLS; may be repeated (nowhere)"))
      ->check(loopback_endpoint())
      ->type_name("ADDRESS:PORT");
  repeatable(dev->add_option("--http", words.http,
                             "Where to listen for XMPP over WebSocket, with or without TLS; may be"
                             " repeated (nowhere)"))
      ->check(loopback_endpoint())
      ->type_name("ADDRESS:PORT");
  dev->add_option("--threads", words.threads, "How many threads serve (one for each core)")
      ->check(number(1, kThreadsMax))
      ->type_name("N");
  dev->add_flag("--auto-accounts", words.auto_accounts,
                "Make the account of an address at its first use; its first PLAIN password becomes"
                " its password");
  dev->add_flag("--allow-all-watchers", words.allow_all_watchers, "Let everybody watch everybody");
  take_one_of(*dev->add_option("--log-level", words.log_level,
                               "What to log to stderr: this and graver (warning)"),
              {"debug", "info", "warning", "error"});
  add_record(*dev, words.record_to);
  add_ready_fd(*dev, words.ready_fd);
  dev->footer(
      "In this mode anybody on this machine may make accounts, passwords may cross\n"
      "without TLS, and what SIP requests from loopback say of their sender is\n"
      "believed.");
  return dev;
}

struct RunWords {
  std::string config;
  bool check = false;
  std::string record_to;
  std::string ready_fd;
};

CLI::App* add_run(CLI::App& app, RunWords& words) {
  CLI::App* run = add_command(app, "run", "Serve as a configuration file says");
  run->add_option("--config", words.config, "The configuration file (config/musterd.toml is one)")
      ->required()
      ->type_name("FILE");
  run->add_flag("--check", words.check, "Only check the file, and what it names");
  add_record(*run, words.record_to);
  add_ready_fd(*run, words.ready_fd);
  run->footer("SIGTERM ends in order, SIGHUP reads the certificates anew.");
  return run;
}

// What is not said of a server of a cluster is free: there are several.
std::vector<Endpoint> endpoints_or(const std::vector<std::string>& texts, std::uint16_t port,
                                   bool one_of_many) {
  if (!texts.empty()) return endpoints_of(texts);
  return {{IpAddress::v4(127, 0, 0, 1), one_of_many ? std::uint16_t{0} : port}};
}

void read_cluster(const DevWords& words, Config& config) {
  if (words.id.empty()) return;
  const Endpoint link{IpAddress::v4(127, 0, 0, 1), 0};
  config.server_id = words.id;
  config.server.cluster = {link};
  ClusterSettings& cluster = config.server.settings.cluster.emplace();
  cluster.self.link = link;
  cluster.standby = words.standby;
  config.server.launch = words.launch;
  cluster.load.launches = !words.launch.empty();
  if (const auto level = parse_number<std::uint32_t>(words.max_load_level)) {
    cluster.load.max_level = {*level};
  }
}

ReadyFd ready_fd_of(const std::string& word) {
  return word.empty() ? -1 : *parse_number<int>(word);
}

DevCommand command_of(const DevWords& words) {
  DevCommand command;
  Config& config = command.config;
  command.data_given = !words.data.empty();
  config.data = words.data;
  config.log.level = level_of(words.log_level);
  config.threads =
      words.threads.empty() ? std::uint8_t{0} : *parse_number<std::uint8_t>(words.threads);
  read_cluster(words, config);
  config.server.xmpp = endpoints_or(words.xmpp, 5222, !words.id.empty());
  config.server.sip = endpoints_or(words.sip, 5060, !words.id.empty());
  config.server.sips = endpoints_of(words.sips);
  config.server.http = endpoints_of(words.http);
  config.server.http_settings.loopback_origins = true;
  // Everybody has the same address here.
  config.server.links_per_address_max = ~std::uint32_t{0};
  Settings& settings = config.server.settings;
  settings.domains = domains_of(words.domains);
  settings.plain_without_tls = true;
  settings.in_band_registration = true;
  settings.loopback_sip_trusted = true;
  settings.auto_accounts = words.auto_accounts;
  settings.allow_all_watchers = words.allow_all_watchers;
  if (words.allow_all_watchers) settings.default_policy = WatcherPolicy::allow;
  settings.limits.notify_interval_min = Duration();
  config.server.record_to = words.record_to;
  command.ready_fd = ready_fd_of(words.ready_fd);
  return command;
}

}  // namespace

std::variant<MusterdCommand, int> parse_musterd(int argc, char** argv) {
  CLI::App app("A presence server for XMPP and SIP.", "musterd");
  set_up(app);
  DevWords dev_words;
  RunWords run_words;
  std::string shell;
  const CLI::App* dev = add_dev(app, dev_words);
  const CLI::App* run = add_run(app, run_words);
  add_completion(app, shell);
  if (const auto exit_code = parse(app, argc, argv)) return *exit_code;
  if (dev->parsed()) return command_of(dev_words);
  if (run->parsed()) {
    return RunCommand{run_words.config, run_words.check, run_words.record_to,
                      ready_fd_of(run_words.ready_fd)};
  }
  return CompletionCommand{completion_script(tree_of(app), shell)};
}

}  // namespace muster
