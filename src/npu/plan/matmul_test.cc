// Planned products, run on the simulated array, against plain arithmetic.

#include "npu/plan/matmul.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "base/half.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"

namespace skald::npu::plan {
namespace {

template <class T>
std::span<std::byte> bytes(std::vector<T>& values) {
  return std::as_writable_bytes(std::span(values));
}

template <class T>
std::span<const std::byte> bytes(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

struct Run {
  sim::Report report;
  std::vector<std::byte> c;
};

/// C as the array gives it, padded.
Result<Run> run(const MatmulProblem& problem, const MatmulTiling& tiling, std::span<const std::byte> a,
                std::span<const std::byte> b, std::span<const std::byte> parameters) {
  SKALD_TRY(const Program program, plan_matmul(problem, tiling, "npu1"));
  SKALD_TRY(std::vector<std::byte> panels, pack_matmul_a(problem, tiling, a));
  SKALD_TRY(std::vector<std::byte> packed, pack_matmul_b(problem, tiling, b, parameters));
  const Block& block = program.arguments[2].block;
  Run ran;
  ran.c.resize(static_cast<size_t>(block.shape[0] * block.shape[1] *
                                   (block.type == Type::kI8     ? 1
                                    : block.type == Type::kBf16 ? 2
                                                                : 4)));
  SKALD_TRY(const auto simulation, sim::Simulation::load(program, sim::catalogue_kernels(), {}));
  const std::vector<std::span<std::byte>> arguments{panels, packed, ran.c};
  SKALD_TRY(ran.report, simulation->launch(arguments));
  return ran;
}

template <class T>
std::vector<T> random_integers(int64_t count, int low, int high, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<int> draw(low, high);
  std::vector<T> values(static_cast<size_t>(count));
  for (T& value : values) value = static_cast<T>(draw(generator));
  return values;
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
    const auto ran = run(problem, shape.tiling, bytes(a), bytes(b), {});
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

}  // namespace
}  // namespace skald::npu::plan
