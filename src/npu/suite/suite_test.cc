// Products on the whole array are as fast as promised; published points come out in band.

#include <gtest/gtest.h>

#include <vector>

#include "npu/suite/array_points.h"
#include "npu/suite/encoder_ladder.h"
#include "npu/suite/predict.h"

namespace skald::npu {
namespace {

TEST(Suite, PublishedPointsAreInBand) {
  auto points = transfer_points({});
  const auto products = product_points({});
  ASSERT_TRUE(points) << to_string(points.error());
  ASSERT_TRUE(products) << to_string(products.error());
  points->insert(points->end(), products->begin(), products->end());
  for (const PublishedPoint& point : *points) {
    EXPECT_TRUE(point.in_band()) << point.id << ": " << point.simulated << ", published " << point.expected;
  }
}

/// What the array has to reach at 1.028 GHz: 10^12 operations a second.
TEST(Suite, WholeArrayProductsAreFast) {
  struct Row {
    const char* type;
    std::vector<int64_t> size;
    double least;
  };
  for (const Row& row :
       {Row{"i8", {1500, 512, 512}, 4.0}, Row{"i8", {1500, 512, 1536}, 4.0}, Row{"i8", {1500, 512, 2048}, 4.0},
        Row{"i8", {1500, 2048, 512}, 4.0}, Row{"i8", {1500, 1280, 5120}, 5.0}, Row{"i8", {1500, 5120, 1280}, 5.0},
        Row{"bf16", {1500, 512, 512}, 2.0}, Row{"bf16", {1500, 512, 1536}, 2.0}, Row{"bf16", {1500, 512, 2048}, 2.0},
        Row{"bf16", {1500, 2048, 512}, 2.0}, Row{"bf16", {1500, 1280, 5120}, 2.5},
        Row{"bf16", {1500, 5120, 1280}, 2.5}}) {
    const auto planned = plan::plan_operator({.name = "matmul", .sizes = row.size, .type = row.type}, "npu1");
    ASSERT_TRUE(planned) << to_string(planned.error());
    const auto prediction = predict(*planned, {});
    ASSERT_TRUE(prediction) << to_string(prediction.error());
    EXPECT_GE(prediction->gops / 1000, row.least);
    // No bound is beaten.
    EXPECT_GE(prediction->report.cycles, prediction->bounds.compute);
    EXPECT_GE(prediction->report.cycles, prediction->bounds.ddr);
    EXPECT_LT(prediction->share_of_peak, 1.0);
  }
}

/// An encoder's phases, each by itself, take about as long as the launch, whose phases overlap a little.
TEST(Suite, PhasesOfAnEncoderMakeItsTime) {
  const auto planned = plan::plan_operator({.name = "mini.en"}, "npu1");
  ASSERT_TRUE(planned) << to_string(planned.error());
  const auto whole = predict(*planned, {});
  const auto phases = predict_phases(*planned->encoder, {});
  ASSERT_TRUE(phases) << to_string(phases.error());
  EXPECT_EQ(phases->size(), 2 + 7 + 1U);  // stem, a layer, the last norm
  double ms = 0;
  int64_t macs = 0;
  for (const PhasePrediction& phase : *phases) {
    ms += phase.ms * static_cast<double>(phase.times);
    macs += phase.macs * phase.times;
    EXPECT_GE(phase.ms * 1.028e6, phase.bounds.compute) << phase.name;
  }
  EXPECT_EQ(macs, planned->macs);
  EXPECT_GT(ms, whole->array_ms);
  EXPECT_LT(ms, 1.2 * whole->array_ms);
}

/// The same encoder in fewer and fewer launches.
TEST(Suite, AnEncoderInFewerLaunchesIsFaster) {
  for (const int64_t positions : {10, 100}) {
    const auto ladder = suite::encoder_ladder(positions, {});
    ASSERT_TRUE(ladder) << to_string(ladder.error());
    const std::vector<suite::Rung>& rungs = ladder->rungs;
    ASSERT_EQ(6U, rungs.size());
    // A row a launch: 13 of LayerNorm and 13 residuals, 8 x 6 of softmax, GELU of stem and layers; and products.
    constexpr int64_t kProducts = 2 + 4 * 6 + 2 * 8 * 6;
    EXPECT_EQ(positions * (13 + 13 + 48 + 3 + 6) + kProducts, rungs[0].launches);
    EXPECT_EQ(13 + 13 + 6 + 2 + 6 + kProducts, rungs[1].launches);
    EXPECT_EQ(kProducts, rungs[2].launches);
    EXPECT_EQ(58, rungs[3].launches);
    EXPECT_EQ(9, rungs[4].launches);
    EXPECT_EQ(1, rungs[5].launches);
    EXPECT_GT(rungs[2].host_ms, 0);
    EXPECT_GT(rungs[0].softmax_ms, rungs[1].softmax_ms);
    EXPECT_EQ(0, rungs[2].softmax_ms);
    for (const suite::Rung& rung : rungs) EXPECT_GE(rungs[0].call_ms(0.128), rung.call_ms(0.128)) << rung.what;
    for (const suite::Rung& rung : rungs) EXPECT_LE(rungs[5].call_ms(0.128), rung.call_ms(0.128)) << rung.what;
  }
}

}  // namespace
}  // namespace skald::npu
