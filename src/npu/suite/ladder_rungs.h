#pragma once
// What rungs are made of.

#include <cstdint>

#include "base/result.h"
#include "npu/program/program.h"
#include "npu/sim/time_model.h"
#include "npu/suite/ladder.h"

namespace skald::npu::suite {

/// Adds `launches` of a Program, simulated once. Errors: those of verify() and the simulator.
Result<void> add_launches(Rung& rung, const Program& program, int64_t launches, const sim::TimeModel& time);

}  // namespace skald::npu::suite
