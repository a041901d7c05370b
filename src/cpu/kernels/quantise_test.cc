// Floats to integers: rows that are quantised, softmax weights, packed panels.

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/rounding.h"
#include "cpu/kernels/test_support.h"

namespace skald::cpu {
namespace {

using testing::at;
using testing::covered;
using testing::kSentinel;
using testing::random_floats;

template <class Q>
std::vector<Q> quantised(Isa isa, void (*Kernels::*kernel)(const Quantise<Q>&) noexcept, const std::vector<float>& x,
                         int k, int level, std::vector<float>& scale) {
  const int m = static_cast<int>(x.size()) / k;
  const int64_t ldq = round_up(k, kGroup<Q>) + kGroup<Q>;
  std::vector<Q> q(at(m * ldq), Q{77});
  scale.assign(at(m), kSentinel);
  (kernels(isa).*
   kernel)({.x = x.data(), .ldx = k, .q = q.data(), .ldq = ldq, .scale = scale.data(), .m = m, .k = k, .level = level});
  return q;
}

template <class Q>
void check_quantise(void (*Kernels::*kernel)(const Quantise<Q>&) noexcept, int level) {
  constexpr int kZero = sizeof(Q) == 1 ? kZeroPoint : 0;
  for (const int k : {1, 3, 4, 8, 15, 16, 17, 31, 64, 250}) {
    const std::vector<float> x = random_floats(at(5 * k), 9);
    std::vector<float> scale;
    const auto expected = quantised(Isa::kScalar, kernel, x, k, level, scale);
    const std::vector<float> expected_scale = scale;
    const int64_t ldq = round_up(k, kGroup<Q>) + kGroup<Q>;
    for (int64_t i = 0; i < ldq * 5; ++i) {
      const int64_t column = i % ldq;
      const int q = expected[at(i)] - (column < round_up(k, kGroup<Q>) ? kZero : 0);
      if (column >= k) {
        EXPECT_EQ(column < round_up(k, kGroup<Q>) ? 0 : 77, q);
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
    const int64_t ldq = round_up(n, 2) + 2;
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
        for (int64_t i = n; i < ldq; ++i) EXPECT_EQ(i < round_up(n, 2) ? 0 : 99, q[at(row * ldq + i)]);
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
                 std::vector<float>(at(round_up(n, kPanel)) + 1, kSentinel)};
  const Pack<W, int16_t> pack{.x = w.data(),
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
    const int64_t place =
        int64_t{column / kPanel} * kPanel * round_up(k, 2) + (depth / 2 * kPanel + column % kPanel) * 2;
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

}  // namespace
}  // namespace skald::cpu
