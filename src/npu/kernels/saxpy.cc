// z = 3 x + y on bfloat16: MLIR-AIE's first example, 64 lanes an iteration, whose cycles Npu-Embeddings-XDNA1 measured.
// The compiler joins multiplication and addition; here they are one operation.

#include "kernel.h"

SKALD_KERNELS_BEGIN

void saxpy_bf16(const bfloat16* __restrict x, const bfloat16* __restrict y, bfloat16* __restrict z,
                std::int32_t count) {
  const aie::vector<bfloat16, 64> by = aie::broadcast<bfloat16, 64>(3.0F);
  SKALD_PIPELINED_LOOP(i, count / 64, 4) {
    aie::accum<accfloat, 64> sum(aie::load_v<64>(y + 64 * i));
    sum = aie::mac(sum, aie::load_v<64>(x + 64 * i), by);
    aie::store_v(z + 64 * i, sum.template to_vector<bfloat16>());
  }
}

SKALD_KERNELS_END
