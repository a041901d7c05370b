#pragma once
// skald models verify NAME: whether a model is whole and works, in a few lines fit to paste.

#include <string>
#include <vector>

#include "command.h"

namespace skald::cli {

class ModelsVerifyCommand final : public Command {
 public:
  explicit ModelsVerifyCommand(CLI::App& models);
  ExitCode run() override;

 private:
  ExitCode verify(const std::string& name) const;

  std::vector<std::string> names_;
  std::string sample_;
};

}  // namespace skald::cli
