#include "program.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <sstream>
#include <utility>

#include "bench_command.h"
#include "command.h"
#include "console.h"
#include "doctor_command.h"
#include "documentation_command.h"
#include "listen_command.h"
#include "models_command.h"
#include "near_match.h"
#include "npu_command.h"
#include "skald/version.h"
#include "transcribe_command.h"

namespace skald::cli {
namespace {

ExitCode usage(const std::string& where, const std::string& message, const std::string& remedy) {
  complain({ErrorCode::kInvalidArgument, where, message, remedy});
  return kUsage;
}

/// "skald npu info": the command as it is typed.
std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent == nullptr ? "" : full_name(*parent) + " ") + command.get_name();
}

/// The word after `group` ("skald", "skald npu") is none of its commands.
ExitCode unknown_command(const CLI::App& group, const std::string& word, const std::vector<std::string>& names) {
  const std::string prefix = full_name(group);
  if (word.starts_with('-')) {
    return usage(word, "unknown option before the command", "see " + prefix + " --help");
  }
  std::error_code ignored;
  if (group.get_parent() == nullptr && std::filesystem::exists(word, ignored)) {
    return usage(word, "a command comes first", "skald transcribe " + word);
  }
  const std::string near = near_match(word, names);
  return usage(word, "unknown command",
               near.empty() ? "see " + prefix + " --help" : "did you mean '" + prefix + " " + near + "'?");
}

/// What is left over after parsing: options nobody declared, or arguments a command does not take.
ExitCode unknown_argument(Command& command, std::string argument) {
  if (!argument.starts_with('-')) {
    return usage(argument, "unexpected argument", "see " + full_name(command.app()) + " --help");
  }
  argument = argument.substr(0, argument.find('='));
  const std::string near = near_match(argument, command.table().names());
  return usage(argument, "unknown option",
               near.empty() ? "see " + full_name(command.app()) + " --help" : "did you mean " + near + "?");
}

ExitCode run_command(CLI::App& root, Command& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed = command.table().normalised(arguments);  // CLI11 takes them from the back
  std::ranges::reverse(reversed);
  try {
    root.parse(std::move(reversed));
  } catch (const CLI::Success& asked) {  // --help, --version
    std::ostringstream out;
    root.exit(asked, out, out);
    return show(out.str());
  } catch (const CLI::ParseError& error) {
    return usage("", error.what(), "see " + full_name(command.app()) + " --help");
  }
  // Names before values: a misspelt option's value would otherwise be blamed.
  std::vector<std::string> rest = command.app().remaining();
  std::erase(rest, "--");  // CLI11 leaves the mark itself over
  if (!rest.empty()) {
    const auto option = std::ranges::find_if(rest, [](const std::string& word) { return word.starts_with('-'); });
    return unknown_argument(command, option == rest.end() ? rest.front() : *option);
  }
  if (const std::optional<Error>& error = command.table().error()) {
    complain(*error);
    return kUsage;
  }
  return command.run();
}

/// A word with commands of its own: "skald npu ...".
struct Group {
  CLI::App& app;
  std::vector<Command*> commands;
};

ExitCode run_group(CLI::App& root, const Group& group, const std::vector<std::string>& arguments) {
  if (arguments.size() < 2 || arguments[1] == "--help" || arguments[1] == "-h") return show(group.app.help("skald"));
  std::vector<std::string> names;
  for (Command* command : group.commands) {
    names.push_back(command->app().get_name());
    if (names.back() == arguments[1]) return run_command(root, *command, arguments);
  }
  return unknown_command(group.app, arguments[1], names);
}

}  // namespace

ExitCode run_program(const std::vector<std::string>& arguments) {
  CLI::App root("Local speech-to-text with Whisper models.", "skald");
  root.set_version_flag("--version", std::string("skald ") + version());
  root.require_subcommand(0, 1);
  root.footer(kExitCodeHelp);
  TranscribeCommand transcribe(root);
  ListenCommand listen(root);
  DoctorCommand doctor(root);
  BenchCommand bench(root);
  ModelsCommands models(root);
  NpuCommands npu(root);
  CompletionCommand completion(root);
  ManualCommand manual(root);
  const std::array<Command*, 6> commands = {&transcribe, &listen, &doctor, &bench, &completion, &manual};
  const Group groups[] = {{models.app(), models.commands()}, {npu.app(), npu.commands()}};

  if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h") return show(root.help());
  if (arguments.front() == "--version") return show(std::string("skald ") + version() + "\n");
  std::vector<std::string> names;
  for (Command* command : commands) {
    names.push_back(command->app().get_name());
    if (names.back() == arguments.front()) return run_command(root, *command, arguments);
  }
  for (const Group& group : groups) {
    names.push_back(group.app.get_name());
    if (names.back() == arguments.front()) return run_group(root, group, arguments);
  }
  return unknown_command(root, arguments.front(), names);
}

}  // namespace skald::cli
