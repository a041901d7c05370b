#include "engine/bench.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace skald::engine {
namespace {

TEST(Bench, MeasuresEveryPart) {
  const auto report = bench({.shape = "mini.en", .threads = 1, .repeats = 1});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ("mini.en", report->shape);
  EXPECT_GT(report->parameters, 20'000'000);
  EXPECT_GT(report->memory, 20 << 20);
  for (const char* what : {"mel", "encoder", "decoder window", "decoder step", "first token", "whole window"}) {
    const auto found = std::ranges::find(report->results, what, &BenchResult::what);
    ASSERT_NE(report->results.end(), found) << what;
    EXPECT_GT(found->median_ms, 0) << what;
    EXPECT_LE(found->best_ms, found->median_ms) << what;
  }
  const auto& whole = report->results.back();
  EXPECT_EQ(8, whole.batch);
  EXPECT_NEAR(whole.batch * 30'000 / whole.median_ms, whole.realtime, 1e-6 * whole.realtime);
}

TEST(Bench, WithoutAnEncoder) {
  const auto report = bench({.shape = "mini.en", .threads = 1, .repeats = 1, .encoder = false});
  ASSERT_TRUE(report) << to_string(report.error());
  for (const BenchResult& result : report->results) {
    EXPECT_TRUE(result.what == "mel" || result.what.starts_with("decoder")) << result.what;
  }
  const double ten = decoding_time(*report, 8, 10).clock_ms;
  const auto step = std::ranges::find_if(
      report->results, [](const BenchResult& result) { return result.what == "decoder step" && result.batch == 8; });
  ASSERT_NE(report->results.end(), step);
  EXPECT_NEAR(ten + 10 * step->best_ms / 8, decoding_time(*report, 8, 20).clock_ms, 1e-9);
  EXPECT_GT(ten, 11 * step->best_ms / 8);
  EXPECT_GT(decoding_time(*report, 8, 10).processor_ms, 11 * step->cpu_ms / 8);
}

TEST(Bench, Refusals) {
  EXPECT_EQ(ErrorCode::kNotFound, bench({.shape = "enormous"}).error().code);
  EXPECT_EQ(ErrorCode::kInvalidArgument, bench({.compute_type = "float7"}).error().code);
  EXPECT_EQ(ErrorCode::kInvalidArgument, bench({.repeats = 0}).error().code);
  EXPECT_EQ(ErrorCode::kInvalidArgument, bench({.threads = -1}).error().code);
}

}  // namespace
}  // namespace skald::engine
