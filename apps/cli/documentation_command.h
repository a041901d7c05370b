#pragma once
// skald completion and skald manual: what a shell and man(1) are told about the program, from the options themselves.

#include <string>

#include "command.h"

namespace skald::cli {

/// skald completion bash|zsh|fish
class CompletionCommand final : public Command {
 public:
  explicit CompletionCommand(CLI::App& root);
  ExitCode run() override;

 private:
  const CLI::App& root_;
  std::string shell_;
};

/// skald manual
class ManualCommand final : public Command {
 public:
  explicit ManualCommand(CLI::App& root);
  ExitCode run() override;

 private:
  const CLI::App& root_;
};

}  // namespace skald::cli
