#include "npu_model_bench.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/bench.h"
#include "forecast_text.h"
#include "npu/decoder/step_forecast.h"
#include "npu/encoder/forecast.h"
#include "npu/plan/operators.h"
#include "npu/program/verify.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/encoder_search.h"
#include "npu/suite/lookups.h"

namespace skald::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kThreads = 2;  // cores of the assumption
constexpr int kBatch = 8;    // windows that decode together
constexpr int kTokens = 70;  // of a window, as engine/bench.cc has them
constexpr double kWindowSeconds = 30;

struct Measured {
  NpuReport npu;
  npu::StepForecast alone;     ///< the decoder on the array: one window
  npu::StepForecast together;  ///< kBatch of them
  engine::BenchReport cpu;
  int64_t frames = 0;       ///< of log-mel, a window
  double cpu_ms = 0;        ///< a window, by the clock, scaled
  double processor_ms = 0;  ///< of all threads, as measured
};

double frames_per_second(const Measured& m, const NpuForecast& forecast) {
  return 1e3 * static_cast<double>(m.frames) / (forecast.window_ms + m.npu.launch_ms);
}

std::string assumptions(const NpuModelBench& asked, const Measured& m) {
  return fmt::format(
      "{} tokens a window, {} windows decode together ({}, {}); two Zen 4 cores for log-mel and decoding: {:.1f} ms a "
      "window, {} x what {} threads of this machine took by the clock (their processor time: {:.1f} ms); while both "
      "work the NPU goes at {:.0f} % and the CPU at "
      "{:.0f} % of its rate (published: they share the memory)",
      kTokens, kBatch, m.cpu.isa, m.cpu.compute_type, m.cpu_ms, asked.cpu_scale, m.cpu.threads, m.processor_ms,
      100 * npu::kNpu1.host_memory.npu_beside_cpu, 100 * npu::kNpu1.host_memory.cpu_beside_npu);
}

/// Where decoding is faster: a step for kBatch windows on the array and, by this machine's time, on the CPU.
double cpu_step_ms(const Measured& m) {
  return m.cpu_ms * kBatch / kTokens;
}

std::string decoder_text(const Measured& m) {
  const double launch = m.npu.launch_ms;
  const double npu = m.together.step_ms + launch;
  const double cpu = cpu_step_ms(m);
  return fmt::format(
      "\ndecoder on the array, bfloat16: a step {:.2f} ms with one window, {:.2f} ms with {}, keys and values of a "
      "window "
      "{:.2f} ms, and {:.2f} ms of the host for each launch; the CPU takes {:.2f} ms for a step with {}: {} is the "
      "better "
      "place",
      m.alone.step_ms, m.together.step_ms, kBatch, m.together.window_ms, launch, cpu, kBatch,
      npu < cpu ? "the NPU" : "the CPU");
}

std::string as_text(const NpuModelBench& asked, const Measured& m) {
  std::string text = fmt::format("{}, {}\n{}\n", asked.model, asked.type, forecast_text(m.npu));
  text += fmt::format("  {:<24}", "encoder, frames/s");
  for (const NpuForecast& forecast : m.npu.forecasts)
    text += fmt::format("  {:>19.0f}", frames_per_second(m, forecast));
  text += fmt::format("\n  {:<24}", "CPU's share, both at once");
  for (const NpuForecast& forecast : m.npu.forecasts) {
    const double all = kWindowSeconds / forecast.realtime_pipelined;
    text += fmt::format(" {:>18.0f} %", 100 * 1e-3 * m.cpu_ms / all);
  }
  return text + "\n  " + assumptions(asked, m) + decoder_text(m) + "\n";
}

std::string as_json(const NpuModelBench& asked, const Measured& m) {
  Json rows = Json::array();
  for (const NpuForecast& f : m.npu.forecasts) {
    Json row = {{"clock_ghz", f.clock_ghz},     {"ddr_gb_s", f.ddr_gb_s},
                {"window_ms", f.window_ms},     {"frames_per_second", frames_per_second(m, f)},
                {"utilisation", f.utilisation}, {"busy", f.busy},
                {"realtime", f.realtime},       {"realtime_pipelined", f.realtime_pipelined}};
    if (asked.watts) row["joules"] = f.joules;
    rows.push_back(std::move(row));
  }
  return Json{{"device", "npu-sim"},
              {"model", asked.model},
              {"type", asked.type},
              {"launch_ms", m.npu.launch_ms},
              {"macs", m.npu.macs},
              {"ddr_read_bytes", m.npu.ddr_read_bytes},
              {"ddr_write_bytes", m.npu.ddr_write_bytes},
              {"cpu_ms", m.cpu_ms},
              {"processor_ms", m.processor_ms},
              {"decoder",
               {{"compute_type", "bfloat16"},
                {"step_ms", m.alone.step_ms},
                {"windows", kBatch},
                {"step_ms_of_windows", m.together.step_ms},
                {"window_ms", m.together.window_ms},
                {"cpu_step_ms_of_windows", cpu_step_ms(m)}}},
              {"assumptions", assumptions(asked, m)},
              {"results", std::move(rows)}}
             .dump(2) +
         "\n";
}

}  // namespace

Result<std::string> bench_model(const NpuModelBench& asked) {
  SKALD_TRY(const npu::plan::PlannedOperator planned,
            npu::plan::plan_operator({.name = asked.model, .type = asked.type}, std::string(npu::kNpu1.name),
                                     npu::best_encoder));
  if (!planned.encoder) {
    return fail(ErrorCode::kInvalidArgument, asked.model, "is an operator, not a model", "add --only for an operator");
  }
  SKALD_CHECK(npu::verified(planned.program, npu::catalogue_lookup()));
  Measured m{.frames = 2 * planned.encoder->positions};
  SKALD_TRY(m.npu, npu::forecast_window(*planned.encoder, planned.program));
  SKALD_TRY(m.alone, npu::forecast_steps(asked.model, 1));
  SKALD_TRY(m.together, npu::forecast_steps(asked.model, kBatch));
  SKALD_TRY(m.cpu, engine::bench({.shape = asked.model, .threads = kThreads, .encoder = false}));
  const engine::DecodingTime time = engine::decoding_time(m.cpu, kBatch, kTokens);
  m.cpu_ms = asked.cpu_scale * time.clock_ms;
  m.processor_ms = time.processor_ms;
  m.npu.contexts = 1;
  m.npu.launches = 1;
  npu::complete_forecasts(m.npu, kWindowSeconds, 1e-3 * m.cpu_ms, asked.watts);
  return asked.json ? as_json(asked, m) : as_text(asked, m);
}

}  // namespace skald::cli
