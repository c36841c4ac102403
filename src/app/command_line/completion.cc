#include "app/command_line/completion.h"

#include <fmt/core.h>

#include <CLI/StringTools.hpp>
#include <algorithm>

#include "base/check.h"

namespace muster {
namespace {

using Takes = CommandTree::Takes;

// A command with the words that lead to it: "muster user add".
struct Place {
  std::string path;
  const CommandTree* command;
};

void collect(const CommandTree& command, const std::string& path, std::vector<Place>& places) {
  places.push_back({path, &command});
  for (const CommandTree& below : command.commands) {
    collect(below, path + " " + below.name, places);
  }
}

std::vector<Place> places_of(const CommandTree& tree) {
  std::vector<Place> places;
  collect(tree, tree.name, places);
  return places;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : between) + word;
  return text;
}

// In single quotes, for all three shells: a quote within ends them, is escaped, begins them anew.
std::string quoted(const std::string& text) {
  MUSTER_CHECK(text.find_first_of("\\\n") == std::string::npos);
  return "'" + CLI::detail::find_and_replace(text, "'", "'\\''") + "'";
}

// The first sentence, for a line of a menu.
std::string brief(const std::string& about) {
  return about.substr(0, about.find('\n'));
}

// Shell code, the same for bash and zsh: leaves the command that is being typed in `place`, from
// the words in front of the one to be completed.
std::string find_place(const std::vector<Place>& places, const char* words_before) {
  std::vector<std::string> paths;
  for (const Place& place : places) {
    if (place.path != places.front().path) paths.push_back(quoted(place.path));
  }
  return fmt::format(
      "  local place={0} before\n"
      "  for before in {1}; do\n"
      "    case \"$place $before\" in\n"
      "      {2}) place=\"$place $before\" ;;\n"
      "    esac\n"
      "  done\n",
      quoted(places.front().path), words_before, joined(paths, " | "));
}

// --- bash ----------------------------------------------------------------------------------------

// What `compgen` makes of the word so far, a line each: a name may have spaces.
std::string bash_offer(const std::string& what) {
  return "mapfile -t COMPREPLY < <(compgen " + what + " -- \"$word\")";
}

std::string bash_value(const CommandTree::Option& option) {
  switch (option.takes) {
    case Takes::nothing: return {};
    case Takes::text: return "return";
    case Takes::file: return "compopt -o filenames; " + bash_offer("-f") + "; return";
    case Takes::folder: return "compopt -o filenames; " + bash_offer("-d") + "; return";
    case Takes::word: break;
  }
  return bash_offer("-W " + quoted(joined(option.words, " "))) + "; return";
}

std::string bash_words(const CommandTree& command) {
  std::vector<std::string> words;
  for (const CommandTree& below : command.commands)
    words.push_back(below.name);
  for (const CommandTree::Argument& argument : command.arguments) {
    words.insert(words.end(), argument.words.begin(), argument.words.end());
  }
  for (const CommandTree::Option& option : command.options) {
    words.insert(words.end(), option.names.begin(), option.names.end());
  }
  return joined(words, " ");
}

std::string bash_script(const CommandTree& tree) {
  const std::vector<Place> places = places_of(tree);
  std::string text = fmt::format(
      "_{0}() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}\n"
      "  COMPREPLY=()\n"
      // Bash makes a word of the sign in --option=value.
      "  if [[ $word == = ]]; then word=\n"
      "  elif [[ $previous == = ]]; then previous=${{COMP_WORDS[COMP_CWORD - 2]}}\n"
      "  fi\n",
      tree.name);
  text += find_place(places, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"");
  text += "  case \"$place $previous\" in\n";
  for (const Place& place : places) {
    for (const CommandTree::Option& option : place.command->options) {
      std::vector<std::string> cases;
      for (const std::string& name : option.names)
        cases.push_back(quoted(place.path + " " + name));
      const std::string value = bash_value(option);
      if (!value.empty()) text += "    " + joined(cases, " | ") + ") " + value + " ;;\n";
    }
  }
  text += "  esac\n  case $place in\n";
  for (const Place& place : places) {
    text += fmt::format("    {}) {} ;;\n", quoted(place.path),
                        bash_offer("-W " + quoted(bash_words(*place.command))));
  }
  return text + fmt::format("  esac\n}}\ncomplete -F _{0} {0}\n", tree.name);
}

// --- zsh -----------------------------------------------------------------------------------------

// For _describe: a colon in a name would end it.
std::string described(const std::string& name, const std::string& about) {
  MUSTER_CHECK(name.find(':') == std::string::npos);
  return quoted(name + ":" + brief(about));
}

std::string zsh_value(const CommandTree::Option& option) {
  switch (option.takes) {
    case Takes::nothing: return {};
    case Takes::text: return "_message 'a value'; return";
    case Takes::file: return "_files; return";
    case Takes::folder: return "_files -/; return";
    case Takes::word: break;
  }
  return "compadd -- " + joined(option.words, " ") + "; return";
}

std::string zsh_script(const CommandTree& tree) {
  const std::vector<Place> places = places_of(tree);
  std::string text =
      fmt::format("#compdef {0}\n_{0}() {{\n  local -a commands options\n", tree.name);
  text += find_place(places, "\"${(@)words[2,CURRENT-1]}\"");
  text += "  case \"$place ${words[CURRENT-1]}\" in\n";
  for (const Place& place : places) {
    for (const CommandTree::Option& option : place.command->options) {
      std::vector<std::string> cases;
      for (const std::string& name : option.names)
        cases.push_back(quoted(place.path + " " + name));
      const std::string value = zsh_value(option);
      if (!value.empty()) text += "    " + joined(cases, " | ") + ") " + value + " ;;\n";
    }
  }
  text += "  esac\n  case $place in\n";
  for (const Place& place : places) {
    std::vector<std::string> commands, options;
    for (const CommandTree& below : place.command->commands) {
      commands.push_back(described(below.name, below.about));
    }
    for (const CommandTree::Argument& argument : place.command->arguments) {
      for (const std::string& word : argument.words)
        commands.push_back(described(word, argument.name));
    }
    for (const CommandTree::Option& option : place.command->options) {
      for (const std::string& name : option.names)
        options.push_back(described(name, option.about));
    }
    text += fmt::format("    {})\n      commands=({})\n      options=({})\n      ;;\n",
                        quoted(place.path), joined(commands, " "), joined(options, " "));
  }
  return text + fmt::format(
                    "  esac\n"
                    "  _describe -t commands command commands\n"
                    "  _describe -o -t options option options\n"
                    "}}\n"
                    "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
                    "  _{0} \"$@\"\n"
                    "else\n"
                    "  compdef _{0} {0}\n"
                    "fi\n",
                    tree.name);
}

// --- fish ----------------------------------------------------------------------------------------

std::string fish_value(const CommandTree::Option& option) {
  switch (option.takes) {
    case Takes::nothing: return {};
    case Takes::text: return " -x";
    case Takes::file: return " -r -F";
    case Takes::folder: return " -x -a '(__fish_complete_directories)'";
    case Takes::word: break;
  }
  return " -x -a " + quoted(joined(option.words, " "));
}

std::string fish_line(const std::string& program, const std::string& place,
                      const std::string& rest) {
  return fmt::format("complete -c {0} -n \"__{0}_at '{1}'\" {2}\n", program, place, rest);
}

std::string fish_option(const CommandTree::Option& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? "-l " + name.substr(2) : "-s " + name.substr(1);
    text += " ";
  }
  return text + "-d " + quoted(brief(option.about)) + fish_value(option);
}

