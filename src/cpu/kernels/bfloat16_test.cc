// The products and conversions of bfloat16: the scalar row against arithmetic in double, the others against it within
// the roundings of their sums.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/half.h"
#include "base/rounding.h"
#include "cpu/kernels/test_support.h"

namespace skald::cpu {
namespace {

using testing::at;
using testing::covered;
using testing::kSentinel;
using testing::kU;
using testing::random_floats;

struct Bf16Case {
  int m = 1;
  int n = 1;
  int k = 1;
  bool bias = true;
  Epilogue epilogue = Epilogue::kNone;
};

constexpr int kGap = 3;  // columns beside C

struct Bf16Operands {
  explicit Bf16Operands(const Bf16Case& shape)
      : lda(round_up(shape.k, 2) + 4),
        a(at(shape.m * lda), 0x7FC0),  // what lies between rows is no number
        w(random_floats(at(int64_t{shape.n} * shape.k), 2)),
        packed(packed_size_bf16(shape.n, shape.k)),
        bias(random_floats(at(shape.n), 3)),
        before(random_floats(at(int64_t{shape.m} * (shape.n + kGap)), 4)) {
    const auto x = random_floats(at(int64_t{shape.m} * shape.k), 1);
    kernels(Isa::kScalar)
        .round_bf16({.x = x.data(), .ldx = shape.k, .q = a.data(), .ldq = lda, .m = shape.m, .k = shape.k});
    pack_bf16(w.data(), shape.n, shape.k, packed.data());
  }
  int64_t lda;
  std::vector<Bfloat16> a;
  std::vector<float> w;
  std::vector<Bfloat16> packed;
  std::vector<float> bias;
  std::vector<float> before;
};

std::vector<float> run(Isa isa, const Bf16Case& shape, const Bf16Operands& the) {
  std::vector<float> c = the.before;
  kernels(isa).gemm_bf16({.a = the.a.data(),
                          .lda = the.lda,
                          .w = the.packed.data(),
                          .bias = shape.bias ? the.bias.data() : nullptr,
                          .c = c.data(),
                          .ldc = shape.n + kGap,
                          .m = shape.m,
                          .n = shape.n,
                          .k = shape.k,
                          .epilogue = shape.epilogue});
  return c;
}

/// What C is, in double, and by how much a sum of float32 may miss it: each of k additions rounds, and what is added is
/// no larger than the sum of magnitudes (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1).
struct Bf16Expected {
  double value = 0;
  double error = 0;
};
Bf16Expected bf16_expected(const Bf16Case& shape, const Bf16Operands& the, int row, int n) {
  double sum = 0;
  double magnitude = 0;
  for (int k = 0; k < shape.k; ++k) {
    const double product = double{bf16_to_f32(the.a[at(row * the.lda + k)])} *
                           bf16_to_f32(f32_to_bf16(the.w[at(int64_t{n} * shape.k + k)]));
    sum += product;
    magnitude += std::abs(product);
  }
  if (shape.bias) sum += the.bias[at(n)];
  if (shape.epilogue == Epilogue::kResidual) sum += the.before[at(int64_t{row} * (shape.n + kGap) + n)];
  return {sum, (shape.k + 3) * kU * (magnitude + 2)};
}

void check(const Bf16Case& shape) {
  SCOPED_TRACE(::testing::Message() << "m " << shape.m << " n " << shape.n << " k " << shape.k);
  const Bf16Operands the(shape);
  for (const Isa isa : covered()) {
    const auto c = run(isa, shape, the);
    for (int row = 0; row < shape.m; ++row) {
      for (int n = 0; n < shape.n; ++n) {
        const Bf16Expected e = bf16_expected(shape, the, row, n);
        EXPECT_NEAR(e.value, c[at(int64_t{row} * (shape.n + kGap) + n)], e.error) << to_string(isa);
      }
      for (int64_t i = int64_t{row} * (shape.n + kGap) + shape.n; i < int64_t{row + 1} * (shape.n + kGap); ++i) {
        EXPECT_EQ(the.before[at(i)], c[at(i)]) << to_string(isa);
      }
    }
  }
}

TEST(GemmBf16, EveryRowAndColumnTail) {
  for (int m = 1; m <= 30; ++m) {
    for (const int n : {1, 15, 16, 17, 33, 64, 65, 80}) check({.m = m, .n = n, .k = 19});
  }
}

TEST(GemmBf16, Depths) {
  for (const int k : {1, 2, 3, 5, 64, 240, 1024, 5120}) {
    for (const int m : {1, 5, 15}) check({.m = m, .n = 40, .k = k});
  }
}

TEST(GemmBf16, WidthsAroundTheBlock) {
  for (const int n : {63, 64, 65, 530}) {
    for (const int m : {1, 7, 16}) check({.m = m, .n = n, .k = 4096});
  }
}

TEST(GemmBf16, ResidualAndBias) {
  for (const Epilogue epilogue : {Epilogue::kNone, Epilogue::kResidual}) {
    for (const bool bias : {false, true}) {
      for (const int m : {1, 4, 20}) check({.m = m, .n = 50, .k = 36, .bias = bias, .epilogue = epilogue});
    }
  }
}

/// A row alone and in company, in every place of a tile.
TEST(GemmBf16, ARowDoesNotDependOnItsNeighbours) {
  const Bf16Case all{.m = 29, .n = 100, .k = 300};
  const Bf16Operands the(all);
  for (const Isa isa : covered()) {
    const auto c = run(isa, all, the);
    for (int row = 0; row < all.m; ++row) {
      std::vector<float> alone(at(all.n));
      kernels(isa).gemm_bf16({.a = the.a.data() + row * the.lda,
                              .lda = the.lda,
                              .w = the.packed.data(),
                              .bias = the.bias.data(),
                              .c = alone.data(),
                              .ldc = all.n,
                              .m = 1,
                              .n = all.n,
                              .k = all.k});
      for (int n = 0; n < all.n; ++n) {
        EXPECT_EQ(c[at(int64_t{row} * (all.n + kGap) + n)], alone[at(n)]) << to_string(isa) << " row " << row;
      }
    }
  }
}

TEST(GemmBf16, GeluIsThatOfTheProduct) {
  const Bf16Case plain{.m = 17, .n = 45, .k = 64};
  Bf16Case with_gelu = plain;
  with_gelu.epilogue = Epilogue::kGelu;
  const Bf16Operands the(plain);
  for (const Isa isa : covered()) {
    const auto before = run(isa, plain, the);
    const auto after = run(isa, with_gelu, the);
    for (int row = 0; row < plain.m; ++row) {
      for (int n = 0; n < plain.n; ++n) {
        const size_t i = at(int64_t{row} * (plain.n + kGap) + n);
        const double x = before[i];
        EXPECT_NEAR(0.5 * x * std::erfc(-x / std::sqrt(2.0)), after[i], 3.1e-5 + 1e-6 * std::abs(x)) << to_string(isa);
      }
    }
  }
}

TEST(GemmBf16, NothingToDo) {
  for (const Isa isa : covered()) {
    float c = kSentinel;
    kernels(isa).gemm_bf16({.c = &c, .ldc = 1, .m = 0, .n = 1, .k = 1});
    kernels(isa).gemm_bf16({.c = &c, .ldc = 1, .m = 1, .n = 0, .k = 1});
    EXPECT_EQ(c, kSentinel);
  }
}

/// Halves, subnormal numbers, the largest ones, infinities and what is no number, at every place of a register.
TEST(RoundBf16, EveryKindOfNumber) {
  const float kinds[] = {0.0F,
                         -0.0F,
                         1.0F,
                         std::bit_cast<float>(0x3F808000U),  // half way, down to even
                         std::bit_cast<float>(0x3F818000U),  // half way, up to even
                         std::bit_cast<float>(0x3F818001U),
                         -1.00390625F,
                         1e-40F,
                         std::numeric_limits<float>::denorm_min(),
                         std::numeric_limits<float>::max(),
                         std::numeric_limits<float>::infinity(),
                         -std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::quiet_NaN(),
                         std::bit_cast<float>(0x7F800001U)};
  constexpr int kCount = std::size(kinds);
  for (int k = 1; k <= 40; ++k) {
    const int64_t ldq = round_up(k, 2) + 2;
    std::vector<float> x(at(2 * k));
    for (size_t i = 0; i < x.size(); ++i) x[i] = kinds[(i * 5 + at(k)) % kCount];
    for (const Isa isa : covered()) {
      std::vector<Bfloat16> q(at(2 * ldq), 0x1234);
      kernels(isa).round_bf16({.x = x.data(), .ldx = k, .q = q.data(), .ldq = ldq, .m = 2, .k = k});
      for (int row = 0; row < 2; ++row) {
        for (int i = 0; i < k; ++i) {
          EXPECT_EQ(f32_to_bf16(x[at(row * k + i)]), q[at(row * ldq + i)]) << to_string(isa) << " " << k << " " << i;
        }
        for (int64_t i = k; i < ldq; ++i) {
          EXPECT_EQ(i < round_up(k, 2) ? 0 : 0x1234, q[at(row * ldq + i)]) << to_string(isa);
        }
      }
    }
  }
}

TEST(PackBf16, PanelsOfGroups) {
  constexpr int kN = 19;
  constexpr int kK = 5;
  const auto w = random_floats(at(kN) * kK, 9);
  std::vector<Bfloat16> packed(packed_size_bf16(kN, kK), 0x1234);
  ASSERT_EQ(at(2 * kPanel) * 6, packed.size());
  pack_bf16(w.data(), kN, kK, packed.data());
  for (int n = 0; n < 2 * kPanel; ++n) {
    for (int k = 0; k < 6; ++k) {
      const Bfloat16 want = n < kN && k < kK ? f32_to_bf16(w[at(n * kK + k)]) : Bfloat16{0};
      EXPECT_EQ(want, packed[at(((n / kPanel * 3 + k / 2) * kPanel + n % kPanel) * 2 + k % 2)]) << n << " " << k;
    }
  }
}

}  // namespace
}  // namespace skald::cpu
