// int16 x int16 -> int32, accumulated over calls: `..._first` starts a sum, the others add to it. Sums are 64 bits wide
// within a call. Four by two native products of 4 x 4 x 4: eight of the nine accumulators.

#include "matmul.h"
#include "shapes.h"

namespace {

using MmulI16 = aie::mmul<4, 4, 4, int16, int16, acc64>;

template <int kM, int kK, int kN, bool kFirst>
inline void multiply_i16(const std::int16_t* a, const std::int16_t* b, std::int32_t* c) {
  multiply<MmulI16, std::int16_t, std::int32_t, kM, kK, kN, 4, 2, kFirst>(a, b, c);
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_MATMUL_I16(m, k, n)                                                                          \
  void matmul_i16_##m##x##k##x##n(const std::int16_t* a, const std::int16_t* b, std::int32_t* c) {         \
    multiply_i16<m, k, n, false>(a, b, c);                                                                 \
  }                                                                                                        \
  void matmul_i16_##m##x##k##x##n##_first(const std::int16_t* a, const std::int16_t* b, std::int32_t* c) { \
    multiply_i16<m, k, n, true>(a, b, c);                                                                  \
  }

SKALD_MATMUL_I16_SHAPES(SKALD_MATMUL_I16)

SKALD_KERNELS_END
