// int8 x int8 -> int32, accumulated over calls: `..._first` starts a sum, the others add to it. Four by two native
// products of 4 x 8 x 8: eight of the nine accumulators.

#include "matmul.h"
#include "shapes.h"

namespace {

using MmulI8 = aie::mmul<4, 8, 8, int8, int8, acc32>;

template <int kM, int kK, int kN, bool kFirst>
inline void multiply_i8(const std::int8_t* a, const std::int8_t* b, std::int32_t* c) {
  multiply<MmulI8, std::int8_t, std::int32_t, kM, kK, kN, 4, 2, kFirst>(a, b, c);
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_MATMUL_I8(m, k, n)                                                                        \
  void matmul_i8_##m##x##k##x##n(const std::int8_t* a, const std::int8_t* b, std::int32_t* c) {         \
    multiply_i8<m, k, n, false>(a, b, c);                                                               \
  }                                                                                                     \
  void matmul_i8_##m##x##k##x##n##_first(const std::int8_t* a, const std::int8_t* b, std::int32_t* c) { \
    multiply_i8<m, k, n, true>(a, b, c);                                                                \
  }

SKALD_MATMUL_I8_SHAPES(SKALD_MATMUL_I8)

SKALD_KERNELS_END
