#include "npu/decoder/step_forecast.h"

#include <string>
#include <vector>

#include "model/random_checkpoint.h"
#include "npu/decoder/decoder_weights.h"
#include "npu/program/verify.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/encoder_search.h"
#include "npu/suite/lookups.h"
#include "npu/suite/predict.h"

namespace skald::npu {
namespace {

constexpr int64_t kPosition = 32;  // of the newest tokens

Result<double> milliseconds(const Program& program) {
  SKALD_CHECK(verified(program, catalogue_lookup()));
  const sim::TimeModel time = planned_time();
  SKALD_TRY(const sim::Report report, costs_of(program, time));
  return report.cycles / time.clock_ghz * 1e-6;
}

}  // namespace

Result<StepForecast> forecast_steps(std::string_view model, int windows) {
  SKALD_TRY(const model::Dims dims, model::named_dims(model));
  const std::string device(kNpu1.name);
  const plan::DecoderProblem problem = decoder_problem(dims, windows, windows);
  SKALD_TRY(const plan::DecoderLayout layout, plan::decoder_layout(problem));
  std::vector<plan::DecoderRows> step;
  step.reserve(static_cast<size_t>(windows));
  for (int window = 0; window < windows; ++window) {
    step.push_back(
        {.slot = window, .window = window, .positions = dims.audio_ctx, .first = kPosition, .rows = plan::kRowsOfTurn});
  }
  StepForecast forecast;
  SKALD_TRY(const Program of_step, plan::plan_decoder_step(problem, layout, step, device));
  SKALD_TRY(forecast.step_ms, milliseconds(of_step));
  SKALD_TRY(const Program of_window, plan::plan_decoder_window(problem, layout, 0, device));
  SKALD_TRY(forecast.window_ms, milliseconds(of_window));
  return forecast;
}

}  // namespace skald::npu
