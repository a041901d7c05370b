// Normalisation, softmax, attention and top-k: every row against double. Which rows ran is printed.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cfloat>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <numeric>

#include "cpu/kernels/test_support.h"

namespace skald::cpu {
namespace {

using testing::at;
using testing::covered;
using testing::kSentinel;
using testing::kU;
using testing::random_floats;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Kernels, EveryRowOfThisProcessorIsTested) {
  for (const Isa isa : covered()) {
    std::cout << "covered: " << to_string(isa) << '\n';
    EXPECT_EQ(kernels(isa).isa, isa);
  }
  EXPECT_EQ(covered().back(), best_isa());
  if (std::getenv("SKALD_CPU") == nullptr) return;
  const auto wanted = select_isa();
  ASSERT_TRUE(wanted) << "SKALD_CPU names a family that this processor does not run";
  const auto isas = covered();
  EXPECT_NE(std::find(isas.begin(), isas.end(), *wanted), isas.end());
}

void check_layer_norm(Isa isa, int rows, int width, float offset, bool in_place) {
  SCOPED_TRACE(::testing::Message() << to_string(isa) << " rows " << rows << " width " << width);
  auto x = random_floats(at(rows * width), 1);
  for (float& v : x) v += offset;
  const auto gain = random_floats(at(width), 2);
  const auto bias = random_floats(at(width), 3);
  std::vector<float> y(x.size() + 1, kSentinel);
  if (in_place) std::copy(x.begin(), x.end(), y.begin());
  kernels(isa).layer_norm_f32(in_place ? y.data() : x.data(), gain.data(), bias.data(), y.data(), rows, width);
  EXPECT_EQ(y.back(), kSentinel);
  for (int row = 0; row < rows; ++row) {
    const float* r = &x[at(row * width)];
    double mean = 0;
    double magnitude = 0;
    for (int i = 0; i < width; ++i) {
      mean += r[i] / double(width);
      magnitude += std::abs(r[i]) / double(width);
    }
    double variance = 0;
    for (int i = 0; i < width; ++i) variance += (r[i] - mean) * (r[i] - mean) / width;
    const double inverse = 1 / std::sqrt(variance + 1e-5);
    const double mean_error = (width + 2) * kU * magnitude;  // a sum of `width` terms and a division
    for (int i = 0; i < width; ++i) {
      const double z = (r[i] - mean) * inverse;
      const double want = z * gain[at(i)] + bias[at(i)];
      // The mean's error shifts z; the variance (width + 4 roundings, and the mean's error squared) scales it by half
      // its own relative error; then six roundings.
      const double scaled = (width + 16) * kU + std::pow(mean_error * inverse, 2);
      const double bound = std::abs(gain[at(i)]) * (mean_error * inverse + std::abs(z) * scaled + kU) +
                           2 * kU * (std::abs(want) + std::abs(bias[at(i)]));
      ASSERT_NEAR(y[at(row * width + i)], want, bound) << "at " << row << ", " << i;
    }
  }
}

TEST(LayerNorm, WidthsAndTails) {
  for (const Isa isa : covered()) {
    for (const int width : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 384, 512, 1280}) {
      check_layer_norm(isa, 3, width, 0, false);
      check_layer_norm(isa, 2, width, 3, true);
    }
  }
}

/// Error relative to p(i) of a softmax whose arguments are off by `argument` and whose sum has n terms: twice the
/// argument (numerator and sum), 2 ulp = 4 u of each exp, the sum and three roundings.
double softmax_error(double argument, int n) {
  return 2 * argument + (n + 12) * kU;
}

