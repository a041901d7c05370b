#pragma once
// skald models list | info | convert: which models there are on this machine, what one is, another form of one.

#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "models_transfer.h"
#include "models_verify.h"

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

/// skald models convert SOURCE TARGET
class ModelsConvertCommand final : public Command {
 public:
  explicit ModelsConvertCommand(CLI::App& models);
  ExitCode run() override;

 private:
  std::vector<std::string> names_;
  std::string type_ = "float16";
  std::optional<std::string> directory_;
};

/// The word "models" with its commands.
class ModelsCommands {
 public:
  explicit ModelsCommands(CLI::App& root);
  CLI::App& app() { return *app_; }
  std::vector<Command*> commands() { return {&list_, &info_, &pull_, &remove_, &verify_, &convert_}; }

 private:
  CLI::App* app_;
  ModelsListCommand list_;
  ModelsInfoCommand info_;
  ModelsPullCommand pull_;
  ModelsRemoveCommand remove_;
  ModelsVerifyCommand verify_;
  ModelsConvertCommand convert_;
};

}  // namespace skald::cli
