// The integer products of the table: equal to the scalar row to the bit, which is compared with arithmetic in double.

#include <gtest/gtest.h>

#include "base/rounding.h"
#include "cpu/kernels/test_support.h"

namespace skald::cpu {
namespace {

using testing::at;
using testing::covered;
using testing::kSentinel;
using testing::random_floats;

struct IntegerCase {
  int m = 1;
  int n = 1;
  int k = 1;
  bool bias = true;
  Epilogue epilogue = Epilogue::kNone;
};

/// IntegerOperands of one product; the rows of A, quantised by the scalar row, lie apart.
struct IntegerOperands {
  explicit IntegerOperands(const IntegerCase& shape)
      : x(random_floats(at(int64_t{shape.m} * shape.k), 1)),
        w(random_floats(at(int64_t{shape.n} * shape.k), 2)),
        bias(random_floats(at(shape.n), 3)),
        before(random_floats(at(int64_t{shape.m} * (shape.n + 3)), 4)),
        x_scale(at(shape.m)),
        w_scale(at(round_up(shape.n, kPanel))) {
    for (int row = 0; row < shape.m; ++row) {  // rows of different size
      for (int k = 0; k < shape.k; ++k) x[at(int64_t{row} * shape.k + k)] *= static_cast<float>(row + 1);
    }
  }
  std::vector<float> x, w, bias, before, x_scale, w_scale;
};

std::vector<float> run_i8(Isa isa, const IntegerCase& shape, IntegerOperands& the) {
  const int64_t lda = round_up(shape.k, 4) + 8;
  std::vector<uint8_t> a(at(shape.m * lda), 0xEE);
  std::vector<int8_t> packed(packed_size_i8(shape.n, shape.k));
  std::vector<int32_t> offset(the.w_scale.size());
  const Kernels& scalar = kernels(Isa::kScalar);
  scalar.pack_rows_bytes({.x = the.w.data(),
                          .stride = shape.k,
                          .rows = shape.n,
                          .width = shape.k,
                          .out = packed.data(),
                          .scale = the.w_scale.data(),
                          .offset = offset.data()});
  scalar.quantise_i8({.x = the.x.data(),
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
std::vector<float> run_i16(Isa isa, const IntegerCase& shape, IntegerOperands& the) {
  constexpr bool kWide = sizeof(W) == 2;
  const int64_t lda = round_up(shape.k, 2) + 4;
  const int level = most_level(shape.k);
  std::vector<int16_t> a(at(shape.m * lda), 0x6EEE);
  std::vector<W> packed(packed_size_i16(shape.n, shape.k));
  const Pack<W, int16_t> pack{.x = the.w.data(),
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
void check_equal(const IntegerCase& shape) {
  SCOPED_TRACE(::testing::Message() << "m " << shape.m << " n " << shape.n << " k " << shape.k);
  IntegerOperands the(shape);
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
void check_product(const IntegerCase& shape, const IntegerOperands& the, const std::vector<float>& c) {
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
  const IntegerCase shape{.m = 9, .n = 35, .k = 130};
  IntegerOperands the(shape);
  check_product(shape, the, run_i8(Isa::kScalar, shape, the));
  check_product(shape, the, run_i16<int16_t>(Isa::kScalar, shape, the));
  check_product(shape, the, run_i16<int8_t>(Isa::kScalar, shape, the));
}

TEST(GemmInteger, GeluIsThatOfTheProduct) {
  const IntegerCase plain{.m = 17, .n = 45, .k = 64};
  IntegerCase with_gelu = plain;
  with_gelu.epilogue = Epilogue::kGelu;
  IntegerOperands the(plain);
  const auto before = run_i8(Isa::kScalar, plain, the);
  for (const Isa isa : covered()) {
    const auto after = run_i8(isa, with_gelu, the);
    for (int row = 0; row < plain.m; ++row) {
      for (int n = 0; n < plain.n; ++n) {
        const size_t i = at(int64_t{row} * (plain.n + 3) + n);
        const double x = before[i];
        EXPECT_NEAR(0.5 * x * std::erfc(-x / std::sqrt(2.0)), after[i], 3.1e-5 + 1e-6 * std::abs(x)) << to_string(isa);
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

}  // namespace
}  // namespace skald::cpu
