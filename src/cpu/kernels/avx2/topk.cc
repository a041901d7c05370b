// The best k of a row of logits and its log-sum-exp, in AVX2.

#include "cpu/kernels/vector/topk.h"
#include "cpu/kernels/avx2/vec.h"

namespace skald::cpu {

float top_k_f32_avx2(const float* x, const uint64_t* mask, int first_id, int n, int k, int32_t* ids,
                     float* values) noexcept {
  return top_k<Vec>(x, mask, n, first_id, {.ids = ids, .values = values, .k = k});
}

}  // namespace skald::cpu
