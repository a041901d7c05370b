// Softmax in bytes, block by block, in AVX-512.

#include "cpu/kernels/vector/bytes.h"
#include "cpu/kernels/avx512/vec.h"

namespace skald::cpu {

void softmax_block_avx512(const SoftmaxBlock& args) noexcept {
  softmax_block<Vec>(args);
}

}  // namespace skald::cpu
