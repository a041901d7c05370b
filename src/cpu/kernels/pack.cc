// Weights into the panel layout that every GEMM reads.

#include "cpu/kernels/kernels.h"

namespace skald::cpu {

size_t packed_size_f32(int n, int k) {
  const auto panels = static_cast<size_t>((n + kPanel - 1) / kPanel);
  return panels * kPanel * static_cast<size_t>(k);
}

void pack_f32(const float* w, int n, int k, float* out) {
  pack_f32_strided(w, k, 1, n, k, out);
}

void pack_f32_strided(const float* w, int64_t row_stride, int64_t col_stride, int n, int k, float* out) {
  for (int n0 = 0; n0 < n; n0 += kPanel, out += static_cast<int64_t>(kPanel) * k) {
    const float* panel = w + n0 * row_stride;
    const int columns = n - n0 < kPanel ? n - n0 : kPanel;
    for (int i = 0; i < k; ++i) {
      const float* source = panel + i * col_stride;
      float* row = out + static_cast<int64_t>(i) * kPanel;
      if (columns == kPanel) {  // a constant trip count: one vector copy when row_stride is 1
        for (int j = 0; j < kPanel; ++j) row[j] = source[j * row_stride];
        continue;
      }
      for (int j = 0; j < kPanel; ++j) row[j] = j < columns ? source[j * row_stride] : 0.0F;
    }
  }
}

}  // namespace skald::cpu
