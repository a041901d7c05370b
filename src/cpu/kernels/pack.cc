// Weights into the panel layout that every GEMM reads.

#include <algorithm>
#include <cmath>

#include "base/half.h"
#include "base/rounding.h"
#include "cpu/kernels/rows.h"

namespace skald::cpu {

namespace {

template <class W>
size_t packed_size(int n, int k) {
  return static_cast<size_t>(round_up(n, kPanel)) * static_cast<size_t>(round_up(k, kGroup<W>));
}

}  // namespace

int most_level(int k) {
  // level^2 k < 2^31
  return std::min(kMostI16, static_cast<int>(std::sqrt(2147483647.0 / std::max(k, 1))));
}

size_t packed_size_i8(int n, int k) {
  return packed_size<int8_t>(n, k);
}

size_t packed_size_i16(int n, int k) {
  return packed_size<int16_t>(n, k);
}

size_t packed_size_i4(int n, int k) {
  return steps_i4(n, k) * (kBlock4 / 2);
}

size_t steps_i4(int n, int k) {
  return static_cast<size_t>(round_up(n, kPanel)) * static_cast<size_t>(ceil_div(k, kBlock4));
}

size_t packed_size_bf16(int n, int k) {
  return packed_size<Bfloat16>(n, k);
}

void pack_bf16(const float* w, int n, int k, Bfloat16* out) {
  constexpr int kTwo = kGroup<Bfloat16>;
  const auto panel_size = static_cast<int64_t>(packed_size_bf16(kPanel, k));
  std::fill_n(out, packed_size_bf16(n, k), Bfloat16{0});
  for (int column = 0; column < n; ++column) {
    const float* from = w + int64_t{column} * k;
    Bfloat16* to = out + column / kPanel * panel_size + column % kPanel * kTwo;
    for (int i = 0; i < k; ++i) to[i / kTwo * kPanel * kTwo + i % kTwo] = f32_to_bf16(from[i]);
  }
}

size_t packed_size_f32(int n, int k) {
  return static_cast<size_t>(round_up(n, kPanel)) * static_cast<size_t>(k);
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
