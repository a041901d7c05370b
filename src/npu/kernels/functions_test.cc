// The functions over every bfloat16 of their range: the largest error is that of functions.h, no more and not much
// less.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "base/half.h"
#include "npu/kernels/catalogue.h"

namespace skald::npu {
namespace {

constexpr size_t kCount = 1024;

struct alignas(64) Numbers {
  std::array<uint16_t, kCount> values{};
};

/// f of 1024 numbers.
Numbers apply(const KernelRow& row, const Numbers& x) {
  Numbers y;
  Numbers copy = x;
  std::vector<std::byte*> memory;
  struct alignas(64) Table {
    std::array<std::byte, 4096> bytes{};
  };
  std::vector<Table> tables(row.arguments.size());
  for (size_t i = 0; i < row.arguments.size(); ++i) {
    const std::string_view table = row.arguments[i].table;
    if (table.empty()) {
      memory.push_back(reinterpret_cast<std::byte*>(i == 0 ? copy.values.data() : y.values.data()));
    } else {
      const auto contents = find_table(table)->contents();
      std::memcpy(tables[i].bytes.data(), contents.data(), contents.size());
      memory.push_back(tables[i].bytes.data());
    }
  }
  row.run(memory, {});
  return y;
}

/// The largest |f(x) - exact(x)| / scale(exact(x)) over every bfloat16 from `low` to `high`.
double largest_error(std::string_view symbol, double low, double high, const std::function<double(double)>& exact,
                     bool relative) {
  const KernelRow* row = find_kernel(symbol);
  if (row == nullptr) return -1;
  double largest = 0;
  for (uint32_t first = 0; first < 65536; first += kCount) {
    Numbers x;
    for (uint32_t i = 0; i < kCount; ++i) {
      const auto bits = static_cast<uint16_t>(first + i);
      const double value = bf16_to_f32(bits);
      x.values[i] = value >= low && value <= high ? bits : f32_to_bf16(static_cast<float>(high));  // NaN too
    }
    const Numbers y = apply(*row, x);
    for (uint32_t i = 0; i < kCount; ++i) {
      const double want = exact(bf16_to_f32(x.values[i]));
      const double error = std::abs(bf16_to_f32(y.values[i]) - want);
      largest = std::max(largest, relative ? error / std::abs(want) : error);
    }
  }
  return largest;
}

// Rounding to bfloat16 alone is 2^-8 of a number just above a power of two.
constexpr double kRounding = 1.0 / 256;

TEST(Functions, Exp) {
  const auto exact = [](double x) { return std::exp(x); };
  const double error = largest_error("exp_bf16_1024", -43, 43, exact, true);
  EXPECT_LE(error, kRounding + 1.5e-4);  // the cubic and two truncated sums
  EXPECT_GE(error, kRounding / 1.01);
  RecordProperty("largest_relative_error", std::to_string(error));
}

TEST(Functions, ExpOfLargeNegativesIsNearlyZero) {
  const auto exact = [](double x) { return std::exp(x); };
  EXPECT_LE(largest_error("exp_bf16_1024", -3e38, -43, exact, false), 1e-18);
}

TEST(Functions, Log2) {
  const auto exact = [](double x) { return std::log2(x); };
  // Rounding: results up to 8 in size, 2^-9 of it; the function's own error beside it.
  EXPECT_LE(largest_error("log2_bf16_1024", 0.00390625, 256, exact, false), 4 * kRounding + 0.0020);
  EXPECT_LE(largest_error("log2_bf16_1024", 0.9, 1.1, exact, false), 0.0025);
  EXPECT_LE(largest_error("log2_bf16_1024", 1.2e-38, 3e38, exact, false), 64 * kRounding + 0.0020);
}

TEST(Functions, Reciprocal) {
  const auto exact = [](double x) { return 1 / x; };
  EXPECT_LE(largest_error("reciprocal_bf16_1024", 0x1p-125, 0x1p125, exact, true), kRounding + 4e-5);
}

TEST(Functions, InverseSqrt) {
  const auto exact = [](double x) { return 1 / std::sqrt(x); };
  EXPECT_LE(largest_error("inverse_sqrt_bf16_1024", 0x1p-120, 0x1p125, exact, true), kRounding + 6e-5);
}

TEST(Functions, Tanh) {
  const auto exact = [](double x) { return std::tanh(x); };
  EXPECT_LE(largest_error("tanh_bf16_1024", -3e38, 3e38, exact, false), 0.0035);
}

}  // namespace
}  // namespace skald::npu
