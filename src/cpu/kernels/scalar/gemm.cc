// Matrix product, as plain loops: the definition the other rows are tested against.

#include <cmath>

#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

/// Four columns side by side, elementwise: the same sums as a loop over floats, which GCC 12 leaves ten times slower.
using Four = float __attribute__((vector_size(16)));

Four load(const float* p) {
  return Four{p[0], p[1], p[2], p[3]};
}

/// x * Phi(x), Phi being the normal distribution function; erfc keeps the negative tail exact where 1 + erf cancels.
/// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
float gelu(float x) {
  constexpr double kInvSqrt2 = 0.70710678118654752440;
  return static_cast<float>(0.5 * x * std::erfc(-static_cast<double>(x) * kInvSqrt2));
}

}  // namespace

float finish_scalar(float acc, float bias, float old, Epilogue epilogue) {
  switch (epilogue) {
    case Epilogue::kNone: return acc + bias;
    case Epilogue::kGelu: return gelu(acc + bias);
    case Epilogue::kResidual: return old + (acc + bias);
  }
  return acc;
}

void gemm_f32_scalar(const GemmF32& g) noexcept {
  for (int n0 = 0; n0 < g.n; n0 += kPanel) {
    const float* panel = g.w + static_cast<int64_t>(n0) * g.k;
    const int columns = g.n - n0 < kPanel ? g.n - n0 : kPanel;
    for (int row = 0; row < g.m; ++row) {
      const float* a = g.a + row * g.lda;
      Four sums[kPanel / 4] = {};
      for (int k = 0; k < g.k; ++k) {
        for (int j = 0; j < kPanel / 4; ++j) sums[j] += a[k] * load(panel + static_cast<int64_t>(k) * kPanel + 4 * j);
      }
      float* c = g.c + row * g.ldc + n0;
      for (int j = 0; j < columns; ++j) {
        c[j] = finish_scalar(sums[j / 4][j % 4], g.bias == nullptr ? 0.0F : g.bias[n0 + j], c[j], g.epilogue);
      }
    }
  }
}

}  // namespace skald::cpu
