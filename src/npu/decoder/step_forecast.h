#pragma once
// What the decoder's launches take on the array, simulated without values.

#include "base/result.h"
#include "model/dims.h"

namespace skald::npu {

struct StepForecast {
  double step_ms = 0;    ///< a token of every window
  double window_ms = 0;  ///< keys and values of one
};

/// `windows` full ones with a hypothesis each, halfway through 64 tokens; at the usual clock and kPlannedDdrGbS.
/// Errors: those of the planner and of Simulation.
Result<StepForecast> forecast_steps(const model::Dims& dims, int windows);

}  // namespace skald::npu
