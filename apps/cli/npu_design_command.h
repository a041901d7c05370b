#pragma once
// skald npu plan | simulate | emit: one operator laid on the array, as text, as a prediction, for the toolchain.

#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "npu/plan/operators.h"
#include "npu/sim/time_model.h"
#include "npu/suite/encoder_search.h"

namespace skald::cli {

/// What the three commands share: which operator, on which cores.
class NpuDesignCommand : public Command {
 public:
  NpuDesignCommand(CLI::App& npu, const std::string& name, const std::string& description);
  ExitCode run() final;

 protected:
  /// What to print. Errors: of simulating, writing.
  virtual Result<std::string> answer(const npu::plan::PlannedOperator& planned) = 0;

  /// How a whole encoder's layout was found; null for other operators.
  const npu::EncoderSearch* search() const { return search_ ? &*search_ : nullptr; }

 private:
  Result<npu::plan::PlannedOperator> plan();

  std::string name_;
  std::vector<std::string> words_;
  npu::plan::OperatorRequest request_;
  std::string tile_;
  std::optional<npu::EncoderSearch> search_;
};

/// skald npu plan OP SIZES
class NpuPlanCommand final : public NpuDesignCommand {
 public:
  explicit NpuPlanCommand(CLI::App& npu);

 private:
  Result<std::string> answer(const npu::plan::PlannedOperator& planned) override;
  bool explain_ = false;
};

/// skald npu simulate OP SIZES
class NpuSimulateCommand final : public NpuDesignCommand {
 public:
  explicit NpuSimulateCommand(CLI::App& npu);

 private:
  Result<std::string> answer(const npu::plan::PlannedOperator& planned) override;
  bool json_ = false;
  std::string trace_;
  npu::sim::TimeModel time_{};
};

/// skald npu emit OP SIZES
class NpuEmitCommand final : public NpuDesignCommand {
 public:
  explicit NpuEmitCommand(CLI::App& npu);

 private:
  Result<std::string> answer(const npu::plan::PlannedOperator& planned) override;
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
