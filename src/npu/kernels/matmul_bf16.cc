// bfloat16 x bfloat16 -> float32, accumulated over calls: `..._first` starts a sum, the others add to it. Four by four
// native products of 4 x 8 x 4: sixteen of the eighteen accumulators of 512 bit.

#include "matmul.h"
#include "shapes.h"

namespace {

using MmulBf16 = aie::mmul<4, 8, 4, bfloat16, bfloat16, accfloat>;

template <int kM, int kK, int kN, bool kFirst>
inline void multiply_bf16(const bfloat16* a, const bfloat16* b, float* c) {
  multiply<MmulBf16, bfloat16, float, kM, kK, kN, 4, 4, kFirst>(a, b, c);
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_MATMUL_BF16(m, k, n)                                                           \
  void matmul_bf16_##m##x##k##x##n(const bfloat16* a, const bfloat16* b, float* c) {         \
    multiply_bf16<m, k, n, false>(a, b, c);                                                  \
  }                                                                                          \
  void matmul_bf16_##m##x##k##x##n##_first(const bfloat16* a, const bfloat16* b, float* c) { \
    multiply_bf16<m, k, n, true>(a, b, c);                                                   \
  }

SKALD_MATMUL_BF16_SHAPES(SKALD_MATMUL_BF16)

SKALD_KERNELS_END
