// GELU of bfloat16, gelu.h.

#include "gelu.h"

#include "kernel.h"

SKALD_KERNELS_BEGIN

void gelu_bf16_2048(const bfloat16* __restrict x, bfloat16* __restrict y) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const Gelu gelu;
  // Two at a time: each takes longer than its slots are busy.
  SKALD_PIPELINED_LOOP(i, 2048 / 64, 8) {
    SKALD_UNROLL
    for (int half = 0; half < 2; ++half) {
      const int at = i * 64 + half * 32;
      aie::store_v(y + at, gelu(aie::load_v<32>(x + at)));
    }
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

SKALD_KERNELS_END
