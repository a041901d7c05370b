#pragma once
// skald npu test | bench | ladder: every kernel on the simulated array against plain arithmetic; how fast; what
// launches cost.

#include <string>

#include "command.h"
#include "npu/sim/time_model.h"
#include "npu_encoder_cases.h"
#include "npu_model_bench.h"

namespace skald::cli {

/// skald npu test
class NpuTestCommand final : public Command {
 public:
  explicit NpuTestCommand(CLI::App& npu);
  ExitCode run() override;

 private:
  bool json_ = false;
  std::string only_;
  std::string device_ = "npu-sim";
  EncoderSource encoder_{};
};

/// skald npu bench
class NpuBenchCommand final : public Command {
 public:
  explicit NpuBenchCommand(CLI::App& npu);
  ExitCode run() override;

 private:
  ExitCode run_model();

  NpuModelBench model_{};
  bool json_ = false;
  std::string only_;
  npu::sim::TimeModel time_{};
};

/// skald npu ladder
class NpuLadderCommand final : public Command {
 public:
  explicit NpuLadderCommand(CLI::App& npu);
  ExitCode run() override;

 private:
  bool json_ = false;
};

}  // namespace skald::cli
