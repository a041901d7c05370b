// Planned products, run on the simulated array, against plain arithmetic.

#include "npu/plan/matmul.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iostream>
#include <random>

#include "base/half.h"
#include "npu/kernels/layout.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::plan {
namespace {

using suite::random_integers;
using suite::requantised_i8;

template <class T>
std::span<std::byte> bytes(std::vector<T>& values) {
  return std::as_writable_bytes(std::span(values));
}

template <class T>
std::span<const std::byte> bytes(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

struct MatmulRun {
  sim::Report report;
  std::vector<std::byte> c;
};

/// C as the array gives it, padded.
Result<MatmulRun> run_matmul(const MatmulProblem& problem, const MatmulTiling& tiling, std::span<const std::byte> a,
                             std::span<const std::byte> b, std::span<const std::byte> parameters) {
  SKALD_TRY(const Program program, plan_matmul(problem, tiling, "npu1"));
  SKALD_TRY(std::vector<std::byte> panels, pack_matmul_a(problem, tiling, a));
  SKALD_TRY(std::vector<std::byte> packed, pack_matmul_b(problem, tiling, b, parameters));
  const Block& block = program.arguments[2].block;
  MatmulRun ran;
  ran.c.resize(static_cast<size_t>(block.shape[0] * block.shape[1] *
                                   (block.type == Element::kI8     ? 1
                                    : block.type == Element::kBf16 ? 2
                                                                   : 4)));
  SKALD_TRY(const auto simulation, sim::Simulation::load(program, sim::catalogue_kernels(), {}));
  const std::vector<std::span<std::byte>> arguments{panels, packed, ran.c};
  SKALD_TRY(ran.report, simulation->launch(arguments));
  return ran;
}

struct Shape {
  int64_t m;
  int64_t k;
  int64_t n;
  MatmulTiling tiling;
};

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> kShapes{
      {64, 64, 64, {.tile = {64, 64, 64}, .rows = 1, .columns = 1}},
      {100, 130, 70, {.tile = {32, 32, 32}, .rows = 4, .columns = 1}},
      {300, 64, 130, {.tile = {32, 32, 32}, .rows = 4, .columns = 2}},
      {130, 200, 300, {.tile = {32, 32, 32}, .rows = 4, .columns = 4}},
      {600, 128, 512, {.tile = {64, 64, 64}, .rows = 4, .columns = 4}},
  };
  return kShapes;
}

TEST(PlanMatmul, Int8SumsAreExact) {
  for (const Shape& shape : shapes()) {
    const MatmulProblem problem{.m = shape.m, .k = shape.k, .n = shape.n};
    const auto a = random_integers<int8_t>(shape.m * shape.k, -128, 127, 1);
    const auto b = random_integers<int8_t>(shape.k * shape.n, -128, 127, 2);
    const auto ran = run_matmul(problem, shape.tiling, bytes(a), bytes(b), {});
    ASSERT_TRUE(ran) << to_string(ran.error());
    const MatmulLayout layout = matmul_layout(problem, shape.tiling).value();
    EXPECT_EQ(layout.m * layout.k * layout.n, ran->report.macs);
    for (int64_t i = 0; i < shape.m; ++i) {
      for (int64_t j = 0; j < shape.n; ++j) {
        int32_t want = 0;
        for (int64_t k = 0; k < shape.k; ++k) {
          want += a[static_cast<size_t>(i * shape.k + k)] * b[static_cast<size_t>(k * shape.n + j)];
        }
        int32_t got = 0;
        std::memcpy(&got, &ran->c[static_cast<size_t>((i * layout.n + j) * 4)], 4);
        ASSERT_EQ(want, got) << i << ", " << j << " of " << shape.m << "x" << shape.k << "x" << shape.n;
      }
    }
  }
}

TEST(PlanMatmul, RequantisedInt8IsExact) {
  const std::vector<Shape> requantised{
      {100, 130, 70, {.tile = {32, 32, 32}, .rows = 4, .columns = 1}},
      {300, 64, 130, {.tile = {32, 32, 32}, .rows = 4, .columns = 2}},
      {600, 512, 600, {.tile = {64, 64, 128}, .rows = 4, .columns = 4}},
  };
  for (const Shape& shape : requantised) {
    const MatmulProblem problem{
        .m = shape.m, .k = shape.k, .n = shape.n, .finish = Finish::kRequantise, .down = 6, .shift = 15};
    const auto a = random_integers<int8_t>(shape.m * shape.k, -128, 127, 3);
    const auto b = random_integers<int8_t>(shape.k * shape.n, -128, 127, 4);
    const int64_t columns = (shape.n + 7) / 8 * 8;  // parameters lie in groups of eight columns
    const auto bias = random_integers<int32_t>(columns, -100000, 100000, 5);
    const auto factors = random_integers<int16_t>(columns, 1, 4000, 6);
    std::vector<std::byte> parameters(static_cast<size_t>(columns * 8));
    pack_requantise_parameters(bias, factors, parameters.data());
    const auto ran = run_matmul(problem, shape.tiling, bytes(a), bytes(b), parameters);
    ASSERT_TRUE(ran) << to_string(ran.error());
    const MatmulLayout layout = matmul_layout(problem, shape.tiling).value();
    int64_t distinct = 0;
    for (int64_t i = 0; i < shape.m; ++i) {
      for (int64_t j = 0; j < shape.n; ++j) {
        int64_t sum = bias[static_cast<size_t>(j)];
        for (int64_t k = 0; k < shape.k; ++k) {
          sum += a[static_cast<size_t>(i * shape.k + k)] * b[static_cast<size_t>(k * shape.n + j)];
        }
        const int64_t want = requantised_i8(sum, factors[static_cast<size_t>(j)], problem.down, problem.shift);
        const auto got = static_cast<int8_t>(ran->c[static_cast<size_t>(i * layout.n + j)]);
        ASSERT_EQ(want, got) << i << ", " << j << " of " << shape.m << "x" << shape.k << "x" << shape.n;
        distinct += want != 127 && want != -128 ? 1 : 0;
      }
    }
    EXPECT_GT(distinct, shape.m * shape.n / 2);  // the case is no saturated one
  }
}

struct Bf16Case {
  int64_t m;
  int64_t k;
  int64_t n;
  unsigned seed;
  Finish finish;
};

/// Largest difference from a product in double of what was rounded to bfloat16 on the way in.
double largest_error(const Bf16Case& the) {
  const MatmulProblem problem{.m = the.m, .k = the.k, .n = the.n, .type = Element::kBf16, .finish = the.finish};
  const MatmulTiling tiling{.tile = {64, 32, the.finish == Finish::kNone ? 96 : 128}};
  std::mt19937 generator(the.seed);
  std::normal_distribution<double> draw(0, 0.1);
  std::vector<double> a(static_cast<size_t>(the.m * the.k));
  std::vector<double> b(static_cast<size_t>(the.k * the.n));
  std::vector<uint16_t> a16;
  std::vector<uint16_t> b16;
  for (double& value : a) a16.push_back(f32_to_bf16(static_cast<float>(value = draw(generator))));
  for (double& value : b) b16.push_back(f32_to_bf16(static_cast<float>(value = draw(generator))));
  std::vector<std::byte> bias(the.finish == Finish::kNone ? 0 : static_cast<size_t>(finish_bias_bytes(the.n)));
  const MatmulRun ran = run_matmul(problem, tiling, bytes(a16), bytes(b16), bias).value();
  const MatmulLayout layout = matmul_layout(problem, tiling).value();
  double largest = 0;
  for (int64_t i = 0; i < the.m; i += 7) {  // a seventh of the rows: of every core, every slice
    for (int64_t j = 0; j < the.n; ++j) {
      double want = 0;
      for (int64_t k = 0; k < the.k; ++k) {
        want += a[static_cast<size_t>(i * the.k + k)] * b[static_cast<size_t>(k * the.n + j)];
      }
      const auto at = static_cast<size_t>(i * layout.n + j);
      float got = 0;
      if (the.finish == Finish::kNone) {
        std::memcpy(&got, &ran.c[at * 4], 4);
      } else {
        uint16_t half = 0;
        std::memcpy(&half, &ran.c[at * 2], 2);
        got = bf16_to_f32(half);
      }
      largest = std::max(largest, std::abs(static_cast<double>(got) - want));
    }
  }
  return largest;
}

/// A and B of 0.1 N(0, 1): a sum of 512 products has a standard deviation of 0.23, and rounding both factors to
/// bfloat16 an error of 0.0004 (0.29 * 2^-8 of each product); a bfloat16 result below 2 adds 2^-8 = 0.0039 at most.
/// 0.0107 was measured elsewhere on a device.
TEST(PlanMatmul, Bf16OfTheDossiersSize) {
  for (const Finish finish : {Finish::kNone, Finish::kBias}) {
    const double largest = largest_error({.m = 3001, .k = 512, .n = 512, .seed = 1, .finish = finish});
    std::cout << "largest error " << largest << '\n';
    EXPECT_LE(largest, 0.0107);
    EXPECT_GT(largest, 0);
  }
}

TEST(PlanMatmul, Bf16SeedsAndSizes) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    for (const Finish finish : {Finish::kNone, Finish::kBias}) {
      EXPECT_LE(largest_error({.m = 300, .k = 512, .n = 512, .seed = seed, .finish = finish}), 0.0107);
      EXPECT_LE(largest_error({.m = 64, .k = 384, .n = 1024, .seed = seed, .finish = finish}), 0.0107);
    }
  }
}

}  // namespace
}  // namespace skald::npu::plan
