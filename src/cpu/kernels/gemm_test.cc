// Every GEMM row against a product in double, for all tile tails, strides and epilogues.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <limits>

#include "cpu/kernels/test_support.h"

namespace skald::cpu {
namespace {

using testing::at;
using testing::covered;
using testing::kSentinel;
using testing::kU;
using testing::random_floats;

double exact_gelu(double x) {
  return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
}

/// |gelu - exact| <= 4e-7 or, where x itself is large, its rounding to float32.
double gelu_bound(double x) {
  return std::max(4e-7, 1.01 * kU * std::abs(x));
}

struct GemmCase {
  int m = 1;
  int n = 1;
  int k = 1;
  int64_t lda = 0;  // 0: k + 3
  int ldc_extra = 5;
  bool bias = true;
  Epilogue epilogue = Epilogue::kNone;
};

/// Runs one case on one row of the table and checks every element of C, the columns beside it and the row after it.
void check(Isa isa, const GemmCase& shape) {
  SCOPED_TRACE(::testing::Message() << to_string(isa) << " m " << shape.m << " n " << shape.n << " k " << shape.k
                                    << " lda " << shape.lda << " epilogue " << static_cast<int>(shape.epilogue));
  const int64_t lda = shape.lda == 0 ? shape.k + 3 : shape.lda;
  const int64_t ldc = shape.n + shape.ldc_extra;
  auto a = random_floats(at((shape.m - 1) * lda + shape.k), 1);
  if (lda > shape.k) {  // what lies between rows is not read, or does not matter
    for (int i = 0; i + 1 < shape.m; ++i) {
      for (int64_t j = shape.k; j < lda; ++j) a[at(i * lda + j)] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  const auto w = random_floats(at(int64_t{shape.n} * shape.k), 2);
  const auto bias = random_floats(at(shape.n), 3);
  const auto before = random_floats(at(shape.m * ldc), 4);
  std::vector<float> packed(packed_size_f32(shape.n, shape.k));
  pack_f32(w.data(), shape.n, shape.k, packed.data());
  std::vector<float> c(at((shape.m + 1) * ldc), kSentinel);
  for (int i = 0; i < shape.m; ++i) std::copy_n(&before[at(i * ldc)], shape.n, &c[at(i * ldc)]);

  kernels(isa).gemm_f32({.a = a.data(),
                         .lda = lda,
                         .w = packed.data(),
                         .bias = shape.bias ? bias.data() : nullptr,
                         .c = c.data(),
                         .ldc = ldc,
                         .m = shape.m,
                         .n = shape.n,
                         .k = shape.k,
                         .epilogue = shape.epilogue});
  int wrong = 0;
  for (int i = 0; i <= shape.m; ++i) {
    for (int j = 0; j < ldc; ++j) {
      const float got = c[at(i * ldc + j)];
      if (i == shape.m || j >= shape.n) {
        if (got != kSentinel) ADD_FAILURE() << "overwritten at " << i << ", " << j;
        continue;
      }
      const double old = shape.epilogue == Epilogue::kResidual ? before[at(i * ldc + j)] : 0.0;
      const double b = shape.bias ? bias[at(j)] : 0.0;
      double sum = old + b;
      double magnitude = std::abs(old) + std::abs(b);
      for (int x = 0; x < shape.k; ++x) {
        const double term = double{a[at(i * lda + x)]} * double{w[at(int64_t{j} * shape.k + x)]};
        sum += term;
        magnitude += std::abs(term);
      }
      // k products and k + 1 sums, in any order: Higham, Accuracy and Stability of Numerical Algorithms, 3.1.
      double bound = (shape.k + 3) * kU * magnitude;
      double want = sum;
      if (shape.epilogue == Epilogue::kGelu) {
        want = exact_gelu(sum);
        bound = 1.13 * bound + gelu_bound(sum);  // |gelu'| <= 1.129
      }
      if (!(std::abs(got - want) <= bound) && ++wrong < 5) {
        ADD_FAILURE() << "at " << i << ", " << j << ": " << got << ", not " << want << " +- " << bound;
      }
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Gemm, EveryRowAndColumnTail) {
  for (const Isa isa : covered()) {
    for (int m = 1; m <= 31; ++m) {
      for (const int n : {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 80}) {
        check(isa, {.m = m, .n = n, .k = 19});
      }
    }
  }
}

TEST(Gemm, DepthsAroundTheBlock) {
  for (const Isa isa : covered()) {
    for (const int k : {1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1025}) {
      for (const int m : {1, 4, 7, 15}) check(isa, {.m = m, .n = 40, .k = k});
    }
  }
}

TEST(Gemm, WidthsAroundTheBlock) {
  for (const Isa isa : covered()) {
    for (const int n : {255, 256, 257, 511, 512, 513, 1027}) {
      for (const int m : {1, 5, 9, 29}) check(isa, {.m = m, .n = n, .k = 33});
    }
  }
}

TEST(Gemm, EpiloguesWithAndWithoutBias) {
  for (const Isa isa : covered()) {
    for (const Epilogue epilogue : {Epilogue::kNone, Epilogue::kGelu, Epilogue::kResidual}) {
      for (const bool bias : {false, true}) {
        for (const int m : {1, 3, 6, 8, 14, 20}) {
          for (const int k : {5, 64, 300, 600}) {
            check(isa, {.m = m, .n = 50, .k = k, .bias = bias, .epilogue = epilogue});
          }
        }
      }
    }
  }
}

TEST(Gemm, OverlappingAndDistantRows) {
  for (const Isa isa : covered()) {
    check(isa, {.m = 40, .n = 24, .k = 240, .lda = 80});    // a convolution of three taps over 80 bands, stride 1
    check(isa, {.m = 33, .n = 64, .k = 1152, .lda = 768});  // of three taps over 384 channels, stride 2
    check(isa, {.m = 5, .n = 64, .k = 1152, .lda = 384});
    check(isa, {.m = 17, .n = 20, .k = 64, .lda = 2048, .ldc_extra = 0});
  }
}

TEST(Gemm, NothingToDo) {
  for (const Isa isa : covered()) {
    float c = kSentinel;
    kernels(isa).gemm_f32({.c = &c, .ldc = 1, .m = 0, .n = 1, .k = 1});
    kernels(isa).gemm_f32({.c = &c, .ldc = 1, .m = 1, .n = 0, .k = 1});
    EXPECT_EQ(c, kSentinel);
  }
}

/// gelu over a dense grid: the product of x and 1.
TEST(Gemm, GeluIsExact) {
  std::vector<float> x;
  for (int i = -20 * 2048; i <= 20 * 2048; ++i) x.push_back(static_cast<float>(i) / 2048.0F);
  for (float tiny = 1e-38F; tiny < 1e-3F; tiny *= 1.7F) {
    x.push_back(tiny);
    x.push_back(-tiny);
  }
  x.push_back(1e30F);
  x.push_back(-1e30F);
  std::vector<float> one(kPanel);
  one[0] = 1;
  std::vector<float> y(x.size());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Isa isa : covered()) {
    GemmF32 g{.a = x.data(),
              .lda = 1,
              .w = one.data(),
              .c = y.data(),
              .ldc = 1,
              .m = static_cast<int>(x.size()),
              .n = 1,
              .k = 1,
              .epilogue = Epilogue::kGelu};
    kernels(isa).gemm_f32(g);
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error = std::abs(y[i] - exact_gelu(x[i]));
      EXPECT_LE(error, gelu_bound(x[i])) << to_string(isa) << " at " << x[i];
      if (std::abs(x[i]) < 5) worst = std::max(worst, error);
    }
    std::cout << to_string(isa) << ": largest error of gelu within |x| < 5: " << worst << '\n';
    g.a = &nan;
    g.m = 1;
    kernels(isa).gemm_f32(g);
    EXPECT_TRUE(std::isnan(y[0])) << to_string(isa);
  }
}

// A batch must not change what a row gives: the decoder's few rows and the encoder's many sum in one order.
TEST(Gemm, ARowAloneGivesWhatItGivesAmongMany) {
  constexpr int kMany = 61;
  constexpr int kColumns = 83;
  constexpr int kDepth = 700;
  const auto a = random_floats(at(kMany * kDepth), 1);
  const auto w = random_floats(at(kColumns * kDepth), 2);
  const auto bias = random_floats(at(kColumns), 3);
  std::vector<float> packed(packed_size_f32(kColumns, kDepth));
  pack_f32(w.data(), kColumns, kDepth, packed.data());
  GemmF32 g{.lda = kDepth, .w = packed.data(), .bias = bias.data(), .ldc = kColumns, .n = kColumns, .k = kDepth};
  for (const Isa isa : covered()) {
    std::vector<float> many(at(kMany * kColumns));
    g.a = a.data();
    g.c = many.data();
    g.m = kMany;
    kernels(isa).gemm_f32(g);
    for (const int rows : {1, 2, 3, 4, 5, 7, 8, 13, 14, 15, 28, 30}) {
      for (int first = 0; first + rows <= kMany; first += rows) {
        std::vector<float> few(at(rows * kColumns));
        g.a = &a[at(first * kDepth)];
        g.c = few.data();
        g.m = rows;
        kernels(isa).gemm_f32(g);
        ASSERT_TRUE(std::equal(few.begin(), few.end(), many.begin() + first * kColumns))
            << to_string(isa) << ": " << rows << " rows from " << first;
      }
    }
  }
}

TEST(Pack, PanelsAndPadding) {
  for (const int n : {1, 15, 16, 17, 40}) {
    constexpr int kDepth = 5;
    const auto w = random_floats(at(n * kDepth), 5);
    std::vector<float> transposed(w.size());
    for (int i = 0; i < n; ++i) {
      for (int k = 0; k < kDepth; ++k) transposed[at(k * n + i)] = w[at(i * kDepth + k)];
    }
    std::vector<float> packed(packed_size_f32(n, kDepth) + 1, kSentinel);
    std::vector<float> from_transposed = packed;
    pack_f32(w.data(), n, kDepth, packed.data());
    pack_f32_strided(transposed.data(), 1, n, n, kDepth, from_transposed.data());
    EXPECT_EQ(packed, from_transposed);
    EXPECT_EQ(packed.back(), kSentinel);
    for (size_t i = 0; i + 1 < packed.size(); ++i) {
      const auto panel = static_cast<int>(i) / (kPanel * kDepth);
      const auto k = static_cast<int>(i) / kPanel % kDepth;
      const auto row = panel * kPanel + static_cast<int>(i) % kPanel;
      EXPECT_EQ(packed[i], row < n ? w[at(row * kDepth + k)] : 0.0F);
    }
  }
}

}  // namespace
}  // namespace skald::cpu
