#pragma once
// skald npu test: every kernel on the simulated array against plain arithmetic.

#include <string>

#include "command.h"

namespace skald::cli {

/// skald npu test
class NpuTestCommand final : public Command {
 public:
  explicit NpuTestCommand(CLI::App& npu);
  std::string why_missing(const std::string& option) const override;
  ExitCode run() override;

 private:
  bool json_ = false;
  std::string only_;
  std::string device_ = "npu-sim";
};

}  // namespace skald::cli
