#include "npu/suite/suite_values.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace skald::npu::suite {
namespace {

double number_at(const std::byte* at, Element type) {
  const auto read = [at]<class T>(T value) {
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (type) {
    case Element::kI8: return read(int8_t{});
    case Element::kU8: return read(uint8_t{});
    case Element::kI16: return read(int16_t{});
    case Element::kI32: return read(int32_t{});
    case Element::kBf16: return static_cast<double>(bf16_to_f32(read(uint16_t{})));
    case Element::kF32: return static_cast<double>(read(float{}));
  }
  return 0;
}

}  // namespace

std::vector<double> random_normal(int64_t count, double scale, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> draw(0, scale);
  std::vector<double> values(static_cast<size_t>(count));
  for (double& value : values) value = draw(generator);
  return values;
}

Bytes bf16_bytes(const std::vector<double>& values) {
  std::vector<uint16_t> halves;
  halves.reserve(values.size());
  for (const double value : values) halves.push_back(f32_to_bf16(static_cast<float>(value)));
  return bytes_of_values(halves);
}

std::vector<double> rounded_to_bf16(const std::vector<double>& values) {
  std::vector<double> rounded;
  rounded.reserve(values.size());
  for (const double value : values) {
    rounded.push_back(static_cast<double>(bf16_to_f32(f32_to_bf16(static_cast<float>(value)))));
  }
  return rounded;
}

std::vector<double> numbers_of(const Bytes& bytes, Element type, int64_t first, int64_t count) {
  std::vector<double> numbers(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    numbers[static_cast<size_t>(i)] = number_at(bytes.data() + (first + i) * bytes_of(type), type);
  }
  return numbers;
}

std::vector<double> matrix_of(const Bytes& bytes, Element type, int64_t width, int64_t rows, int64_t columns) {
  std::vector<double> numbers;
  numbers.reserve(static_cast<size_t>(rows * columns));
  for (int64_t row = 0; row < rows; ++row) {
    const std::vector<double> line = numbers_of(bytes, type, row * width, columns);
    numbers.insert(numbers.end(), line.begin(), line.end());
  }
  return numbers;
}

std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b, const ProductSize& size) {
  std::vector<double> c(static_cast<size_t>(size.m * size.n));
  for (int64_t i = 0; i < size.m; ++i) {
    double* const row = c.data() + i * size.n;
    for (int64_t k = 0; k < size.k; ++k) {
      const double factor = a[static_cast<size_t>(i * size.k + k)];
      const double* const from = b.data() + k * size.n;
      for (int64_t j = 0; j < size.n; ++j) row[j] += factor * from[j];
    }
  }
  return c;
}

int64_t rounded_shift(int64_t v, int s, int bits) {
  const int64_t floor = v >> s;
  const int64_t twice_rest = 2 * (v - (floor << s));
  const int64_t unit = int64_t{1} << s;
  const int64_t up = twice_rest > unit || (twice_rest == unit && floor % 2 != 0) ? 1 : 0;
  const int64_t limit = int64_t{1} << (bits - 1);
  return std::clamp(floor + up, -limit, limit - 1);
}

int64_t requantised_i8(int64_t sum, int16_t factor, int down, int shift) {
  return rounded_shift(rounded_shift(sum, down, 16) * factor, shift, 8);
}

void softmax(std::span<double> row) {
  const double largest = *std::ranges::max_element(row);
  double sum = 0;
  for (double& one : row) sum += one = std::exp(one - largest);
  for (double& one : row) one /= sum;
}

void layer_norm(std::span<double> row, std::span<const double> gamma, std::span<const double> beta) {
  const auto count = static_cast<double>(row.size());
  double mean = 0;
  double variance = 0;
  for (const double one : row) mean += one / count;
  for (const double one : row) variance += (one - mean) * (one - mean) / count;
  for (size_t i = 0; i < row.size(); ++i) row[i] = (row[i] - mean) / std::sqrt(variance + 1e-5) * gamma[i] + beta[i];
}

double gelu(double v) {
  return v / 2 * std::erfc(-v / std::numbers::sqrt2);
}

}  // namespace skald::npu::suite
