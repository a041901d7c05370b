#pragma once
// Whisper base's encoder in fewer and fewer launches, for windows of several lengths.

#include <cstdint>

#include "base/result.h"
#include "npu/sim/time_model.h"
#include "npu/suite/ladder.h"

namespace skald::npu::suite {

/// In bfloat16. What an operation leaves is not yet as the next one wants it where each has a launch of its own: moving
/// it is not counted. Errors: those of the planners and the simulator.
Result<Ladder> encoder_ladder(int64_t positions, const sim::TimeModel& time);

}  // namespace skald::npu::suite
