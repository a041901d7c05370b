// The integer rows of the table: equal to the scalar row to the bit, which is compared with arithmetic in double.

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "cpu/kernels/test_support.h"

namespace skald::cpu {
namespace {

using testing::at;
using testing::covered;
using testing::kSentinel;
using testing::random_floats;

int whole(int k, int group) {
  return (k + group - 1) / group * group;
}

struct Case {
  int m = 1;
  int n = 1;
  int k = 1;
  bool bias = true;
  Epilogue epilogue = Epilogue::kNone;
};

/// Operands of one product; the rows of A, quantised by the scalar row, lie apart.
struct Operands {
  explicit Operands(const Case& shape)
      : x(random_floats(at(int64_t{shape.m} * shape.k), 1)),
        w(random_floats(at(int64_t{shape.n} * shape.k), 2)),
        bias(random_floats(at(shape.n), 3)),
        before(random_floats(at(int64_t{shape.m} * (shape.n + 3)), 4)),
        x_scale(at(shape.m)),
        w_scale(at(whole(shape.n, kPanel))) {
    for (int row = 0; row < shape.m; ++row) {  // rows of different size
      for (int k = 0; k < shape.k; ++k) x[at(int64_t{row} * shape.k + k)] *= static_cast<float>(row + 1);
    }
  }
  std::vector<float> x, w, bias, before, x_scale, w_scale;
};

std::vector<float> run_i8(Isa isa, const Case& shape, Operands& the) {
  const int64_t lda = whole(shape.k, 4) + 8;
  std::vector<uint8_t> a(at(shape.m * lda), 0xEE);
  std::vector<int8_t> packed(packed_size_i8(shape.n, shape.k));
  std::vector<int32_t> offset(the.w_scale.size());
  pack_i8(the.w.data(), shape.n, shape.k, packed.data(), the.w_scale.data(), offset.data());
  kernels(Isa::kScalar)
      .quantise_i8({.x = the.x.data(),
                    .ldx = shape.k,
                    .q = a.data(),
                    .ldq = lda,
                    .scale = the.x_scale.data(),
                    .m = shape.m,
                    .k = shape.k});
  std::vector<float> c = the.before;
  kernels(isa).gemm_i8({.a = a.data(),
                        .lda = lda,
                        .a_scale = the.x_scale.data(),
                        .w = packed.data(),
                        .offset = offset.data(),
                        .w_scale = the.w_scale.data(),
                        .bias = shape.bias ? the.bias.data() : nullptr,
                        .c = c.data(),
                        .ldc = shape.n + 3,
                        .m = shape.m,
                        .n = shape.n,
                        .k = shape.k,
                        .epilogue = shape.epilogue});
  return c;
}

/// A in int16, W in int16 or int8.
template <class W>
std::vector<float> run_i16(Isa isa, const Case& shape, Operands& the) {
  constexpr bool kWide = sizeof(W) == 2;
  const int64_t lda = whole(shape.k, 2) + 4;
  const int level = most_level(shape.k);
  std::vector<int16_t> a(at(shape.m * lda), 0x6EEE);
  std::vector<W> packed(packed_size_i16(shape.n, shape.k));
  const Pack<W> pack{.x = the.w.data(),
                     .stride = shape.k,
                     .rows = shape.n,
                     .width = shape.k,
                     .level = kWide ? level : kMostI8,
                     .out = packed.data(),
                     .scale = the.w_scale.data()};
  const Kernels& scalar = kernels(Isa::kScalar);
  scalar.quantise_i16({.x = the.x.data(),
                       .ldx = shape.k,
                       .q = a.data(),
                       .ldq = lda,
                       .scale = the.x_scale.data(),
                       .m = shape.m,
                       .k = shape.k,
                       .level = level});
  std::vector<float> c = the.before;
  const GemmInteger<int16_t, W> g{.a = a.data(),
                                  .lda = lda,
                                  .a_scale = the.x_scale.data(),
                                  .w = packed.data(),
                                  .w_scale = the.w_scale.data(),
                                  .bias = shape.bias ? the.bias.data() : nullptr,
                                  .c = c.data(),
                                  .ldc = shape.n + 3,
                                  .m = shape.m,
                                  .n = shape.n,
                                  .k = shape.k,
                                  .epilogue = shape.epilogue};
  if constexpr (kWide) {
    scalar.pack_rows_i16(pack);
    kernels(isa).gemm_i16(g);
  } else {
    scalar.pack_rows_i8(pack);
    kernels(isa).gemm_i16i8(g);
  }
  return c;
}

/// Every family gives the bits of the scalar one; columns beside C are left alone.
void check_equal(const Case& shape) {
  SCOPED_TRACE(::testing::Message() << "m " << shape.m << " n " << shape.n << " k " << shape.k);
  Operands the(shape);
  const auto i8 = run_i8(Isa::kScalar, shape, the);
  const auto i16 = run_i16<int16_t>(Isa::kScalar, shape, the);
  const auto i16i8 = run_i16<int8_t>(Isa::kScalar, shape, the);
  for (const Isa isa : covered()) {
    EXPECT_EQ(i8, run_i8(isa, shape, the)) << to_string(isa) << " int8";
    EXPECT_EQ(i16, run_i16<int16_t>(isa, shape, the)) << to_string(isa) << " int16";
    EXPECT_EQ(i16i8, run_i16<int8_t>(isa, shape, the)) << to_string(isa) << " int16 and int8";
  }
}

TEST(GemmInteger, EveryRowAndColumnTail) {
  for (int m = 1; m <= 30; ++m) {
    for (const int n : {1, 8, 15, 16, 17, 33, 48, 63, 64, 65, 80}) check_equal({.m = m, .n = n, .k = 19});
  }
}

TEST(GemmInteger, Depths) {
  for (const int k : {1, 2, 3, 4, 5, 7, 8, 64, 240, 1024, 5120}) {
    for (const int m : {1, 5, 15}) check_equal({.m = m, .n = 40, .k = k});
  }
}

TEST(GemmInteger, WidthsAroundTheBlock) {
  for (const int n : {127, 128, 129, 1030}) {
    for (const int m : {1, 7, 16}) check_equal({.m = m, .n = n, .k = 4096});
  }
}

TEST(GemmInteger, ResidualAndBias) {
  for (const Epilogue epilogue : {Epilogue::kNone, Epilogue::kResidual}) {
    for (const bool bias : {false, true}) {
      for (const int m : {1, 4, 20}) check_equal({.m = m, .n = 50, .k = 36, .bias = bias, .epilogue = epilogue});
    }
  }
}

/// C against the product of the floats: x and w are each moved by half a step.
void check_product(const Case& shape, const Operands& the, const std::vector<float>& c) {
  for (int row = 0; row < shape.m; ++row) {
    for (int n = 0; n < shape.n; ++n) {
      const double x_step = the.x_scale[at(row)];
      const double w_step = the.w_scale[at(n)];
      double exact = the.bias[at(n)];
      double moved = 1e-5;
      for (int k = 0; k < shape.k; ++k) {
        const double x = the.x[at(int64_t{row} * shape.k + k)];
        const double w = the.w[at(int64_t{n} * shape.k + k)];
        exact += x * w;
        moved += 0.51 * (x_step * std::abs(w) + w_step * std::abs(x)) + x_step * w_step;
      }
      EXPECT_NEAR(exact, c[at(int64_t{row} * (shape.n + 3) + n)], moved);
    }
  }
}

TEST(GemmInteger, IsTheProduct) {
  const Case shape{.m = 9, .n = 35, .k = 130};
  Operands the(shape);
  check_product(shape, the, run_i8(Isa::kScalar, shape, the));
  check_product(shape, the, run_i16<int16_t>(Isa::kScalar, shape, the));
  check_product(shape, the, run_i16<int8_t>(Isa::kScalar, shape, the));
}

TEST(GemmInteger, GeluIsThatOfTheProduct) {
  const Case plain{.m = 17, .n = 45, .k = 64};
  Case with_gelu = plain;
  with_gelu.epilogue = Epilogue::kGelu;
  Operands the(plain);
  const auto before = run_i8(Isa::kScalar, plain, the);
  for (const Isa isa : covered()) {
    const auto after = run_i8(isa, with_gelu, the);
    for (int row = 0; row < plain.m; ++row) {
      for (int n = 0; n < plain.n; ++n) {
        const size_t i = at(int64_t{row} * (plain.n + 3) + n);
        const double x = before[i];
        EXPECT_NEAR(0.5 * x * std::erfc(-x / std::sqrt(2.0)), after[i], 4e-7 + 1e-7 * std::abs(x)) << to_string(isa);
      }
    }
  }
}

/// Bytes at both ends of their range, as far as they may be: nothing saturates.
TEST(GemmInteger, LargestNumbers) {
  constexpr int kDepth = 64;
  const std::vector<float> ones(kPanel, 1.0F);
  for (const int sign : {1, -1}) {
    const std::vector<uint8_t> a(kDepth, static_cast<uint8_t>(kZeroPoint + sign * kMostI8));
    const std::vector<int8_t> w(at(kDepth) * kPanel, kMostI8);
    const std::vector<int32_t> offset(kPanel, -kZeroPoint * kMostI8 * kDepth);
    const auto level = static_cast<int16_t>(most_level(kDepth));
    const std::vector<int16_t> a16(kDepth, static_cast<int16_t>(sign * level));
    const std::vector<int16_t> w16(at(kDepth) * kPanel, level);
    for (const Isa isa : covered()) {
      float c = 0;
      kernels(isa).gemm_i8({.a = a.data(),
                            .lda = kDepth,
                            .w = w.data(),
                            .offset = offset.data(),
                            .w_scale = ones.data(),
                            .c = &c,
                            .ldc = 1,
                            .m = 1,
                            .n = 1,
                            .k = kDepth});
      EXPECT_EQ(static_cast<float>(sign * kMostI8 * kMostI8 * kDepth), c) << to_string(isa);
      kernels(isa).gemm_i16({.a = a16.data(),
                             .lda = kDepth,
                             .w = w16.data(),
                             .w_scale = ones.data(),
                             .c = &c,
                             .ldc = 1,
                             .m = 1,
                             .n = 1,
                             .k = kDepth});
      EXPECT_EQ(static_cast<float>(sign * int64_t{level} * level * kDepth), c) << to_string(isa);
    }
  }
}

TEST(GemmInteger, NothingToDo) {
  for (const Isa isa : covered()) {
    float c = kSentinel;
    kernels(isa).gemm_i8({.c = &c, .ldc = 1, .m = 0, .n = 1, .k = 1});
    kernels(isa).gemm_i8({.c = &c, .ldc = 1, .m = 1, .n = 0, .k = 1});
    EXPECT_EQ(c, kSentinel);
  }
}

template <class Q>
std::vector<Q> quantised(Isa isa, void (*Kernels::*kernel)(const Quantise<Q>&) noexcept, const std::vector<float>& x,
                         int k, int level, std::vector<float>& scale) {
  constexpr int kGroup = kGroupBytes / static_cast<int>(sizeof(Q));
  const int m = static_cast<int>(x.size()) / k;
  const int64_t ldq = whole(k, kGroup) + kGroup;
  std::vector<Q> q(at(m * ldq), Q{77});
  scale.assign(at(m), kSentinel);
  (kernels(isa).*
   kernel)({.x = x.data(), .ldx = k, .q = q.data(), .ldq = ldq, .scale = scale.data(), .m = m, .k = k, .level = level});
  return q;
}

template <class Q>
void check_quantise(void (*Kernels::*kernel)(const Quantise<Q>&) noexcept, int level) {
  constexpr int kGroup = kGroupBytes / static_cast<int>(sizeof(Q));
  constexpr int kZero = sizeof(Q) == 1 ? kZeroPoint : 0;
  for (const int k : {1, 3, 4, 8, 15, 16, 17, 31, 64, 250}) {
    const std::vector<float> x = random_floats(at(5 * k), 9);
    std::vector<float> scale;
    const auto expected = quantised(Isa::kScalar, kernel, x, k, level, scale);
    const std::vector<float> expected_scale = scale;
    const int64_t ldq = whole(k, kGroup) + kGroup;
    for (int64_t i = 0; i < ldq * 5; ++i) {
      const int64_t column = i % ldq;
      const int q = expected[at(i)] - (column < whole(k, kGroup) ? kZero : 0);
      if (column >= k) {
        EXPECT_EQ(column < whole(k, kGroup) ? 0 : 77, q);
        continue;
      }
      const float step = scale[at(i / ldq)];
      EXPECT_LE(std::abs(q), level);
      EXPECT_NEAR(x[at(i / ldq * k + column)], step * static_cast<float>(q), 0.501 * step);
    }
    for (const Isa isa : covered()) {
      EXPECT_EQ(expected, quantised(isa, kernel, x, k, level, scale)) << to_string(isa) << " k " << k;
      EXPECT_EQ(expected_scale, scale);
    }
  }
}

TEST(Quantise, RowsToTheNearest) {
  check_quantise(&Kernels::quantise_i8, kMostI8);
  check_quantise(&Kernels::quantise_i16, most_level(64));
  check_quantise(&Kernels::quantise_i16, 32767);
}

TEST(Quantise, ZerosAndWhatIsNoNumber) {
  for (const Isa isa : covered()) {
    std::vector<float> scale;
    EXPECT_EQ(quantised(isa, &Kernels::quantise_i8, std::vector<float>(8), 8, kMostI8, scale)[3], kZeroPoint);
    EXPECT_EQ(0.0F, scale[0]);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
      std::vector<float> x(20, 1.0F);
      x[17] = bad;
      quantised(isa, &Kernels::quantise_i8, x, 20, kMostI8, scale);
      EXPECT_FALSE(std::isfinite(scale[0])) << to_string(isa);
    }
  }
}

TEST(Quantise, TheSmallestNumbersAreZeros) {
  for (const Isa isa : covered()) {
    std::vector<float> scale;
    const std::vector<float> tiny(8, std::numeric_limits<float>::denorm_min());
    for (const int q : quantised(isa, &Kernels::quantise_i8, tiny, 8, kMostI8, scale)) {
      EXPECT_TRUE(q == kZeroPoint || q == 77) << to_string(isa);
    }
  }
}

TEST(SoftmaxI16, IsSoftmax) {
  for (const int n : {1, 2, 15, 17, 64, 1500}) {
    std::vector<float> x = random_floats(at(3 * n), 5);
    for (float& one : x) one *= 10;
    const int64_t ldq = whole(n, 2) + 2;
    for (const Isa isa : covered()) {
      std::vector<float> scratch = x;
      std::vector<int16_t> q(at(3 * ldq), int16_t{99});
      kernels(isa).softmax_i16({.x = scratch.data(), .ldx = n, .q = q.data(), .ldq = ldq, .m = 3, .n = n});
      for (int row = 0; row < 3; ++row) {
        const float* from = &x[at(int64_t{row} * n)];
        const double max = *std::max_element(from, from + n);
        double sum = 0;
        for (int i = 0; i < n; ++i) sum += std::exp(from[i] - max);
        for (int i = 0; i < n; ++i) {
          // Half a step, one beside 1 itself, and float32's own error.
          const double p = std::exp(from[i] - max) / sum;
          EXPECT_NEAR(p, q[at(row * ldq + i)] * double{kSoftmaxScale},
                      (p > 1 - double{kSoftmaxScale} ? 1.01 : 0.51) * double{kSoftmaxScale});
        }
        for (int64_t i = n; i < ldq; ++i) EXPECT_EQ(i < whole(n, 2) ? 0 : 99, q[at(row * ldq + i)]);
      }
    }
  }
}

TEST(MostLevel, SumsStayWithinInt32) {
  for (const int k : {1, 2, 63, 64, 1500, 5120, 100000}) {
    const int64_t level = most_level(k);
    EXPECT_LE(level * level * k, std::numeric_limits<int32_t>::max()) << k;
    EXPECT_TRUE(level == 32767 || (level + 1) * (level + 1) * k > std::numeric_limits<int32_t>::max()) << k;
  }
}

template <class W>
struct Packed {
  std::vector<W> weights;
  std::vector<float> scale;
  bool operator==(const Packed&) const = default;
};

/// W(n, k), or its transpose as columns.
template <class W>
Packed<W> packed(Isa isa, const std::vector<float>& w, int n, int k, int level, bool columns) {
  Packed<W> made{std::vector<W>(packed_size_i16(n, k) + 1, W{77}),
                 std::vector<float>(at(whole(n, kPanel)) + 1, kSentinel)};
  const Pack<W> pack{.x = w.data(),
                     .stride = columns ? n : k,
                     .rows = columns ? k : n,
                     .width = columns ? n : k,
                     .level = level,
                     .out = made.weights.data(),
                     .scale = made.scale.data()};
  const Kernels& row = kernels(isa);
  if constexpr (sizeof(W) == 2) {
    columns ? row.pack_columns_i16(pack) : row.pack_rows_i16(pack);
  } else {
    columns ? row.pack_columns_i8(pack) : row.pack_rows_i8(pack);
  }
  return made;
}

/// Rows and columns give the same panels where one is the transposed other, in every family to the bit.
template <class W>
void check_pack(int n, int k, int level) {
  SCOPED_TRACE(::testing::Message() << n << " x " << k << " level " << level);
  auto w = random_floats(at(n * k), 6);
  if (n > 3) std::fill_n(&w[at(2 * k)], k, 0.0F);
  if (n > 3) w[at(3 * k)] = std::numeric_limits<float>::infinity();
  std::vector<float> transposed(w.size());
  for (int i = 0; i < n * k; ++i) transposed[at(i % k * n + i / k)] = w[at(i)];
  const auto expected = packed<W>(Isa::kScalar, w, n, k, level, false);
  for (const Isa isa : covered()) {
    EXPECT_EQ(expected, packed<W>(isa, w, n, k, level, false)) << to_string(isa);
    EXPECT_EQ(expected, packed<W>(isa, transposed, n, k, level, true)) << to_string(isa) << " columns";
  }
  EXPECT_EQ(W{77}, expected.weights.back());
  EXPECT_EQ(kSentinel, expected.scale.back());
  for (int i = 0; i < n * k && n < 4; ++i) {
    const int column = i / k;
    const int depth = i % k;
    const int64_t place = int64_t{column / kPanel} * kPanel * whole(k, 2) + (depth / 2 * kPanel + column % kPanel) * 2;
    const float step = expected.scale[at(column)];
    EXPECT_NEAR(w[at(i)], step * static_cast<float>(expected.weights[at(place + depth % 2)]), 0.501F * step);
  }
}

TEST(PackInteger, RowsAndColumns) {
  for (const int n : {1, 15, 16, 17, 40}) {
    for (const int k : {1, 2, 31, 64, 65, 131}) {
      check_pack<int16_t>(n, k, 5000);
      check_pack<int8_t>(n, k, kMostI8);
    }
  }
}

TEST(PackInteger, PanelsAndOffsets) {
  constexpr int kColumns = 21;
  constexpr int kDepth = 6;
  const auto w = random_floats(at(kColumns * kDepth), 8);
  std::vector<int8_t> packed(packed_size_i8(kColumns, kDepth) + 1, int8_t{55});
  std::vector<float> scale(32, kSentinel);
  std::vector<int32_t> offset(32, 9);
  pack_i8(w.data(), kColumns, kDepth, packed.data(), scale.data(), offset.data());
  EXPECT_EQ(55, packed.back());
  for (int n = 0; n < 32; ++n) {
    int32_t sum = 0;
    for (int k = 0; k < 8; ++k) {
      const auto q = int{packed[at(n / kPanel * kPanel * 8 + (k / 4 * kPanel + n % kPanel) * 4 + k % 4)]};
      sum += q;
      if (n < kColumns && k < kDepth) {
        EXPECT_NEAR(w[at(n * kDepth + k)], scale[at(n)] * static_cast<float>(q), 0.501F * scale[at(n)]);
      } else {
        EXPECT_EQ(0, q);
      }
    }
    EXPECT_EQ(-128 * sum, offset[at(n)]);
  }
}

TEST(PackInteger, WeightsThatAreNoNumbersStayToBeSeen) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> w = {1, bad, 2, 3, std::numeric_limits<float>::denorm_min(), 0};  // (3, 2)
    std::vector<int8_t> packed(packed_size_i8(3, 2));
    std::vector<float> scale(kPanel);
    std::vector<int32_t> offset(kPanel);
    pack_i8(w.data(), 3, 2, packed.data(), scale.data(), offset.data());
    EXPECT_FALSE(std::isfinite(scale[0]));
    EXPECT_EQ(3.0F / kMostI8, scale[1]);
    EXPECT_EQ(0, packed[8]);  // of the third: too small for a quotient
    EXPECT_EQ(0, offset[2]);
  }
}

}  // namespace
}  // namespace skald::cpu
