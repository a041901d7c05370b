// bfloat16 product with scalar code: every step calls two software routines, as the device has no scalar floating-point
// unit. Here to explain published times of kernels that were written so; nothing should run it.

#include "kernel.h"

SKALD_KERNELS_BEGIN

void matmul_scalar_bf16_64x64x64(const bfloat16* a, const bfloat16* b, float* c) {
  SKALD_LOOP(row, 64) {
    SKALD_LOOP(column, 64) {
      Float32 sum = 0.0F;
      SKALD_LOOP(k, 64) {
        sum = sum + load_scalar<Float32>(a + 64 * row + k) * load_scalar<Float32>(b + 64 * k + column);
      }
      store_scalar(c + 64 * row + column, sum);
    }
  }
}

SKALD_KERNELS_END
