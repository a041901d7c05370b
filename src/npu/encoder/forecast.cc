#include "npu/encoder/forecast.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/encoder_search.h"
#include "npu/suite/predict.h"

namespace skald::npu {
namespace {

/// Cycles of the whole array that the model's own multiply-accumulates take at peak.
double ideal_cycles(const plan::EncoderLayout& layout) {
  double cycles = 0;
  for (const plan::EncoderPhase& phase : layout.phases) {
    // Attention is bfloat16 even where its results are int8.
    const bool int8 = phase.int8 && phase.kind == plan::EncoderPhase::Kind::kProduct;
    const int macs = kNpu1.core.macs(int8 ? Element::kI8 : Element::kBf16) * kNpu1.geometry.compute_tiles();
    cycles += static_cast<double>(phase.macs) / macs;
  }
  return cycles;
}

/// From one handing over of parameters to the next, kinds of phases together.
std::vector<NpuPhase> phases_of(const plan::EncoderLayout& layout, const sim::Report& report, double cycles_a_ms) {
  std::vector<NpuPhase> phases;
  for (size_t i = 0; i < layout.phases.size(); ++i) {
    const double begin = i == 0 ? 0 : report.handed_over[i];
    const double end = i + 1 < layout.phases.size() ? report.handed_over[i + 1] : report.cycles;
    const std::string kind = kind_of_phase(layout.phases[i].name);
    auto known = std::ranges::find(phases, kind, &NpuPhase::name);
    if (known == phases.end()) known = phases.insert(phases.end(), {.name = kind});
    ++known->times;
    known->ms += (end - begin) / cycles_a_ms;
  }
  return phases;
}

}  // namespace

Result<NpuReport> forecast_window(const plan::EncoderProblem& problem, const Program& program) {
  SKALD_TRY(const plan::EncoderLayout layout, plan::encoder_layout(problem));
  NpuReport made{.launch_ms = kNpu1.host.ordinary_launch_us * 1e-3};
  for (const plan::EncoderPhase& phase : layout.phases) made.macs += phase.macs;
  for (const double ghz : {kNpu1.clock.array_ghz, kNpu1.clock.points.back().array_mhz * 1e-3}) {
    for (const double ddr : {kPlannedDdrGbS, kNpu1.host_memory.sustained_high_gb_s}) {
      sim::Options options{.values = false};
      options.time.clock_ghz = ghz;
      options.time.ddr_gb_s = ddr;
      SKALD_TRY(const auto simulation, sim::Simulation::load(program, sim::catalogue_kernels(), options));
      SKALD_TRY(const sim::Report report, simulation->launch({}));
      const double cycles_a_ms = ghz * 1e6;
      made.ddr_read_bytes = report.ddr_read_bytes;
      made.ddr_write_bytes = report.ddr_write_bytes;
      made.kernel_macs = report.macs;
      made.forecasts.push_back({.clock_ghz = ghz,
                                .ddr_gb_s = ddr,
                                .window_ms = report.cycles / cycles_a_ms,
                                .utilisation = ideal_cycles(layout) / report.cycles,
                                .busy = report.any_core_busy / report.cycles,
                                .phases = phases_of(layout, report, cycles_a_ms)});
    }
  }
  return made;
}

double pipelined_seconds(double npu, double cpu) {
  const double slow_npu = npu / kNpu1.host_memory.npu_beside_cpu;
  const double slow_cpu = cpu / kNpu1.host_memory.cpu_beside_npu;
  // Who is done first has been slowed to its end; the other one goes on by itself.
  if (slow_npu < slow_cpu) return slow_npu + cpu - slow_npu * kNpu1.host_memory.cpu_beside_npu;
  return slow_cpu + npu - slow_cpu * kNpu1.host_memory.npu_beside_cpu;
}

void complete_forecasts(NpuReport& report, double audio, double cpu, std::optional<double> watts) {
  report.cpu_seconds = cpu;
  report.watts = watts;
  const auto per_second = [audio](double seconds) { return seconds > 0 ? audio / seconds : 0; };
  for (NpuForecast& forecast : report.forecasts) {
    forecast.npu_seconds =
        static_cast<double>(report.launches) * (forecast.window_ms + report.launch_ms) * 1e-3 + report.decoding_seconds;
    forecast.realtime = per_second(forecast.npu_seconds + cpu);
    forecast.realtime_pipelined = per_second(pipelined_seconds(forecast.npu_seconds, cpu));
    forecast.joules = watts.value_or(0) * forecast.npu_seconds;
  }
}

}  // namespace skald::npu
