#pragma once
// What cases are made of: random inputs with fixed seeds, elements as numbers, products in double.

#include <cstring>
#include <random>
#include <span>

#include "base/half.h"
#include "npu/spec/element.h"
#include "npu/suite/kernel_suite.h"

namespace skald::npu::suite {

template <class T>
Bytes bytes_of_values(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

/// Integers in [low, high], evenly.
template <class T>
std::vector<T> random_integers(int64_t count, int low, int high, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<int> draw(low, high);
  std::vector<T> values(static_cast<size_t>(count));
  for (T& value : values) value = static_cast<T>(draw(generator));
  return values;
}

/// `scale` N(0, 1).
std::vector<double> random_normal(int64_t count, double scale, unsigned seed);

/// Rounded to the nearest bfloat16, as bytes.
Bytes bf16_bytes(const std::vector<double>& values);

/// The same as numbers: what an operator is given.
std::vector<double> rounded_to_bf16(const std::vector<double>& values);

/// Elements `first`, ... of a buffer as numbers.
std::vector<double> numbers_of(const Bytes& bytes, Element type, int64_t first, int64_t count);

/// The upper left rows x columns of a row-major matrix that is `width` wide.
std::vector<double> matrix_of(const Bytes& bytes, Element type, int64_t width, int64_t rows, int64_t columns);

struct ProductSize {
  int64_t m = 0;
  int64_t k = 0;
  int64_t n = 0;
};

/// A (m, k) B (k, n), row-major, in double: exact for integers below 2^53.
std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b, const ProductSize& size);

/// v / 2^s to the nearest, halves to even, within `bits` bits.
int64_t rounded_shift(int64_t v, int s, int bits);

/// kernels/requantise_i8.cc in plain integers; `sum` has its column's bias.
int64_t requantised_i8(int64_t sum, int16_t factor, int down, int shift);

/// In place.
void softmax(std::span<double> row);

/// (x - mean) / sqrt(variance + 1e-5) gamma + beta, in place.
void layer_norm(std::span<double> row, std::span<const double> gamma, std::span<const double> beta);

/// v/2 (1 + erf(v/sqrt 2)).
double gelu(double v);

}  // namespace skald::npu::suite
