#pragma once
// The same work in fewer and fewer launches: what a launch costs decides, long before the array does.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/sim/time_model.h"

namespace skald::npu::suite {

/// A call of the host as old paths took it (an interpreter, one buffer copy and one wait a call), ms: reference,
/// section 3.3: 1.385 ms through IRON's Python.
inline constexpr double kOldCallMs = 1.5;

struct Rung {
  std::string what;
  int64_t launches = 0;
  double array_ms = 0;  ///< of all launches
  double macs = 0;      ///< multiply-accumulates in kernels, of all launches

  double host_ms = 0;     ///< work of the CPU, beside launching
  double softmax_ms = 0;  ///< of array_ms; 0: none, or inside another launch
  double gelu_ms = 0;     ///< the same
  double norm_ms = 0;     ///< the same, LayerNorm

  double call_ms(double launch_ms) const { return array_ms + host_ms + static_cast<double>(launches) * launch_ms; }
};

struct Ladder {
  std::string what;
  std::vector<Rung> rungs;  ///< most launches first
};

/// Simulated, time only. Errors: those of the planners and the simulator.
Result<std::vector<Ladder>> ladders(const sim::TimeModel& time);

}  // namespace skald::npu::suite
