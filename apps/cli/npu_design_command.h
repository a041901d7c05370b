#pragma once
// skald npu plan | simulate | emit: one operator laid on the array, as text, as a prediction, for the toolchain.

#include <string>
#include <vector>

#include "command.h"
#include "npu/plan/matmul.h"
#include "npu/sim/time_model.h"

namespace skald::cli {

/// What the three commands share: which product, on which tiles.
class NpuDesignCommand : public Command {
 public:
  NpuDesignCommand(CLI::App& npu, const std::string& name, const std::string& description);
  ExitCode run() final;

 protected:
  struct Design {
    npu::plan::MatmulProblem problem{};
    npu::plan::MatmulTiling tiling{};
  };

  /// What to print. Errors: of planning, simulating, writing.
  virtual Result<std::string> answer(const Design& design) = 0;

 private:
  Result<Design> read() const;

  std::string name_;
  std::vector<std::string> words_;
  std::string type_ = "i8";
  std::string tile_;
  std::string finish_ = "auto";
  int columns_ = 4;
};

/// skald npu plan OP M K N
class NpuPlanCommand final : public NpuDesignCommand {
 public:
  explicit NpuPlanCommand(CLI::App& npu);

 private:
  Result<std::string> answer(const Design& design) override;
  bool explain_ = false;
};

/// skald npu simulate OP M K N
class NpuSimulateCommand final : public NpuDesignCommand {
 public:
  explicit NpuSimulateCommand(CLI::App& npu);

 private:
  Result<std::string> answer(const Design& design) override;
  bool json_ = false;
  std::string trace_;
  npu::sim::TimeModel time_{};
};

/// skald npu emit OP M K N
class NpuEmitCommand final : public NpuDesignCommand {
 public:
  explicit NpuEmitCommand(CLI::App& npu);

 private:
  Result<std::string> answer(const Design& design) override;
};

/// skald npu validate
class NpuValidateCommand final : public Command {
 public:
  explicit NpuValidateCommand(CLI::App& npu);
  ExitCode run() override;

 private:
  bool json_ = false;
};

}  // namespace skald::cli
