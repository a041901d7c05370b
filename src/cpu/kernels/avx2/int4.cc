// Products with weights of four bits in AVX2.

#include "cpu/kernels/vector/int4.h"
#include "cpu/kernels/avx2/vec.h"

namespace skald::cpu {
namespace {

struct Sizes {
  static constexpr int kRows = 2;
  static constexpr int kPanels = 1;
  static constexpr int kThinRows = 2;
  static constexpr int kThinPanels = 1;
  static constexpr int64_t kBlockBytes = 256 << 10;  // half of a level-2 cache
};

/// A block's sums are added up in 16 bits, where eight times two products of 15 and 127 fit.
struct DotI4 : BlockSums<Vec> {
  static __m256i first(int /*sum*/) { return Vec::zero_i(); }
  static __m256i add(__m256i sum, __m256i w, __m256i a) { return _mm256_add_epi16(sum, _mm256_maddubs_epi16(w, a)); }
  static __m256i scaled(__m256i acc, __m256i sum, int block_sum, __m256i steps) {
    const __m256i block = _mm256_add_epi32(_mm256_madd_epi16(sum, _mm256_set1_epi16(1)), Vec::all_i(block_sum));
    return _mm256_add_epi32(acc, _mm256_madd_epi16(block, steps));
  }
};

}  // namespace

void gemm_i8i4_avx2(const GemmI8I4& g) noexcept {
  GroupGemm<Vec, DotI4, Sizes, BlockTile<Vec, DotI4>>::run(g);
}

void quantise_blocks_avx2(const QuantiseBlocks& args) noexcept {
  quantise_blocks<Vec>(args);
}

void pack_rows_i4_avx2(const PackI4& args) noexcept {
  pack_rows_i4<Vec>(args);
}

}  // namespace skald::cpu
