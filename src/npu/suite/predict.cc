#include "npu/suite/predict.h"

#include <algorithm>
#include <array>
#include <string_view>
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

Result<sim::Report> costs_of(const Program& program, const sim::TimeModel& time) {
  SKALD_TRY(const auto simulation,
            sim::Simulation::load(program, sim::catalogue_kernels(), {.values = false, .time = time}));
  return simulation->launch({});
}

Result<Prediction> predict(const plan::PlannedOperator& planned, const sim::TimeModel& time) {
  SKALD_TRY(sim::Report report, costs_of(planned.program, time));
  Prediction prediction{.report = std::move(report)};
  prediction.bounds = bounds_of(prediction.report);
  prediction.array_ms = prediction.report.cycles / time.clock_ghz * 1e-6;
  prediction.launch_ms = kNpu1.host.ordinary_launch_us * 1e-3;
  prediction.call_ms = prediction.array_ms + prediction.launch_ms;
  prediction.rate = static_cast<double>(planned.amount) / prediction.array_ms * 1e3;
  if (planned.macs > 0) {
    prediction.gops = 2.0 * static_cast<double>(planned.macs) / prediction.array_ms * 1e-6;
    prediction.share_of_peak = prediction.gops / (2.0 * planned.macs_a_cycle * planned.cores * time.clock_ghz);
  }
  return prediction;
}

std::string kind_of_phase(const std::string& name) {
  constexpr const char* kLayer = "layer ";
  return name.starts_with(kLayer) ? name.substr(name.find(' ', std::string_view(kLayer).size()) + 1) : name;
}

std::vector<PhaseKind> phase_kinds(const plan::EncoderLayout& layout) {
  std::vector<PhaseKind> kinds;
  for (size_t i = 0; i < layout.phases.size(); ++i) {
    const plan::EncoderPhase& phase = layout.phases[i];
    std::string name = kind_of_phase(phase.name);
    if (const auto known = std::ranges::find(kinds, name, &PhaseKind::name); known != kinds.end()) {
      ++known->times;
    } else {
      kinds.push_back({.name = std::move(name), .kind = phase.kind, .first = i, .times = 1, .macs = phase.macs});
    }
  }
  return kinds;
}

Result<std::vector<PhasePrediction>> predict_phases(const plan::EncoderProblem& problem, const sim::TimeModel& time) {
  SKALD_TRY(const plan::EncoderLayout layout, plan::encoder_layout(problem));
  std::vector<PhasePrediction> found;
  for (PhaseKind& kind : phase_kinds(layout)) {
    SKALD_TRY(const Program program, plan::plan_encoder_phase(problem, kind.first, std::string(kNpu1.name)));
    SKALD_TRY(const sim::Report report, costs_of(program, time));
    found.push_back({.name = std::move(kind.name),
                     .times = kind.times,
                     .macs = kind.macs,
                     .ms = report.cycles / time.clock_ghz * 1e-6,
                     .bounds = bounds_of(report)});
  }
  return found;
}

}  // namespace skald::npu
