#pragma once
// What the decoder's launches take on the array, simulated without values.

#include <string_view>

#include "base/result.h"

namespace skald::npu {

struct StepForecast {
  double step_ms = 0;    ///< a token of every window
  double window_ms = 0;  ///< keys and values of one
};

/// `windows` full ones with a hypothesis each, halfway through 64 tokens; at the usual clock and kPlannedDdrGbS.
/// `model`: a published one's name. Errors: those of named_dims, the planner and Simulation.
Result<StepForecast> forecast_steps(std::string_view model, int windows);

}  // namespace skald::npu