void check_softmax(Isa isa, int rows, int n, int stride, float scale, float range) {
  SCOPED_TRACE(::testing::Message() << to_string(isa) << " rows " << rows << " n " << n);
  auto x = random_floats(at(rows * stride), 1);
  for (float& v : x) v *= range;
  for (int row = 0; row < rows && n > 2; ++row) x[at(row * stride + row % n)] = -kInfinity;
  auto y = x;
  kernels(isa).softmax_f32(y.data(), rows, n, stride, scale);
  for (int row = 0; row < rows; ++row) {
    const float* r = &x[at(row * stride)];
    const double max = double{scale} * *std::max_element(r, r + n);
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += std::exp(double{scale} * r[i] - max);
    const double argument = 3 * kU * scale * range;  // of the product, the maximum and their difference
    for (int i = 0; i < stride; ++i) {
      const float got = y[at(row * stride + i)];
      if (i >= n) {
        ASSERT_EQ(got, r[i]) << "beyond the row";
        continue;
      }
      if (r[i] == -kInfinity) {
        ASSERT_EQ(got, 0.0F);
        continue;
      }
      const double want = std::exp(double{scale} * r[i] - max) / sum;
      ASSERT_NEAR(got, want, want * softmax_error(argument, n) + FLT_MIN) << "at " << row << ", " << i;
    }
  }
}

TEST(Softmax, LengthsAndTails) {
  for (const Isa isa : covered()) {
    for (const int n : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 448, 1500}) {
      check_softmax(isa, 3, n, n + 3, 0.125F, 8);
      check_softmax(isa, 2, n, n, 1, 60);
    }
  }
}

/// exp seen through a softmax whose other term is exp(0) = 1: below -17.4 the sum rounds to 1 and the result is exp(x).
TEST(Softmax, ExpIsWithinTwoUlp) {
  for (const Isa isa : covered()) {
    double worst = 0;
    for (int i = 0; i <= 110 * 512; ++i) {
      const float x = -static_cast<float>(i) / 512.0F;
      std::array<float, 2> row = {x, 0};
      kernels(isa).softmax_f32(row.data(), 1, 2, 2, 1);
      const double want = std::exp(double{x}) / (1 + std::exp(double{x}));
      if (want < FLT_MIN) {
        ASSERT_NEAR(row[0], want, FLT_MIN) << to_string(isa) << " at " << x;
        continue;
      }
      const auto rounded = static_cast<float>(want);
      const double ulp = std::nextafter(rounded, kInfinity) - rounded;
      const double error = std::abs(row[0] - want) / ulp;
      if (x < -17.4F) worst = std::max(worst, error);
      // Two more roundings of at most an ulp (the sum, its reciprocal) and half of one (the product) before that.
      ASSERT_LE(error, x < -17.4F ? 2 : 4.5) << to_string(isa) << " at " << x;
    }
    std::cout << to_string(isa) << ": largest error of exp: " << worst << " ulp\n";
  }
}

