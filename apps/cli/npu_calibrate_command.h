#pragma once
// skald npu calibrate: the steps of int8 that a model's encoder needs on the NPU, from recordings of speech.

#include <string>
#include <vector>

#include "command.h"

namespace skald::cli {

class NpuCalibrateCommand final : public Command {
 public:
  explicit NpuCalibrateCommand(CLI::App& npu);
  ExitCode run() override;

 private:
  std::vector<std::string> words_;
  std::string output_;
};

}  // namespace skald::cli
