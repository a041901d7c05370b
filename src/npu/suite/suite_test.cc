// Planned products are legal, printable for the toolchain and as fast as promised; published points come out in band.

#include <gtest/gtest.h>

#include <iostream>

#include "npu/program/text.h"
#include "npu/program/verify.h"
#include "npu/suite/array_points.h"
#include "npu/suite/lookups.h"
#include "npu/suite/predict.h"

namespace skald::npu {
namespace {

struct Design {
  plan::MatmulProblem problem;
  plan::MatmulTiling tiling;
};

std::vector<Design> designs() {
  using plan::Finish;
  std::vector<Design> all;
  for (const auto& [rows, columns] : {std::pair{1, 1}, {4, 1}, {4, 2}, {4, 4}}) {
    for (const Finish finish : {Finish::kNone, Finish::kRequantise}) {
      all.push_back({{.m = 500, .k = 512, .n = 512, .type = Element::kI8, .finish = finish, .down = 5, .shift = 14},
                     {.tile = {64, 64, finish == Finish::kNone ? 64 : 128}, .rows = rows, .columns = columns}});
    }
    for (const Finish finish : {Finish::kNone, Finish::kBias}) {
      all.push_back({{.m = 500, .k = 512, .n = 512, .type = Element::kBf16, .finish = finish},
                     {.tile = {64, 32, finish == Finish::kNone ? 96 : 128}, .rows = rows, .columns = columns}});
    }
  }
  return all;
}

std::string title(const Design& design) {
  return std::to_string(design.tiling.rows) + " x " + std::to_string(design.tiling.columns) + " cores, finish " +
         std::to_string(static_cast<int>(design.problem.finish));
}

TEST(Suite, PlannedProductsAreLegal) {
  for (const Design& design : designs()) {
    SCOPED_TRACE(title(design));
    const auto program = plan_matmul(design.problem, design.tiling, "npu1");
    ASSERT_TRUE(program) << to_string(program.error());
    for (const Violation& violation : verify(*program, catalogue_lookup())) ADD_FAILURE() << to_string(violation);
  }
}

TEST(Suite, PlannedProductsArePrintedForTheToolchain) {
  for (const Design& design : designs()) {
    const auto program = plan_matmul(design.problem, design.tiling, "npu1").value();
    const auto text = emit(program, catalogue_code());
    ASSERT_TRUE(text) << to_string(text.error());
    EXPECT_NE(std::string::npos, text->find("aie.device(npu1)"));
    EXPECT_EQ(program, parse(print(program)).value());
  }
}

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

/// The bounds that the issue sets for the whole array at 1.028 GHz: 10^12 operations a second.
TEST(Suite, WholeArrayProductsAreFast) {
  struct Row {
    Design design;
    double least;
  };
  const auto i8 = [](int64_t m, int64_t k, int64_t n) {
    return Design{{.m = m, .k = k, .n = n, .finish = plan::Finish::kRequantise, .down = 5, .shift = 14},
                  {.tile = {64, 64, 128}}};
  };
  const auto bf16 = [](int64_t m, int64_t k, int64_t n) {
    return Design{{.m = m, .k = k, .n = n, .type = Element::kBf16, .finish = plan::Finish::kBias},
                  {.tile = {64, 32, 128}}};
  };
  for (const Row& row :
       {Row{i8(1500, 512, 512), 4.0}, Row{i8(1500, 512, 1536), 4.0}, Row{i8(1500, 512, 2048), 4.0},
        Row{i8(1500, 2048, 512), 4.0}, Row{i8(1500, 1280, 5120), 5.0}, Row{i8(1500, 5120, 1280), 5.0},
        Row{bf16(1500, 512, 512), 2.0}, Row{bf16(1500, 512, 1536), 2.0}, Row{bf16(1500, 512, 2048), 2.0},
        Row{bf16(1500, 2048, 512), 2.0}, Row{bf16(1500, 1280, 5120), 2.5}, Row{bf16(1500, 5120, 1280), 2.5}}) {
    const auto prediction = predict_matmul(row.design.problem, row.design.tiling, {});
    ASSERT_TRUE(prediction) << to_string(prediction.error());
    EXPECT_GE(prediction->gops / 1000, row.least);
    // No bound is beaten.
    EXPECT_GE(prediction->report.cycles, prediction->bounds.compute);
    EXPECT_GE(prediction->report.cycles, prediction->bounds.ddr);
    EXPECT_LT(prediction->share_of_peak, 1.0);
  }
}

}  // namespace
}  // namespace skald::npu
