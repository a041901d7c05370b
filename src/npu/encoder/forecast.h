#pragma once
// What a real NPU would take for what the simulated one did: a window under four assumptions, and the transcription
// with the CPU's share of it.

#include <optional>

#include "base/result.h"
#include "npu/plan/encoder.h"
#include "npu/program/program.h"
#include "skald/transcript.h"

namespace skald::npu {

/// A window of `problem`: bytes, multiply-accumulates, and for 1.028 and 1.6 GHz with little and much memory bandwidth
/// (kPlannedDdrGbS, and the rate that published products imply) how long it takes, phase by phase. `program`: its
/// Program. Errors: those of the simulator.
Result<NpuReport> forecast_window(const plan::EncoderProblem& problem, const Program& program);

/// Seconds until both are done when they work at the same time, each slowed by the other's use of the memory while both
/// do (DeviceSpec, HostMemorySpec). `npu`, `cpu`: of each by itself.
double pipelined_seconds(double npu, double cpu);

/// Fills in what depends on a whole transcription, for report.launches windows: `audio` seconds long, `cpu` seconds of
/// the CPU besides the encoder; `watts` of the NPU at work.
void complete_forecasts(NpuReport& report, double audio, double cpu, std::optional<double> watts);

}  // namespace skald::npu
