#pragma once
// skald doctor: what this machine has, what a transcription would use, what is missing and the fix.

#include <string>

#include "command.h"

namespace skald::cli {

class DoctorCommand final : public Command {
 public:
  explicit DoctorCommand(CLI::App& root);
  ExitCode run() override;

 private:
  bool kernels_ = false;
  bool json_ = false;
};

}  // namespace skald::cli
