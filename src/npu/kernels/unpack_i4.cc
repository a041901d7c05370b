// Weights of four bits to int8, for the int8 product: 64 bytes hold 128 weights, the first 64 in their lower halves,
// the others in their upper ones (two's complement; pack_i4 in layout.h).

#include "kernel.h"
#include "shapes.h"

namespace {

template <int kWeights>
inline void unpack_i4(const std::int8_t* __restrict packed, std::int8_t* __restrict weights) {
  constexpr int kBytes = 64;
  aie::set_rounding(aie::rounding_mode::floor);  // of the shift
  const aie::vector<int8, kBytes> lower = aie::broadcast<int8, kBytes>(15);
  const aie::vector<int8, kBytes> sign = aie::broadcast<int8, kBytes>(8);
  SKALD_PIPELINED_LOOP(group, kWeights / (2 * kBytes), 2) {
    const aie::vector<int8, kBytes> both = aie::load_v<kBytes>(packed + group * kBytes);
    const aie::vector<int8, kBytes> first = aie::sub(aie::bit_xor(aie::bit_and(both, lower), sign), sign);
    aie::store_v(weights + 2 * group * kBytes, first);
    aie::store_v(weights + (2 * group + 1) * kBytes, aie::downshift(both, 4));
  }
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_UNPACK_I4(k, n)                                                 \
  void unpack_i4_##k##x##n(const std::int8_t* packed, std::int8_t* weights) { \
    unpack_i4<(k) * (n)>(packed, weights);                                    \
  }
SKALD_UNPACK_I4_SHAPES(SKALD_UNPACK_I4)

SKALD_KERNELS_END
