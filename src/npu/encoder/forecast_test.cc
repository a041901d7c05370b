// What a real NPU would take: sums of phases, orders of assumptions, both wings at once.

#include "npu/encoder/forecast.h"

#include <gtest/gtest.h>

#include <numeric>

namespace skald::npu {
namespace {

constexpr plan::EncoderProblem kSmallEncoder{
    .positions = 300, .width = 128, .heads = 2, .hidden = 512, .layers = 2, .precision = plan::EncoderPrecision::kInt8};

TEST(Forecast, PhasesAreTheWholeWindow) {
  const auto program = plan::plan_encoder(kSmallEncoder, {}, "npu1").value();
  const auto report = forecast_window(kSmallEncoder, program);
  ASSERT_TRUE(report) << to_string(report.error());
  ASSERT_EQ(4U, report->forecasts.size());
  EXPECT_EQ(1.028, report->forecasts.front().clock_ghz);
  EXPECT_EQ(1.6, report->forecasts.back().clock_ghz);
  EXPECT_GT(report->kernel_macs, report->macs);
  // Products, attention's two and the stem's, by hand.
  const int64_t layer = 300 * 128 * (3 * 128 + 128 + 2 * 512) + 2 * 300 * 300 * 128;
  EXPECT_EQ(2 * layer + 600 * 240 * 128 + 300 * 384 * 128, report->macs);
  for (const NpuForecast& forecast : report->forecasts) {
    const double sum = std::accumulate(forecast.phases.begin(), forecast.phases.end(), 0.0,
                                       [](double ms, const NpuPhase& phase) { return ms + phase.ms; });
    EXPECT_NEAR(forecast.window_ms, sum, 1e-9);
    EXPECT_EQ(10U, forecast.phases.size());
    for (const NpuPhase& phase : forecast.phases) EXPECT_GT(phase.ms, 0) << phase.name;
    EXPECT_GT(forecast.busy, forecast.utilisation);
    EXPECT_LT(forecast.busy, 1);
    EXPECT_GT(forecast.utilisation, 0);
  }
  EXPECT_GT(report->forecasts[0].window_ms, report->forecasts[1].window_ms);  // less memory bandwidth
  EXPECT_GT(report->forecasts[0].window_ms, report->forecasts[2].window_ms);  // a slower clock
}

TEST(Forecast, BothAtOnceTakesLongerThanEitherAndLessThanBothInTurn) {
  EXPECT_DOUBLE_EQ(2, pipelined_seconds(2, 0));
  EXPECT_DOUBLE_EQ(3, pipelined_seconds(0, 3));
  for (const auto& [npu, cpu] : {std::pair{1.0, 1.0}, {1.0, 5.0}, {5.0, 1.0}}) {
    const double both = pipelined_seconds(npu, cpu);
    EXPECT_GT(both, std::max(npu, cpu));
    EXPECT_LT(both, npu + cpu);
  }
  // Alike in length and slowed alike, both end together.
  EXPECT_NEAR(1082.0 / 682, pipelined_seconds(1, 1082.0 / 682 * 542 / 829), 1e-12);
}

TEST(Forecast, OfATranscription) {
  NpuReport report{.launches = 10, .launch_ms = 0.5, .forecasts = {{.window_ms = 9.5}}};
  complete_forecasts(report, 300, 0.4, 5);
  EXPECT_DOUBLE_EQ(0.1, report.forecasts[0].npu_seconds);
  EXPECT_DOUBLE_EQ(600, report.forecasts[0].realtime);
  EXPECT_DOUBLE_EQ(300 / pipelined_seconds(0.1, 0.4), report.forecasts[0].realtime_pipelined);
  EXPECT_DOUBLE_EQ(0.5, report.forecasts[0].joules);
  EXPECT_EQ(5, report.watts);
  complete_forecasts(report, 300, 0.4, std::nullopt);
  EXPECT_EQ(0, report.forecasts[0].joules);
}

}  // namespace
}  // namespace skald::npu
