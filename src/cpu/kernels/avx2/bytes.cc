// Softmax in bytes, block by block, in AVX2.

#include "cpu/kernels/vector/bytes.h"
#include "cpu/kernels/avx2/vec.h"

namespace skald::cpu {

void softmax_block_avx2(const SoftmaxBlock& args) noexcept {
  softmax_block<Vec>(args);
}

}  // namespace skald::cpu
