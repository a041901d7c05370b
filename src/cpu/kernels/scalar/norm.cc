// Layer normalisation and softmax, as plain loops.

#include <cmath>

#include "cpu/kernels/rows.h"

namespace skald::cpu {

void layer_norm_f32_scalar(const float* x, const float* gain, const float* bias, float* y, int rows,
                           int width) noexcept {
  const auto count = static_cast<float>(width);
  for (int row = 0; row < rows; ++row, x += width, y += width) {
    float sum = 0;
    for (int i = 0; i < width; ++i) sum += x[i];
    const float mean = sum / count;
    float squares = 0;  // a second pass: E[x^2] - mean^2 cancels
    for (int i = 0; i < width; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const float inverse = 1.0F / std::sqrt(squares / count + kLayerNormEpsilon);
    for (int i = 0; i < width; ++i) y[i] = (x[i] - mean) * inverse * gain[i] + bias[i];
  }
}

void softmax_f32_scalar(float* x, int rows, int n, int64_t stride, float scale) noexcept {
  for (int row = 0; row < rows; ++row, x += stride) {
    float max = -INFINITY;
    for (int i = 0; i < n; ++i) max = scale * x[i] > max ? scale * x[i] : max;
    float sum = 0;
    for (int i = 0; i < n; ++i) {
      x[i] = std::exp(scale * x[i] - max);
      sum += x[i];
    }
    for (int i = 0; i < n; ++i) x[i] /= sum;
  }
}

}  // namespace skald::cpu
