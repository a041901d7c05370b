#pragma once
// The program's commands as plain data, read off the CLI11 apps that parse them: what the manual page and the shell
// completions are made from.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace skald::cli {

struct OptionEntry {
  std::vector<std::string> names;  ///< short ones first, with their hyphens
  std::string value;               ///< "N", "[True|False]", ...; empty for a flag
  std::string help;
  std::string standard;  ///< its default as text; empty: none
  std::string group;     ///< heading in the help
};

struct CommandEntry {
  std::vector<std::string> words;  ///< {"models", "list"}; empty: the program itself
  std::string help;
  std::string argument;  ///< what it takes beside options, "FILE"; empty: nothing
  std::vector<OptionEntry> options;
  std::vector<std::string> commands;  ///< of a group, the words that may follow
};

/// The program first, then every group and command, each before what is in it.
std::vector<CommandEntry> list_commands(const CLI::App& root);

/// "skald models list".
std::string typed(const CommandEntry& command);

}  // namespace skald::cli
