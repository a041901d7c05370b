// Products of bfloat16, as plain loops: the definition the other rows are tested against.

#include "base/half.h"
#include "base/rounding.h"
#include "cpu/kernels/rows.h"

namespace skald::cpu {

void gemm_bf16_scalar(const GemmBf16& g) noexcept {
  constexpr int kTwo = kGroup<Bfloat16>;
  const int64_t depth = round_up(g.k, kTwo);
  for (int row = 0; row < g.m; ++row) {
    const Bfloat16* a = g.a + row * g.lda;
    for (int n = 0; n < g.n; ++n) {
      const Bfloat16* column = g.w + n / kPanel * kPanel * depth + n % kPanel * kTwo;
      float sum = 0;
      for (int k = 0; k < depth; ++k) {
        sum += bf16_to_f32(a[k]) * bf16_to_f32(column[k / kTwo * kPanel * kTwo + k % kTwo]);
      }
      float& c = g.c[row * g.ldc + n];
      c = finish_scalar(sum, g.bias == nullptr ? 0.0F : g.bias[n], c, g.epilogue);
    }
  }
}

void round_bf16_scalar(const RoundBf16& args) noexcept {
  for (int row = 0; row < args.m; ++row) {
    const float* x = args.x + row * args.ldx;
    Bfloat16* q = args.q + row * args.ldq;
    for (int k = 0; k < round_up(args.k, kGroup<Bfloat16>); ++k) q[k] = k < args.k ? f32_to_bf16(x[k]) : Bfloat16{0};
  }
}

}  // namespace skald::cpu
