#pragma once
// One subcommand of the program.

#include <CLI/CLI.hpp>
#include <string>

#include "exit_code.h"
#include "option_binding.h"

namespace skald::cli {

class Command {
 public:
  /// Adds itself to `root`.
  Command(CLI::App& root, const std::string& name, const std::string& description)
      : app_(root.add_subcommand(name, description)), table_(*app_) {
    app_->allow_extras();  // unknown options are refused by the program, with a near match
  }
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  CLI::App& app() { return *app_; }
  OptionTable& table() { return table_; }

  /// After the arguments have been read without error.
  virtual ExitCode run() = 0;

 private:
  CLI::App* app_;
  OptionTable table_;
};

}  // namespace skald::cli
