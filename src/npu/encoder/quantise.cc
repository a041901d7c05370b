#include "npu/encoder/quantise.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace skald::npu {

Quantised quantise(const Linear& linear, double in, double out) {
  // Sums never come near what they could be; beyond a quarter of it they saturate.
  constexpr double kShareOfWorst = 0.25;
  Quantised made{.weights = std::vector<int8_t>(linear.weights.size())};
  double largest_sum = 0;
  double largest_scale = 0;
  for (int64_t n = 0; n < linear.n; ++n) {
    const std::span row(linear.weights.data() + n * linear.k, static_cast<size_t>(linear.k));
    double most = 0;
    for (const float w : row) most = std::max(most, std::abs(static_cast<double>(w)));
    const double step = most > 0 ? most / 127 : 1;
    double sum = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      const auto w = static_cast<int8_t>(std::lround(row[i] / step));
      made.weights[static_cast<size_t>(n * linear.k) + i] = w;
      sum += 127.0 * std::abs(w);
    }
    made.steps.push_back(step);
    made.bias.push_back(static_cast<int32_t>(std::lround(linear.bias[static_cast<size_t>(n)] / (in * step))));
    largest_sum = std::max(largest_sum, sum * kShareOfWorst + std::abs(made.bias.back()));
    largest_scale = std::max(largest_scale, in * step / out);
  }
  while (std::ldexp(largest_sum, -made.shifts.down) > 32767) ++made.shifts.down;
  while (std::ldexp(largest_scale, made.shifts.down + made.shifts.shift + 1) < 32767) ++made.shifts.shift;
  for (const double step : made.steps) {
    made.factors.push_back(
        static_cast<int16_t>(std::lround(std::ldexp(in * step / out, made.shifts.down + made.shifts.shift))));
  }
  return made;
}

std::array<std::byte, 256> gelu_table(double in, double out) {
  std::array<std::byte, 256> entries{};
  for (int i = 0; i < 256; ++i) {
    const double x = in * (i - 128);
    const double y = 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
    entries[static_cast<size_t>(i)] =
        static_cast<std::byte>(static_cast<int8_t>(std::clamp<long>(std::lround(y / out), -128, 127)));
  }
  return entries;
}

}  // namespace skald::npu
