#pragma once
// What the simulator predicts for one planned product: the numbers that `skald npu simulate`, `validate`, `ladder` and
// `bench` print.

#include <string>

#include "base/result.h"
#include "npu/plan/matmul.h"
#include "npu/sim/simulation.h"

namespace skald::npu {

/// What bounds a launch from below, each alone, in array cycles.
struct Bounds {
  double compute = 0;     ///< the busiest core's kernels
  double stream = 0;      ///< the busiest stream
  double ddr = 0;         ///< all host memory traffic at the assumed rate
  double controller = 0;  ///< writing and pushing

  /// "compute", "stream", "DDR" or "controller": the largest.
  std::string largest() const;
};

struct Prediction {
  sim::Report report;
  Bounds bounds;
  double array_ms = 0;       ///< from the first instruction of the sequence to the end of its last wait
  double launch_ms = 0;      ///< of the host: DeviceSpec, ordinary launch
  double call_ms = 0;        ///< both
  double gops = 0;           ///< 2 m k n of the problem, without padding, by array_ms
  double share_of_peak = 0;  ///< of the columns used
};

/// Plans and simulates the time of `problem`. Errors: those of plan_matmul and Simulation.
Result<Prediction> predict_matmul(const plan::MatmulProblem& problem, const plan::MatmulTiling& tiling,
                                  const sim::TimeModel& time);

/// Bounds of a launch from its counters.
Bounds bounds_of(const sim::Report& report);

}  // namespace skald::npu
