// Conversions for products with weights of four bits in AVX-512.

#include "cpu/kernels/vector/int4.h"
#include "cpu/kernels/avx512/vec.h"

namespace skald::cpu {

void quantise_blocks_avx512(const QuantiseBlocks& args) noexcept {
  quantise_blocks<Vec>(args);
}

void pack_rows_i4_avx512(const PackI4& args) noexcept {
  pack_rows_i4<Vec>(args);
}

}  // namespace skald::cpu
