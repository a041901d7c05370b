#pragma once
// What the simulator predicts for one planned operator: the numbers that `skald npu simulate`, `validate`, `ladder` and
// `bench` print.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/plan/operators.h"
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
  double rate = 0;           ///< of the operator's unit, a second of array time
  double gops = 0;           ///< two for each of the operator's multiply-accumulates, by array_ms; 0: it is no product
  double share_of_peak = 0;  ///< of the cores that it is laid on
};

/// Counters of a launch without values. Errors: those of Simulation.
Result<sim::Report> costs_of(const Program& program, const sim::TimeModel& time);

/// Simulates the time of a launch. Errors: those of Simulation.
Result<Prediction> predict(const plan::PlannedOperator& planned, const sim::TimeModel& time);

/// "fc1" of "layer 2 fc1".
std::string kind_of_phase(const std::string& name);

/// Phases of an encoder that are the same but for the layer.
struct PhaseKind {
  std::string name;  ///< "conv1", "fc1"
  plan::EncoderPhase::Kind kind;
  size_t first;   ///< index of the first one
  int64_t times;  ///< how many there are
  int64_t macs;   ///< of the model, of one
};

/// In the order of their first ones.
std::vector<PhaseKind> phase_kinds(const plan::EncoderLayout& layout);

/// What one phase of a kind takes, by itself.
struct PhasePrediction {
  std::string name;
  int64_t times = 0;
  int64_t macs = 0;
  double ms = 0;
  Bounds bounds{};
};

/// Each kind of phase, simulated by itself: in the launch, the next one's weights are on their way before it has ended.
/// Errors: those of the planner and of Simulation.
Result<std::vector<PhasePrediction>> predict_phases(const plan::EncoderProblem& problem, const sim::TimeModel& time);

/// Bounds of a launch from its counters.
Bounds bounds_of(const sim::Report& report);

}  // namespace skald::npu
