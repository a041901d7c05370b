// Attention in bytes, in AVX-512: what its products need besides gemm_i8.

#include "cpu/kernels/vector/bytes.h"
#include "cpu/kernels/avx512/vec.h"

namespace skald::cpu {

void pack_rows_bytes_avx512(const PackBytes& args) noexcept {
  pack_rows_bytes<Vec>(args);
}

void pack_columns_bytes_avx512(const PackBytes& args) noexcept {
  pack_columns_bytes<Vec>(args);
}

void softmax_block_avx512(const SoftmaxBlock& args) noexcept {
  softmax_block<Vec>(args);
}

}  // namespace skald::cpu
