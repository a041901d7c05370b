#include "npu/suite/predict.h"

#include <algorithm>
#include <array>
#include <utility>

#include "npu/sim/catalogue_kernels.h"
#include "npu/spec/device_spec.h"

namespace skald::npu {

std::string Bounds::largest() const {
  const std::array<std::pair<double, const char*>, 4> all{
      {{compute, "compute"}, {stream, "stream"}, {ddr, "DDR"}, {controller, "controller"}}};
  return std::ranges::max_element(all, {}, [](const auto& entry) { return entry.first; })->second;
}

Bounds bounds_of(const sim::Report& report) {
  Bounds bounds{.ddr = report.ddr_busy, .controller = report.controller_cycles};
  for (const sim::CoreReport& core : report.cores) bounds.compute = std::max(bounds.compute, core.busy + core.locks);
  for (const sim::StreamReport& stream : report.streams) bounds.stream = std::max(bounds.stream, stream.busy);
  return bounds;
}

Result<Prediction> predict_matmul(const plan::MatmulProblem& problem, const plan::MatmulTiling& tiling,
                                  const sim::TimeModel& time) {
  SKALD_TRY(const Program program, plan::plan_matmul(problem, tiling, std::string(kNpu1.name)));
  SKALD_TRY(const auto simulation,
            sim::Simulation::load(program, sim::catalogue_kernels(), {.values = false, .time = time}));
  SKALD_TRY(sim::Report report, simulation->launch({}));
  Prediction prediction{.report = std::move(report)};
  prediction.bounds = bounds_of(prediction.report);
  prediction.array_ms = prediction.report.cycles / time.clock_ghz * 1e-6;
  prediction.launch_ms = kNpu1.host.ordinary_launch_us * 1e-3;
  prediction.call_ms = prediction.array_ms + prediction.launch_ms;
  const double operations = 2.0 * static_cast<double>(problem.m * problem.k * problem.n);
  prediction.gops = operations / prediction.array_ms * 1e-6;
  const int macs = kNpu1.core.macs(problem.type);
  const double peak_gops = 2.0 * macs * tiling.rows * tiling.columns * time.clock_ghz;
  prediction.share_of_peak = prediction.gops / peak_gops;
  return prediction;
}

}  // namespace skald::npu
