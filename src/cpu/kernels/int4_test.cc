// Products with weights of four bits: equal to the scalar row to the bit, which is compared with arithmetic in double.

#include <gtest/gtest.h>

#include <limits>

#include "base/rounding.h"
#include "cpu/kernels/test_support.h"

namespace skald::cpu {
namespace {

using testing::at;
using testing::covered;
using testing::kSentinel;
using testing::random_floats;

struct Int4Case {
  int m = 1;
  int n = 1;
  int k = 1;
  bool bias = true;
  Epilogue epilogue = Epilogue::kNone;
};

struct PackedI4 {
  std::vector<uint8_t> weights;
  std::vector<int8_t> step;
  std::vector<float> scale;
  bool operator==(const PackedI4&) const = default;
};

PackedI4 packed_i4(Isa isa, const std::vector<float>& w, int n, int k) {
  PackedI4 made{std::vector<uint8_t>(packed_size_i4(n, k) + 1, 77), std::vector<int8_t>(steps_i4(n, k) + 1, 7),
                std::vector<float>(at(round_up(n, kPanel)) + 1, 7.5F)};
  kernels(isa).pack_rows_i4({.x = w.data(),
                             .stride = k,
                             .rows = n,
                             .width = k,
                             .out = made.weights.data(),
                             .step = made.step.data(),
                             .scale = made.scale.data()});
  return made;
}

/// W(n, k) as packed.
double weight_of(const PackedI4& packed, int n, int k, int depth) {
  const int blocks = ceil_div(depth, kBlock4);
  const int panel = n / kPanel * blocks + k / kBlock4;
  const int byte = packed.weights[at(((panel * 4 + k % kBlock4 / 8) * kPanel + n % kPanel) * 4 + k % 4)];
  const int q = (k % 8 < 4 ? byte % 16 : byte / 16) - 8;
  return double{packed.scale[at(n)]} * packed.step[at(panel * kPanel + n % kPanel)] * q;
}

struct QuantisedBlocks {
  std::vector<int8_t> q;
  std::vector<int32_t> block_sum;
  std::vector<float> scale;
  int64_t stride = 0;
  bool operator==(const QuantisedBlocks&) const = default;
};

QuantisedBlocks quantised_blocks(Isa isa, const std::vector<float>& x, int m, int k) {
  const int64_t stride = round_up(k, kBlock4) + kBlock4;
  QuantisedBlocks made{std::vector<int8_t>(at(m * stride), 77), std::vector<int32_t>(at(m * ceil_div(k, kBlock4)), 7),
                       std::vector<float>(at(m), kSentinel), stride};
  kernels(isa).quantise_blocks({.x = x.data(),
                                .ldx = k,
                                .q = made.q.data(),
                                .ldq = stride,
                                .block_sum = made.block_sum.data(),
                                .scale = made.scale.data(),
                                .m = m,
                                .k = k});
  return made;
}

struct Int4Operands {
  explicit Int4Operands(const Int4Case& shape)
      : x(random_floats(at(int64_t{shape.m} * shape.k), 1)),
        w(random_floats(at(int64_t{shape.n} * shape.k), 2)),
        bias(random_floats(at(shape.n), 3)),
        before(random_floats(at(int64_t{shape.m} * (shape.n + 3)), 4)) {
    for (int row = 0; row < shape.m; ++row) {  // rows of different size
      for (int k = 0; k < shape.k; ++k) x[at(int64_t{row} * shape.k + k)] *= static_cast<float>(row + 1);
    }
    a = quantised_blocks(Isa::kScalar, x, shape.m, shape.k);
    packed = packed_i4(Isa::kScalar, w, shape.n, shape.k);
  }
  std::vector<float> x, w, bias, before;
  QuantisedBlocks a;
  PackedI4 packed;
};

std::vector<float> run_i4(Isa isa, const Int4Case& shape, const Int4Operands& the) {
  std::vector<float> c = the.before;
  kernels(isa).gemm_i8i4({.a = the.a.q.data(),
                          .lda = the.a.stride,
                          .block_sum = the.a.block_sum.data(),
                          .a_scale = the.a.scale.data(),
                          .w = the.packed.weights.data(),
                          .step = the.packed.step.data(),
                          .w_scale = the.packed.scale.data(),
                          .bias = shape.bias ? the.bias.data() : nullptr,
                          .c = c.data(),
                          .ldc = shape.n + 3,
                          .m = shape.m,
                          .n = shape.n,
                          .k = shape.k,
                          .epilogue = shape.epilogue});
  return c;
}

/// Every family gives the bits of the scalar one; columns beside C are left alone.
void check_equal_i4(const Int4Case& shape) {
  SCOPED_TRACE(::testing::Message() << "m " << shape.m << " n " << shape.n << " k " << shape.k);
  const Int4Operands the(shape);
  const auto expected = run_i4(Isa::kScalar, shape, the);
  for (const Isa isa : covered()) EXPECT_EQ(expected, run_i4(isa, shape, the)) << to_string(isa);
}

TEST(GemmI8I4, EveryRowAndColumnTail) {
  for (int m = 1; m <= 27; ++m) {
    for (const int n : {1, 8, 15, 16, 17, 33, 48, 63, 64, 65, 80}) check_equal_i4({.m = m, .n = n, .k = 40});
  }
}

TEST(GemmI8I4, Depths) {
  for (const int k : {1, 3, 4, 8, 31, 32, 33, 64, 100, 1024, 5120}) {
    for (const int m : {1, 5, 15}) check_equal_i4({.m = m, .n = 40, .k = k});
  }
}

TEST(GemmI8I4, WidthsAroundTheBlock) {
  for (const int n : {127, 128, 129, 1030}) {
    for (const int m : {1, 7, 16}) check_equal_i4({.m = m, .n = n, .k = 2048});
  }
}

TEST(GemmI8I4, ResidualAndBias) {
  for (const Epilogue epilogue : {Epilogue::kNone, Epilogue::kResidual}) {
    for (const bool bias : {false, true}) {
      for (const int m : {1, 4, 20}) check_equal_i4({.m = m, .n = 50, .k = 36, .bias = bias, .epilogue = epilogue});
    }
  }
}

TEST(GemmI8I4, IsTheProduct) {
  const Int4Case shape{.m = 9, .n = 35, .k = 130};
  const Int4Operands the(shape);
  const auto c = run_i4(Isa::kScalar, shape, the);
  for (int row = 0; row < shape.m; ++row) {
    for (int n = 0; n < shape.n; ++n) {
      double sum = the.bias[at(n)];
      for (int k = 0; k < shape.k; ++k) {
        sum +=
            double{the.a.scale[at(row)]} * the.a.q[at(row * the.a.stride + k)] * weight_of(the.packed, n, k, shape.k);
      }
      EXPECT_NEAR(sum, c[at(int64_t{row} * (shape.n + 3) + n)], 1e-5 * (row + 1));
    }
  }
}

TEST(GemmI8I4, GeluIsThatOfTheProduct) {
  const Int4Case plain{.m = 14, .n = 45, .k = 64};
  Int4Case with_gelu = plain;
  with_gelu.epilogue = Epilogue::kGelu;
  const Int4Operands the(plain);
  const auto before = run_i4(Isa::kScalar, plain, the);
  for (const Isa isa : covered()) {
    const auto after = run_i4(isa, with_gelu, the);
    for (int row = 0; row < plain.m; ++row) {
      for (int n = 0; n < plain.n; ++n) {
        const size_t i = at(int64_t{row} * (plain.n + 3) + n);
        const double x = before[i];
        EXPECT_NEAR(0.5 * x * std::erfc(-x / std::sqrt(2.0)), after[i], 3.1e-5 + 1e-6 * std::abs(x)) << to_string(isa);
      }
    }
  }
}

/// Rows and weights at the ends of their ranges: nothing saturates.
TEST(GemmI8I4, LargestNumbers) {
  constexpr int kDepth = 96;
  const std::vector<float> ones(kPanel, 1.0F);
  for (const int a : {-kMostI8, kMostI8}) {
    const std::vector<int8_t> rows(kDepth, static_cast<int8_t>(a));
    const std::vector<int32_t> sums(kDepth / kBlock4, kLowestI4 * a * kBlock4);
    for (const int q : {kLowestI4, kHighestI4}) {
      const std::vector<uint8_t> w(packed_size_i4(kPanel, kDepth), static_cast<uint8_t>(17 * (q - kLowestI4)));
      for (const int step : {-kMostStep, kMostStep}) {
        const std::vector<int8_t> steps(steps_i4(kPanel, kDepth), static_cast<int8_t>(step));
        for (const Isa isa : covered()) {
          float c = 0;
          kernels(isa).gemm_i8i4({.a = rows.data(),
                                  .lda = kDepth,
                                  .block_sum = sums.data(),
                                  .a_scale = ones.data(),
                                  .w = w.data(),
                                  .step = steps.data(),
                                  .w_scale = ones.data(),
                                  .c = &c,
                                  .ldc = 1,
                                  .m = 1,
                                  .n = 1,
                                  .k = kDepth});
          EXPECT_EQ(static_cast<float>(a * q * step * kDepth), c) << to_string(isa);
        }
      }
    }
  }
}

TEST(GemmI8I4, NothingToDo) {
  for (const Isa isa : covered()) {
    float c = kSentinel;
    kernels(isa).gemm_i8i4({.c = &c, .ldc = 1, .m = 0, .n = 1, .k = 1});
    kernels(isa).gemm_i8i4({.c = &c, .ldc = 1, .m = 1, .n = 0, .k = 1});
    EXPECT_EQ(c, kSentinel);
  }
}

/// A weight is off by half a step of its block, the largest by what rounding the step to a whole number leaves.
TEST(PackI4, RowsToTheNearest) {
  for (const int n : {1, 15, 16, 17, 40}) {
    for (const int k : {1, 3, 8, 31, 32, 33, 64, 250}) {
      SCOPED_TRACE(::testing::Message() << n << " x " << k);
      auto w = random_floats(at(n * k), 6);
      if (n > 3) std::fill_n(&w[at(2 * k)], k, 0.0F);
      const PackedI4 expected = packed_i4(Isa::kScalar, w, n, k);
      EXPECT_EQ(77, expected.weights.back());
      EXPECT_EQ(7, expected.step.back());
      EXPECT_EQ(7.5F, expected.scale.back());
      for (int row = 0; row < n; ++row) {
        for (int i = 0; i < k; ++i) {
          const int first = i / kBlock4 * kBlock4;
          const int count = std::min(kBlock4, k - first);
          float largest = 0;
          for (int j = 0; j < count; ++j) largest = std::max(largest, std::fabs(w[at(row * k + first + j)]));
          const double unit = expected.scale[at(row)];
          // Up to 7.5 of 8 steps to the nearest; beside the number of largest magnitude, of another sign, up to one.
          const double step = largest / 8.0 + unit;
          const double exact = w[at(row * k + i)];
          const double bound = std::abs(exact) <= 7 * largest / 8 - 4 * unit ? 0.501 * step : 1.001 * step + 4 * unit;
          EXPECT_NEAR(exact, weight_of(expected, row, i, k), bound) << row << ", " << i;
        }
        for (int i = k; i < round_up(k, kBlock4); ++i) EXPECT_EQ(0, weight_of(expected, row, i, k));
      }
      for (const Isa isa : covered()) EXPECT_EQ(expected, packed_i4(isa, w, n, k)) << to_string(isa);
    }
  }
}

TEST(PackI4, WhatIsNoNumberStaysToBeSeen) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    auto w = random_floats(40 * 64, 6);
    w[3 * 64 + 35] = bad;
    for (const Isa isa : covered()) {
      const PackedI4 made = packed_i4(isa, w, 40, 64);
      EXPECT_FALSE(std::isfinite(made.scale[3])) << to_string(isa);
      EXPECT_TRUE(std::isfinite(made.scale[2])) << to_string(isa);
    }
  }
}

