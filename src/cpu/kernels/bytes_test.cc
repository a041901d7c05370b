// What attention in bytes needs besides gemm_i8: packing, to the bit, and the softmax that goes on over blocks.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rounding.h"
#include "cpu/kernels/test_support.h"

namespace skald::cpu {
namespace {

using testing::at;
using testing::covered;
using testing::random_floats;

struct PackedBytes {
  std::vector<int8_t> weights;
  std::vector<float> scale;
  std::vector<int32_t> offset;
  bool operator==(const PackedBytes&) const = default;
};

PackedBytes room_for_bytes(int n, int k) {
  return {std::vector<int8_t>(packed_size_i8(n, k) + 1, 77), std::vector<float>(at(round_up(n, kPanel)) + 1, 7.5F),
          std::vector<int32_t>(at(round_up(n, kPanel)) + 1, 9)};
}

PackedBytes packed_bytes(Isa isa, const std::vector<float>& w, int n, int k, bool columns) {
  PackedBytes made = room_for_bytes(n, k);
  const PackBytes pack{.x = w.data(),
                       .stride = columns ? n : k,
                       .rows = columns ? k : n,
                       .width = columns ? n : k,
                       .out = made.weights.data(),
                       .scale = made.scale.data(),
                       .offset = made.offset.data()};
  columns ? kernels(isa).pack_columns_bytes(pack) : kernels(isa).pack_rows_bytes(pack);
  return made;
}

/// Rows and columns give the same panels where one is the transposed other, in every family to the bit.
TEST(PackBytes, RowsAndColumns) {
  for (const int n : {1, 15, 16, 17, 40}) {
    for (const int k : {1, 3, 4, 31, 64, 66, 131}) {
      SCOPED_TRACE(::testing::Message() << n << " x " << k);
      auto w = random_floats(at(n * k), 6);
      if (n > 3) std::fill_n(&w[at(2 * k)], k, 0.0F);
      if (n > 3) w[at(3 * k)] = std::numeric_limits<float>::infinity();
      std::vector<float> transposed(w.size());
      for (int i = 0; i < n * k; ++i) transposed[at(i % k * n + i / k)] = w[at(i)];
      const PackedBytes expected = packed_bytes(Isa::kScalar, w, n, k, false);
      EXPECT_EQ(77, expected.weights.back());
      EXPECT_EQ(7.5F, expected.scale.back());
      EXPECT_EQ(9, expected.offset.back());
      for (const Isa isa : covered()) {
        EXPECT_EQ(expected, packed_bytes(isa, w, n, k, false)) << to_string(isa);
        EXPECT_EQ(expected, packed_bytes(isa, transposed, n, k, true)) << to_string(isa) << " columns";
      }
    }
  }
}

TEST(PackBytes, PanelsAndOffsets) {
  constexpr int kColumns = 21;
  constexpr int kDepth = 6;
  const auto w = random_floats(at(kColumns * kDepth), 8);
  const PackedBytes made = packed_bytes(Isa::kScalar, w, kColumns, kDepth, false);
  for (int n = 0; n < 32; ++n) {
    int32_t sum = 0;
    for (int k = 0; k < 8; ++k) {
      const auto q = int{made.weights[at(n / kPanel * kPanel * 8 + (k / 4 * kPanel + n % kPanel) * 4 + k % 4)]};
      sum += q;
      if (n < kColumns && k < kDepth) {
        EXPECT_NEAR(w[at(n * kDepth + k)], made.scale[at(n)] * static_cast<float>(q), 0.501F * made.scale[at(n)]);
      } else {
        EXPECT_EQ(0, q);
      }
    }
    EXPECT_EQ(-128 * sum, made.offset[at(n)]);
  }
}

TEST(PackBytes, WeightsThatAreNoNumbersStayToBeSeen) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> w = {1, bad, 2, 3, std::numeric_limits<float>::denorm_min(), 0};  // (3, 2)
    for (const Isa isa : covered()) {
      const PackedBytes made = packed_bytes(isa, w, 3, 2, false);
      EXPECT_FALSE(std::isfinite(made.scale[0])) << to_string(isa);
      EXPECT_EQ(3.0F / kMostI8, made.scale[1]) << to_string(isa);
      EXPECT_EQ(0, made.weights[8]) << to_string(isa);  // of the third: too small for a quotient
      EXPECT_EQ(0, made.offset[2]) << to_string(isa);
    }
  }
}

constexpr int kRows = 3;
constexpr int kWidth = 21;
constexpr int kMostColumns = 80;

/// A softmax over blocks, with the weights of the last block.
struct State {
  std::vector<uint8_t> q = std::vector<uint8_t>(at(kRows) * kMostColumns, 3);
  std::vector<float> step = std::vector<float>(kRows, -1);
  std::vector<float> max = std::vector<float>(kRows, -std::numeric_limits<float>::infinity());
  std::vector<float> sum = std::vector<float>(kRows, 0);
  std::vector<float> out = std::vector<float>(at(kRows) * kWidth, 0);
};

