#pragma once
// skald models pull | remove, and the download that a transcription offers.

#include <string>
#include <vector>

#include "command.h"

namespace skald::cli {

/// Downloads a model with a bar on standard error when that is a terminal. What could not be done is said there.
ExitCode download(const std::string& name);

/// Whether a model that was not found is now there: on a terminal the user is asked and it is downloaded.
bool offer_download(const std::string& name);

/// skald models pull NAME...
class ModelsPullCommand final : public Command {
 public:
  explicit ModelsPullCommand(CLI::App& models);
  ExitCode run() override;

 private:
  std::vector<std::string> names_;
};

/// skald models remove NAME...
class ModelsRemoveCommand final : public Command {
 public:
  explicit ModelsRemoveCommand(CLI::App& models);
  ExitCode run() override;

 private:
  std::vector<std::string> names_;
};

}  // namespace skald::cli