TEST(QuantiseBlocks, RowsToTheNearest) {
  for (const int k : {1, 4, 31, 32, 33, 64, 250}) {
    const auto x = random_floats(at(5 * k), 9);
    const QuantisedBlocks expected = quantised_blocks(Isa::kScalar, x, 5, k);
    const int whole = round_up(k, kBlock4);
    for (int row = 0; row < 5; ++row) {
      for (int64_t i = 0; i < expected.stride; ++i) {
        const int8_t q = expected.q[at(row * expected.stride + i)];
        if (i >= k) {
          EXPECT_EQ(i < whole ? 0 : 77, q);
          continue;
        }
        const float step = expected.scale[at(row)];
        EXPECT_NEAR(x[at(row * k + i)], step * static_cast<float>(q), 0.501 * step);
      }
      for (int block = 0; block < whole / kBlock4; ++block) {
        int sum = 0;
        for (int i = 0; i < kBlock4; ++i) sum += expected.q[at(row * expected.stride + block * kBlock4 + i)];
        EXPECT_EQ(-8 * sum, expected.block_sum[at(row * (whole / kBlock4) + block)]);
      }
    }
    for (const Isa isa : covered()) EXPECT_EQ(expected, quantised_blocks(isa, x, 5, k)) << to_string(isa) << " k " << k;
  }
}

TEST(QuantiseBlocks, WhatIsNoNumberStaysToBeSeen) {
  for (const Isa isa : covered()) {
    std::vector<float> x(40, 1.0F);
    x[33] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(std::isfinite(quantised_blocks(isa, x, 1, 40).scale[0])) << to_string(isa);
    EXPECT_EQ(0.0F, quantised_blocks(isa, std::vector<float>(40), 1, 40).scale[0]) << to_string(isa);
  }
}

}  // namespace
}  // namespace skald::cpu
