#pragma once
// Layer normalisation and softmax for any Vec. Unnamed namespace: see rows.h.

#include <immintrin.h>

#include "cpu/kernels/vector/math.h"

namespace skald::cpu {
namespace {

template <class V>
inline void layer_norm_row(const float* x, const float* gain, const float* bias, float* y, int width) {
  const auto inverse_width = 1.0F / static_cast<float>(width);
  auto sum = V::zero();
  for (int i = 0; i < width; i += V::kLanes) sum = V::add(sum, V::load(V::first(width - i), x + i));
  const auto mean = V::all(V::sum(sum) * inverse_width);
  auto squares = V::zero();  // a second pass: E[x^2] - mean^2 cancels
  for (int i = 0; i < width; i += V::kLanes) {
    const auto mask = V::first(width - i);
    const auto d = V::select(mask, V::sub(V::load(mask, x + i), mean), V::zero());
    squares = V::fma(d, d, squares);
  }
  const float variance = V::sum(squares) * inverse_width;
  const auto inverse = V::all(1.0F / _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(variance + kLayerNormEpsilon))));
  for (int i = 0; i < width; i += V::kLanes) {
    const auto mask = V::first(width - i);
    const auto z = V::mul(V::sub(V::load(mask, x + i), mean), inverse);
    V::store(mask, y + i, V::fma(z, V::load(mask, gain + i), V::load(mask, bias + i)));
  }
}

/// In place: x = exp(scale * x - max(scale * x)); returns their sum.
template <class V>
inline float exponentials(float* x, int n, float scale) {
  const auto factor = V::all(scale);
  const auto lowest = V::all(-__builtin_inff());
  auto max = lowest;
  for (int i = 0; i < n; i += V::kLanes) {
    const auto mask = V::first(n - i);
    max = V::max(V::select(mask, V::mul(V::load(mask, x + i), factor), lowest), max);
  }
  max = V::all(V::largest(max));
  auto sum = V::zero();
  for (int i = 0; i < n; i += V::kLanes) {
    const auto mask = V::first(n - i);
    const auto p = exp_of<V>(V::sub(V::mul(V::load(mask, x + i), factor), max));
    V::store(mask, x + i, p);
    sum = V::add(sum, V::select(mask, p, V::zero()));
  }
  return V::sum(sum);
}

template <class V>
inline void softmax_row(float* x, int n, float scale) {
  const auto inverse = V::all(1.0F / exponentials<V>(x, n, scale));
  for (int i = 0; i < n; i += V::kLanes) {
    const auto mask = V::first(n - i);
    V::store(mask, x + i, V::mul(V::load(mask, x + i), inverse));
  }
}

}  // namespace
}  // namespace skald::cpu