void add_block(Isa isa, const std::vector<float>& x, int n, State& state) {
  kernels(isa).softmax_block({.x = x.data(),
                              .ldx = n,
                              .q = state.q.data(),
                              .ldq = kMostColumns,
                              .step = state.step.data(),
                              .max = state.max.data(),
                              .sum = state.sum.data(),
                              .out = state.out.data(),
                              .ldo = kWidth,
                              .m = kRows,
                              .n = n,
                              .width = kWidth});
}

int weight(const State& state, int row, int i) {
  return int{state.q[at(int64_t{row} * kMostColumns + i)]} - kZeroPoint;
}

constexpr double kExp2Error = 1e-4;  // approximations.h, and float32

/// Each weight is within a step of what it stands for, and those a chain apart are together within half a step.
void check_weights(const State& state, const std::vector<float>& x, int n, int row, double largest) {
  double rest[kSoftmaxChains] = {};
  for (int i = 0; i < n; ++i) {
    const double wanted = kSoftmaxLevel * std::exp2(x[at(row * n + i)] - largest);
    EXPECT_NEAR(wanted, weight(state, row, i), 1.02) << i;
    rest[i % kSoftmaxChains] += wanted - weight(state, row, i);
  }
  for (const double r : rest) EXPECT_NEAR(0, r, 0.51 + kExp2Error * kSoftmaxLevel * n / kSoftmaxChains);
  for (int i = n; i < round_up(n, 4); ++i) EXPECT_NEAR(0, weight(state, row, i), 1);
  for (int i = round_up(n, 4); i < kMostColumns; ++i) EXPECT_EQ(3 - kZeroPoint, weight(state, row, i));
}

TEST(SoftmaxBlock, GoesOnOverBlocks) {
  for (const Isa isa : covered()) {
    SCOPED_TRACE(to_string(isa));
    for (const int n : {1, 4, 15, 31, 32, 33, 64, 77}) {
      SCOPED_TRACE(n);
      State state;
      std::vector<double> sum(kRows);
      std::vector<double> max(kRows, -INFINITY);
      for (const float shift : {0.0F, 9.0F, -20.0F, 9.5F}) {  // the largest is found, changes, stays, changes
        auto x = random_floats(at(kRows * n), at(n));
        for (float& v : x) v = 6 * v + shift;
        std::fill(state.out.begin(), state.out.end(), 2.0F);
        const State before = state;
        add_block(isa, x, n, state);
        for (int row = 0; row < kRows; ++row) {
          const double largest = *std::max_element(&x[at(row * n)], &x[at(row * n)] + n);
          const double now = std::max(max[at(row)], largest);
          sum[at(row)] *= std::exp2(max[at(row)] - now);
          for (int i = 0; i < n; ++i) sum[at(row)] += std::exp2(x[at(row * n + i)] - now);
          EXPECT_EQ(static_cast<float>(now), state.max[at(row)]);
          EXPECT_NEAR(sum[at(row)], state.sum[at(row)], 3 * kExp2Error * sum[at(row)]);
          const double step = std::exp2(largest - now) / kSoftmaxLevel;
          EXPECT_NEAR(step, state.step[at(row)], 2 * kExp2Error * step);
          const double kept = 2 * std::exp2(max[at(row)] - now);
          for (int i = 0; i < kWidth; ++i) {
            EXPECT_NEAR(kept, state.out[at(row * kWidth + i)], 2 * kExp2Error * kept + 1e-30);
          }
          check_weights(state, x, n, row, largest);
          max[at(row)] = now;
        }
      }
    }
  }
}

/// Many small weights beside a large one: rounded alone each of them would be nothing.
TEST(SoftmaxBlock, SmallWeightsKeepWhatTheyHaveTogether) {
  constexpr int kCount = 77;
  std::vector<float> x(at(kRows) * kCount, -9.0F);  // 126 / 512 steps each
  for (int row = 0; row < kRows; ++row) x[at(row * kCount)] = 0;
  for (const Isa isa : covered()) {
    State state;
    add_block(isa, x, kCount, state);
    int together = 0;
    for (int i = 1; i < kCount; ++i) together += weight(state, 0, i);
    EXPECT_GE(together, 10) << to_string(isa);  // 18.7, less what chains of two and three numbers end with
    EXPECT_LE(together, 27) << to_string(isa);
  }
}

TEST(SoftmaxBlock, NoNumbersStayToBeSeen) {
  for (const Isa isa : covered()) {
    State state;
    std::vector<float> x(at(kRows) * 40, 1.0F);
    x[7] = std::numeric_limits<float>::quiet_NaN();
    std::fill_n(&x[40], 40, std::numeric_limits<float>::quiet_NaN());
    add_block(isa, x, 40, state);
    EXPECT_TRUE(std::isnan(state.sum[0])) << to_string(isa);
    EXPECT_TRUE(std::isnan(state.sum[1])) << to_string(isa);
    EXPECT_NEAR(40, state.sum[2], 2 * 40 * kExp2Error) << to_string(isa);
  }
}

}  // namespace
}  // namespace skald::cpu