std::string fish_script(const CommandTree& tree) {
  const std::vector<Place> places = places_of(tree);
  std::string paths;
  for (const Place& place : places)
    paths += " " + quoted(place.path);
  std::string text = fmt::format(
      "function __{0}_at\n"
      "  set -l place {0}\n"
      "  for before in (commandline -opc)[2..-1]\n"
      "    contains -- \"$place $before\"{1}; and set place \"$place $before\"\n"
      "  end\n"
      "  test \"$place\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c {0} -f\n",
      tree.name, paths);
  for (const Place& place : places) {
    for (const CommandTree& below : place.command->commands) {
      text += fish_line(tree.name, place.path,
                        "-a " + below.name + " -d " + quoted(brief(below.about)));
    }
    for (const CommandTree::Argument& argument : place.command->arguments) {
      if (argument.words.empty()) continue;
      text += fish_line(tree.name, place.path, "-a " + quoted(joined(argument.words, " ")));
    }
    for (const CommandTree::Option& option : place.command->options) {
      text += fish_line(tree.name, place.path, fish_option(option));
    }
  }
  return text;
}

}  // namespace

const std::vector<std::string>& completion_shells() {
  static const std::vector<std::string> kShells = {"bash", "zsh", "fish"};
  return kShells;
}

std::string completion_script(const CommandTree& tree, std::string_view shell) {
  if (shell == "bash") return bash_script(tree);
  if (shell == "zsh") return zsh_script(tree);
  MUSTER_CHECK(shell == "fish");
  return fish_script(tree);
}

}  // namespace muster
