// Kernels whose numbers need a whole row.

#include <cmath>
#include <limits>

#include "npu/kernels/definitions_for_tests.h"

namespace skald::npu::testing {
namespace {

constexpr std::uint16_t kNotANumber = 0x7FC0;

/// Spoils columns from `count` on: nothing of them may count.
void spoil_columns(std::vector<std::byte>& x, std::int64_t width, std::int64_t count) {
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.size()) / 2; ++i) {
    if (i % width >= count) put(x, i, kNotANumber);
  }
}

std::int64_t width_of(const KernelRow& row) {
  return std::stoll(std::string(row.symbol.substr(row.symbol.rfind('x') + 1)));
}

}  // namespace

/// Numbers from -8 to 8, and one far below.
void prepare_softmax(const KernelRow& row, Random& random, Memory& memory) {
  for (std::int64_t i = 0; i < row.arguments[0].extent; ++i) put(memory[0], i, to_bf16(4 * random.real()));
  put(memory[0], 3, to_bf16(-30000));
  spoil_columns(memory[0], width_of(row), row.usual[0]);
}

/// An exponential has a relative error e of 2^-8 + 2e-4: functions.h, and sums near 192 whose unit is 2^-16. The sum of
/// such has no larger one; dividing, 2^-15; rounding, 2^-8.
std::string check_softmax(const Case& the) {
  const std::int64_t width = width_of(the.row);
  const std::int64_t count = the.number("columns");
  const double relative = 2 * (std::ldexp(1, -8) + 2e-4) + std::ldexp(1, -15) + std::ldexp(1, -8);
  for (std::int64_t first = 0; first < the.row.arguments[0].extent; first += width) {
    double largest = -std::numeric_limits<double>::infinity();
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) largest = std::max(largest, the.in(0, first + i));
    for (std::int64_t i = 0; i < count; ++i) sum += std::exp(the.in(0, first + i) - largest);
    for (std::int64_t i = 0; i < width; ++i) {
      const double exact = i < count ? std::exp(the.in(0, first + i) - largest) / sum : 0.0;
      const double bound = i < count ? relative * exact + 1e-18 : 0.0;
      if (std::string text = compare(the, 1, first + i, exact, bound); !text.empty()) return text;
    }
  }
  return {};
}

/// Rows of a spread and mean of their own; gamma around 1, beta around 0, both 0 where columns hold nothing.
void prepare_layer_norm(const KernelRow& row, Random& random, Memory& memory) {
  const std::int64_t width = width_of(row);
  const std::int64_t count = row.usual[0];
  for (std::int64_t first = 0; first < row.arguments[0].extent; first += width) {
    const float mean = random.real();
    const float spread = 0.1F + std::abs(random.real());
    for (std::int64_t i = 0; i < width; ++i) put(memory[0], first + i, to_bf16(mean + spread * random.real()));
  }
  spoil_columns(memory[0], width, count);
  for (std::int64_t i = 0; i < width; ++i) {
    put(memory[1], i, to_bf16(i < count ? 1 + random.real() / 4 : 0.0F));
    put(memory[1], width + i, to_bf16(i < count ? random.real() / 4 : 0.0F));
  }
}

/// The normal number n is rounded to bfloat16 before gamma, the result after beta: 2^-8 of |n gamma| and of the result.
/// Its mean and scale: 4e-5 of the inverse count, 6e-5 of the inverse root (functions.h) and 2^-15 of split products
/// and sums; those are relative to |x| / deviation, of which the mean's part is not in n.
std::string check_layer_norm(const Case& the) {
  const std::int64_t width = width_of(the.row);
  const std::int64_t count = the.number("columns");
  for (std::int64_t first = 0; first < the.row.arguments[0].extent; first += width) {
    double mean = 0;
    double variance = 0;
    for (std::int64_t i = 0; i < count; ++i) mean += the.in(0, first + i) / static_cast<double>(count);
    for (std::int64_t i = 0; i < count; ++i) {
      variance += std::pow(the.in(0, first + i) - mean, 2) / static_cast<double>(count);
    }
    const double scale = 1 / std::sqrt(variance + 1e-5);
    for (std::int64_t i = 0; i < width; ++i) {
      const double x = i < count ? the.in(0, first + i) : 0.0;
      const double normal = i < count ? (x - mean) * scale : 0.0;
      const double gamma = the.in(1, i);
      const double exact = normal * gamma + the.in(1, width + i);
      const double small = (std::abs(x) + std::abs(mean)) * scale * (4e-5 + 6e-5 + std::ldexp(1, -15));
      const double before = (std::ldexp(std::abs(normal), -8) + small) * std::abs(gamma);
      const double bound = i < count ? before * 1.01 + std::ldexp(std::abs(exact) + before, -8) : 0.0;
      if (std::string text = compare(the, 2, first + i, exact, bound); !text.empty()) return text;
    }
  }
  return {};
}

/// Half a step for the last rounding; the normal number's of 2^-8 and its scale's 6e-5 (functions.h), both times gamma;
/// 2^-8 of a unit for each of the two parts, whose fraction is cut, and 2^-16 of the number that they are parts of.
std::string check_layer_norm_i8(const Case& the) {
  constexpr std::int64_t kWidth = 256;
  double mean = 0;
  double variance = 0;
  for (std::int64_t i = 0; i < kWidth; ++i) mean += the.in(0, i) / kWidth;
  for (std::int64_t i = 0; i < kWidth; ++i) variance += std::pow(the.in(0, i) - mean, 2) / kWidth;
  for (std::int64_t i = 0; i < kWidth; ++i) {
    const double term = (the.in(0, i) - mean) / std::sqrt(variance + 1e-5) * the.in(0, kWidth + i);
    const double steps = std::ldexp(term, -the.number("shift"));
    const double exact = std::clamp(steps + the.in(0, 2 * kWidth + i), -128.0, 127.0);
    const double bound = 0.5 + std::abs(steps) * (std::ldexp(1, -8) + 1e-4) + std::ldexp(2, -8 - the.number("shift")) +
                         std::ldexp(256, -16);
    if (std::string text = compare(the, 1, i, exact, bound); !text.empty()) return text;
  }
  return {};
}

}  // namespace skald::npu::testing
