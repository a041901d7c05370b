#include "documentation_command.h"

#include "command_list.h"
#include "completions.h"
#include "console.h"
#include "manual.h"

namespace skald::cli {

CompletionCommand::CompletionCommand(CLI::App& root)
    : Command(root, "completion", "Print a completion script for bash, zsh or fish"), root_(root) {
  app().add_option("SHELL", shell_, "bash, zsh or fish");
}

ExitCode CompletionCommand::run() {
  if (shell_.empty()) {
    complain({ErrorCode::kInvalidArgument, "completion", "no shell is named", "skald completion bash, zsh or fish"});
    return kUsage;
  }
  const auto script = completion_script(shell_, list_commands(root_));
  if (script) return show(*script);
  complain(script.error());
  return kUsage;
}

ManualCommand::ManualCommand(CLI::App& root)
    : Command(root, "manual", "Print the manual page, for man -l -"), root_(root) {}

ExitCode ManualCommand::run() {
  return show(manual_page(list_commands(root_)));
}

}  // namespace skald::cli
