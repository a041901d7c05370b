#pragma once
// skald npu bench MODEL: a whole encoder on the simulated array, and with the CPU's measured share the whole pipeline.

#include <optional>
#include <string>

#include "base/result.h"

namespace skald::cli {

struct NpuModelBench {
  std::string model = {};   ///< "base": weights are random
  std::string type = "i8";  ///< "i8", "bf16"
  double cpu_scale = 1;     ///< this machine's CPU times are multiplied by it
  std::optional<double> watts = {};
  bool json = false;
};

/// What to print. Errors: those of plan_operator, the simulator and engine::bench.
Result<std::string> bench_model(const NpuModelBench& asked);

}  // namespace skald::cli
