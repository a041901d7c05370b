#include "command_list.h"

namespace skald::cli {
namespace {

OptionEntry entry_of(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) entry.value = option.get_type_name();
  entry.help = option.get_description();
  entry.standard = option.get_default_str();
  entry.group = option.get_group();
  return entry;
}

void add_commands(const CLI::App& app, std::vector<std::string> words, std::vector<CommandEntry>& list) {
  CommandEntry entry;
  entry.words = words;
  entry.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      entry.argument = option->get_name(true);
    } else {
      entry.options.push_back(entry_of(*option));
    }
  }
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands) entry.commands.push_back(command->get_name());
  list.push_back(std::move(entry));
  for (const CLI::App* command : commands) {
    words.push_back(command->get_name());
    add_commands(*command, words, list);
    words.pop_back();
  }
}

}  // namespace

std::vector<CommandEntry> list_commands(const CLI::App& root) {
  std::vector<CommandEntry> list;
  add_commands(root, {}, list);
  return list;
}

std::string typed(const CommandEntry& command) {
  std::string text = "skald";
  for (const std::string& word : command.words) text += " " + word;
  return text;
}

}  // namespace skald::cli