void check_attend(Isa isa, int n, int e, int64_t stride) {
  SCOPED_TRACE(::testing::Message() << to_string(isa) << " n " << n << " e " << e);
  const auto q = random_floats(at(e), 1);
  const auto keys = random_floats(at(int64_t{n} * e), 2);
  const auto values = random_floats(keys.size(), 3);
  // Pages that lie in another order; other heads' numbers, and those of rows behind the last, which must not matter.
  const int64_t key = stride - 2 * e - 1;
  const int64_t value = stride - e;
  const int page_count = ceil_div(n, kPageRows);
  std::vector<float> memory(at(page_count * kPageRows * stride), NAN);
  std::vector<const float*> pages;
  for (int page = page_count - 1; page >= 0; --page) pages.push_back(&memory[at(page * kPageRows * stride)]);
  for (int i = 0; i < n; ++i) {
    const int64_t row = pages[at(i / kPageRows)] - memory.data() + i % kPageRows * stride;
    std::copy_n(&keys[at(int64_t{i} * e)], e, &memory[at(row + key)]);
    std::copy_n(&values[at(int64_t{i} * e)], e, &memory[at(row + value)]);
  }
  const float scale = 2 / std::sqrt(static_cast<float>(e));
  std::vector<float> scores(at(n) + 1, kSentinel);
  std::vector<float> out(at(e) + 1, kSentinel);
  kernels(isa).attend_f32({.q = q.data(),
                           .pages = pages.data(),
                           .stride = stride,
                           .key = key,
                           .value = value,
                           .n = n,
                           .e = e,
                           .scale = scale,
                           .scores = scores.data(),
                           .out = out.data()});
  EXPECT_EQ(scores.back(), kSentinel);
  EXPECT_EQ(out.back(), kSentinel);
  std::vector<double> p(at(n));
  double magnitude = 0;  // largest sum of |q||key|
  for (int i = 0; i < n; ++i) {
    double m = 0;
    for (int j = 0; j < e; ++j) {
      const double term = double{q[at(j)]} * double{keys[at(i * e + j)]};
      p[at(i)] += term;
      m += std::abs(term);
    }
    magnitude = std::max(magnitude, m * scale);
  }
  const double max = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& v : p) sum += v = std::exp(scale * (v - max));
  const double weight_error = softmax_error((e + 4) * kU * magnitude, n);
  for (int i = 0; i < n; ++i) ASSERT_NEAR(scores[at(i)], p[at(i)] / sum, p[at(i)] / sum * weight_error) << "key " << i;
  for (int j = 0; j < e; ++j) {
    double want = 0;
    double terms = 0;
    for (int i = 0; i < n; ++i) {
      const double term = p[at(i)] / sum * values[at(i * e + j)];
      want += term;
      terms += std::abs(term);
    }
    ASSERT_NEAR(out[at(j)], want, terms * (weight_error + (n + 1) * kU)) << "column " << j;
  }
}

TEST(Attend, LengthsAndWidths) {
  for (const Isa isa : covered()) {
    for (const int e : {1, 8, 16, 20, 32, 40, 63, 64, 65, 80, 128, 130}) {
      for (const int n : {1, 2, 7, 8, 9, 15, 16, 17, 33, 100}) check_attend(isa, n, e, 2 * e + 5);
    }
    check_attend(isa, 448, 64, 384);
    check_attend(isa, 1500, 64, 130);
    check_attend(isa, 1499, 64, 512);
  }
}

struct Top {
  std::vector<int32_t> ids;
  std::vector<float> values;
};

/// The definition: a stable sort of the unmasked.
Top naive_top(const std::vector<float>& x, const uint64_t* mask, int first_id, int k) {
  std::vector<int> order;
  for (int i = 0; i < static_cast<int>(x.size()); ++i) {
    const bool masked = mask != nullptr && ((mask[i / 64] >> (static_cast<unsigned>(i) % 64U)) & 1U) != 0;
    if (!masked && x[at(i)] > -kInfinity) order.push_back(i);  // false for a NaN, too
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return x[at(a)] > x[at(b)]; });
  Top top{std::vector<int32_t>(at(k), -1), std::vector<float>(at(k), -kInfinity)};
  for (size_t j = 0; j < at(k) && j < order.size(); ++j) {
    top.ids[j] = first_id + order[j];
    top.values[j] = x[at(order[j])];
  }
  return top;
}

double naive_log_sum_exp(const std::vector<float>& x, const uint64_t* mask) {
  double max = -kInfinity;
  double sum = 0;
  for (const bool summing : {false, true}) {
    for (size_t i = 0; i < x.size(); ++i) {
      if (mask != nullptr && ((mask[i / 64] >> (i % 64U)) & 1U) != 0) continue;
      if (!summing) max = std::max(max, double{x[i]});
      if (summing && x[i] != -kInfinity) sum += std::exp(x[i] - max);
    }
  }
  return max + std::log(sum);
}

