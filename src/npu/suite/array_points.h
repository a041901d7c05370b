#pragma once
// Published measurements of streams, the controller and whole products, and what the simulator says to each.

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "npu/kernels/published_points.h"
#include "npu/sim/time_model.h"

namespace skald::npu {

/// Points of streams, transfers and the controller. Errors: those of Simulation.
Result<std::vector<PublishedPoint>> transfer_points(const sim::TimeModel& time);

/// Points of whole products, as calls of the host. Errors: those of plan_operator and predict.
Result<std::vector<PublishedPoint>> product_points(const sim::TimeModel& time);

/// A published point that the simulator says nothing to, or that is known to come out elsewhere.
struct OpenPoint {
  std::string_view what;
  std::string_view published;
  std::string_view reason;
};
std::span<const OpenPoint> open_points();

}  // namespace skald::npu
