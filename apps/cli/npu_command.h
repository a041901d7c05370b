#pragma once
// skald npu: the commands about the NPU, for people who look inside.

#include <vector>

#include "command.h"
#include "npu_build_command.h"
#include "npu_calibrate_command.h"
#include "npu_design_command.h"
#include "npu_suite_command.h"

namespace skald::cli {

/// skald npu info
class NpuInfoCommand final : public Command {
 public:
  explicit NpuInfoCommand(CLI::App& npu);
  ExitCode run() override;

 private:
  bool json_ = false;
};

/// The word "npu" with its commands.
class NpuCommands {
 public:
  explicit NpuCommands(CLI::App& root);
  CLI::App& app() { return *app_; }
  std::vector<Command*> commands() {
    return {&info_, &plan_, &simulate_, &emit_, &validate_, &test_, &bench_, &ladder_, &calibrate_, &build_};
  }

 private:
  CLI::App* app_;
  NpuInfoCommand info_;
  NpuPlanCommand plan_;
  NpuSimulateCommand simulate_;
  NpuEmitCommand emit_;
  NpuValidateCommand validate_;
  NpuTestCommand test_;
  NpuBenchCommand bench_;
  NpuLadderCommand ladder_;
  NpuCalibrateCommand calibrate_;
  NpuBuildCommand build_;
};

}  // namespace skald::cli
