#include "app/command_line/command_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "app/command_line/completion.h"
#include "app/command_line/near_miss.h"
#include "app/version.h"

namespace muster {
namespace {

// The command that was being parsed: "muster user add".
std::string path_of(const CLI::App& app, const CLI::App** last) {
  std::string path = app.get_name();
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  *last = at;
  return path;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames())
    names.push_back("--" + name);
  for (const std::string& name : option.get_snames())
    names.push_back("-" + name);
  return names;
}

// What stands on the command line that `command` knows nothing of.
std::string unexpected(const CLI::App& app, const CommandTree& command) {
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return "something is too much";
  const std::string& found = rest.front();
  const std::string typed = found.substr(0, found.find('='));
  const bool option = found.starts_with('-');
  std::vector<std::string_view> known;
  for (const CommandTree::Option& one : command.options) {
    if (option) known.insert(known.end(), one.names.begin(), one.names.end());
  }
  for (const CommandTree& one : command.commands) {
    if (!option) known.push_back(one.name);
  }
  const bool commands = !option && !command.commands.empty();
  std::string text = option ? "unknown option \"" : commands ? "unknown command \"" : "\"";
  text += typed + "\"" + (option || commands ? "" : " is one argument too many");
  return text + did_you_mean(typed, known);
}

std::string commands_text(const CommandTree& command) {
  std::string text = "a command is needed: ";
  for (std::size_t i = 0; i < command.commands.size(); ++i) {
    if (i > 0) text += i + 1 == command.commands.size() ? " or " : ", ";
    text += command.commands[i].name;
  }
  return text;
}

std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* last = &app;
  path_of(app, &last);
  const CommandTree command = tree_of(*last);
  // By its exit code: the name of an ExtrasError below a command is the command's.
  const int kind = error.get_exit_code();
  const int required = static_cast<int>(CLI::ExitCodes::RequiredError);
  const int extras = static_cast<int>(CLI::ExitCodes::ExtrasError);
  std::string what = error.what();
  const bool command_missing =
      !command.commands.empty() && last->get_subcommands().empty() && kind == required;
  if (kind == extras || (command_missing && !app.remaining(true).empty())) {
    what = unexpected(app, command);
  } else if (command_missing) {
    what = commands_text(command);
  }
  return what;
}

CommandTree::Option option_of(const CLI::Option& option) {
  CommandTree::Option made{names_of(option), option.get_description(), {}, {}};
  const std::string type = option.get_type_name();
  if (option.get_expected_max() == 0 || type.empty()) return made;
  made.takes = type == "FILE"     ? CommandTree::Takes::file
               : type == "FOLDER" ? CommandTree::Takes::folder
                                  : CommandTree::Takes::text;
  return made;
}

// The words of take_one_of(), as it names the type.
std::vector<std::string> words_in(const std::string& type) {
  const auto begin = type.find('{');
  const auto end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), '|');
}

// --- help ----------------------------------------------------------------------------------------

// Names in one column, what they are about in the other, so that a terminal of 80 holds both.
constexpr std::size_t kNameColumns = 32;
constexpr std::size_t kAboutColumns = 48;
constexpr std::size_t kTypeColumns = 60;  // of a few words: the names of many are not listed

std::string wrapped(const std::string& about) {
  std::string text;
  std::size_t columns = 0;
  for (const std::string& word : CLI::detail::split(about, ' ')) {
    const bool fits = columns + 1 + word.size() <= kAboutColumns;
    if (!text.empty()) text += fits ? ' ' : '\n';
    columns = (text.empty() || !fits ? 0 : columns + 1) + word.size();
    text += word;
  }
  return text;
}

// An option is its name and what it takes; what excludes what is said to whom it concerns.
class HelpText : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = option->get_type_name();
    if (type.empty() || option->get_type_size() == 0) return "";
    return " " + (type.size() > kTypeColumns ? "NAME" : type);
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrapped(option->get_description());
  }
  std::string make_subcommand(const CLI::App* command) const override {
    std::ostringstream text;
    CLI::detail::format_help(text, command->get_name(), wrapped(command->get_description()),
                             get_column_width());
    return text.str();
  }
};

}  // namespace

void set_up(CLI::App& app) {
  app.set_help_flag("-h,--help", "Say what this does, and which options there are");
  app.set_version_flag("--version", app.get_name() + " " + kVersion, "Say which version this is");
  app.require_subcommand(1);
  app.formatter(std::make_shared<HelpText>());
  app.get_formatter()->column_width(kNameColumns);
  app.get_formatter()->label("Positionals", "Arguments");
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& about) {
  CLI::App* command = app.add_subcommand(name, about);
  command->group("Commands");
  command->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  return command;
}

void add_completion(CLI::App& app, std::string& shell) {
  CLI::App* command =
      add_command(app, "completion", "Print what a shell needs to complete commands");
  take_one_of(*command->add_option("SHELL", shell, "Which shell")->required(), completion_shells());
  const std::string& name = app.get_name();
  command->footer("bash: source <(" + name + " completion bash)\nzsh:  source <(" + name +
                  " completion zsh)\nfish: " + name + " completion fish | source");
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& shown) {
    return app.exit(shown);
  } catch (const CLI::ParseError& error) {
    return complain(app, what_is_wrong(app, error));
  }
  return std::nullopt;
}

int complain(const CLI::App& app, const std::string& what) {
  const CLI::App* last = &app;
  const std::string path = path_of(app, &last);
  fmt::print(stderr, "{}: {}\nTry '{} --help'.\n", path, what, path);
  return kUsage;
}

void take_one_of(CLI::Option& option, const std::vector<std::string>& words) {
  std::string shown = "{";
  std::string listed;
  for (std::size_t i = 0; i < words.size(); ++i) {
    shown += (i == 0 ? "" : "|") + words[i];
    if (i > 0) listed += i + 1 == words.size() ? " or " : ", ";
    listed += words[i];
  }
  const auto check = [words, listed](const std::string& found) -> std::string {
    if (std::find(words.begin(), words.end(), found) != words.end()) return {};
    const std::vector<std::string_view> known(words.begin(), words.end());
    return "\"" + found + "\" is not one of " + listed + did_you_mean(found, known);
  };
  option.check(CLI::Validator(check, ""))->type_name(shown + "}");
}

CommandTree tree_of(const CLI::App& app) {
  CommandTree tree{app.get_name(), app.get_description(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    const std::vector<std::string> words = words_in(option->get_type_name());
    if (option->get_positional()) {
      tree.arguments.push_back({option->get_name(true), words});
      continue;
    }
    CommandTree::Option made = option_of(*option);
    if (!words.empty()) {
      made.takes = CommandTree::Takes::word;
      made.words = words;
    }
    tree.options.push_back(std::move(made));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    tree.commands.push_back(tree_of(*command));
  }
  return tree;
}

}  // namespace muster
