#pragma once
// skald models list | info: which models there are on this machine, and what one is.

#include <optional>
#include <string>
#include <vector>

#include "command.h"

namespace skald::cli {

/// skald models list
class ModelsListCommand final : public Command {
 public:
  explicit ModelsListCommand(CLI::App& models);
  ExitCode run() override;

 private:
  bool json_ = false;
};

/// skald models info NAME
class ModelsInfoCommand final : public Command {
 public:
  explicit ModelsInfoCommand(CLI::App& models);
  ExitCode run() override;

 private:
  std::vector<std::string> names_;
  std::optional<std::string> directory_;
  bool json_ = false;
};

/// The word "models" with its commands.
class ModelsCommands {
 public:
  explicit ModelsCommands(CLI::App& root);
  CLI::App& app() { return *app_; }
  std::vector<Command*> commands() { return {&list_, &info_}; }

 private:
  CLI::App* app_;
  ModelsListCommand list_;
  ModelsInfoCommand info_;
};

}  // namespace skald::cli
