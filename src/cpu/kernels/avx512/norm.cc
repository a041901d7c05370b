// Layer normalisation and softmax in AVX-512.

#include "cpu/kernels/vector/norm.h"
#include "cpu/kernels/avx512/vec.h"

namespace skald::cpu {

void layer_norm_f32_avx512(const float* x, const float* gain, const float* bias, float* y, int rows,
                           int width) noexcept {
  for (int row = 0; row < rows; ++row, x += width, y += width) layer_norm_row<Vec>(x, gain, bias, y, width);
}

void softmax_f32_avx512(float* x, int rows, int n, int64_t stride, float scale) noexcept {
  for (int row = 0; row < rows; ++row, x += stride) softmax_row<Vec>(x, n, scale);
}

}  // namespace skald::cpu
