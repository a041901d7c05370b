#pragma once
// Published measurements of streams, the controller and whole products, and what the simulator says to each.

#include <vector>

#include "base/result.h"
#include "npu/kernels/published_points.h"
#include "npu/sim/time_model.h"

namespace skald::npu {

/// Points of streams, transfers and the controller. Errors: those of Simulation.
Result<std::vector<PublishedPoint>> transfer_points(const sim::TimeModel& time);

}  // namespace skald::npu