void check_top_k(Isa isa, const std::vector<float>& x, const uint64_t* mask, int k) {
  SCOPED_TRACE(::testing::Message() << to_string(isa) << " n " << x.size() << " k " << k);
  constexpr int kFirst = 1000;
  std::vector<int32_t> ids(at(k) + 1, -77);
  std::vector<float> values(at(k) + 1, kSentinel);
  const int n = static_cast<int>(x.size());
  const float lse = kernels(isa).top_k_f32(x.data(), mask, kFirst, n, k, ids.data(), values.data());
  EXPECT_EQ(ids.back(), -77);
  EXPECT_EQ(values.back(), kSentinel);
  ids.pop_back();
  values.pop_back();
  const Top want = naive_top(x, mask, kFirst, k);
  EXPECT_EQ(ids, want.ids);
  EXPECT_EQ(values, want.values);
  const double exact = naive_log_sum_exp(x, mask);
  if (exact == -kInfinity) {
    EXPECT_EQ(lse, -kInfinity);
    return;
  }
  double largest = 0;
  for (const float v : x) largest = std::isinf(v) ? largest : std::max(largest, std::abs(double{v}));
  // The sum is off by n + 4 roundings and the exponents' (one each of an argument of at most 2 * largest); log turns
  // that into an absolute error, then log and the last sum round.
  EXPECT_NEAR(lse, exact, (n + 6 + 2 * largest) * kU + 2 * kU * (largest + std::log(double(n) + 1)));
}

TEST(TopK, AgreesWithAStableSort) {
  for (const int n : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 1501, 51865}) {
    auto x = random_floats(at(n), 1);
    auto ties = x;
    for (float& v : x) v *= 30;
    for (float& v : ties) v = std::round(v * 20);  // 41 different values
    std::vector<uint64_t> half(at((n + 63) / 64));
    std::vector<uint64_t> all(half.size(), ~uint64_t{0});
    KeyedRandom random(1, 2, 3);
    for (uint64_t& word : half) word = static_cast<uint64_t>(random.uniform() * 0x1p53) * 0x9E3779B97F4A7C15U;
    auto all_but_last = all;
    all_but_last.back() &= ~(uint64_t{1} << (at(n - 1) % 64U));
    for (const Isa isa : covered()) {
      for (const int k : {0, 1, 2, 5, 64, 65}) {
        for (const auto* mask : {static_cast<std::vector<uint64_t>*>(nullptr), &half, &all, &all_but_last}) {
          check_top_k(isa, x, mask == nullptr ? nullptr : mask->data(), k);
          check_top_k(isa, ties, mask == nullptr ? nullptr : mask->data(), k);
        }
      }
    }
  }
}

TEST(TopK, OrderedInputsAndInfinities) {
  std::vector<float> up(1000);
  std::iota(up.begin(), up.end(), -500.0F);
  auto down = up;
  std::reverse(down.begin(), down.end());
  auto holes = down;
  for (size_t i = 0; i < holes.size(); i += 3) holes[i] = -kInfinity;
  const std::vector<float> nothing(100, -kInfinity);
  const std::vector<float> equal(100, 2.5F);
  for (const Isa isa : covered()) {
    for (const int k : {1, 5, 65}) {
      for (const auto& x : {up, down, holes, nothing, equal}) check_top_k(isa, x, nullptr, k);
    }
  }
}

TEST(TopK, NanIsNeverChosenAndIsReported) {
  for (const Isa isa : covered()) {
    for (const size_t place : {size_t{0}, size_t{20}, size_t{99}}) {
      auto x = random_floats(100, 1);
      x[place] = NAN;
      std::vector<int32_t> ids(100);
      std::vector<float> values(100);
      const float lse = kernels(isa).top_k_f32(x.data(), nullptr, 0, 100, 100, ids.data(), values.data());
      EXPECT_TRUE(std::isnan(lse)) << to_string(isa);
      EXPECT_EQ(ids, naive_top(x, nullptr, 0, 100).ids) << to_string(isa);
      EXPECT_EQ(ids.back(), -1);
    }
  }
}

}  // namespace
}  // namespace skald::cpu
