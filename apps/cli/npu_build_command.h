#pragma once
// skald npu build: what a real NPU needs of a model's encoder, as one file.

#include <string>
#include <vector>

#include "command.h"

namespace skald::cli {

class NpuBuildCommand final : public Command {
 public:
  explicit NpuBuildCommand(CLI::App& npu);
  ExitCode run() override;

 private:
  std::vector<std::string> words_;
  std::string compute_type_ = "auto";
  std::string output_;
};

}  // namespace skald::cli
