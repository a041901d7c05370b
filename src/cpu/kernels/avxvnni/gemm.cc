// Integer products in AVX-VNNI: the byte products of AVX-512 VNNI in registers of 32 bytes, for processors that have no
// wider ones.

#include "cpu/kernels/avx2/vec.h"
#include "cpu/kernels/vector/int4.h"

namespace skald::cpu {
namespace {

struct Sizes {
  static constexpr int kRows = 6;
  static constexpr int kPanels = 1;
  static constexpr int kThinRows = 3;
  static constexpr int kThinPanels = 2;
  static constexpr int64_t kBlockBytes = 512 << 10;  // half of a level-2 cache of the smallest cores that have it
};

struct DotI8 : IntegerSums<Vec> {
  static constexpr bool kOffset = true;
  static __m256i add(__m256i sum, __m256i a, __m256i w) { return _mm256_dpbusd_avx_epi32(sum, a, w); }
};

struct DotI16 : IntegerSums<Vec> {
  static __m256i add(__m256i sum, __m256i a, __m256i w) { return _mm256_dpwssd_avx_epi32(sum, a, w); }
};

/// A block's sums need registers of their own. One panel at a time is one stream of memory.
struct SizesI4 {
  static constexpr int kRows = 2;
  static constexpr int kPanels = 1;
  static constexpr int kThinRows = 2;
  static constexpr int kThinPanels = 1;
  static constexpr int64_t kBlockBytes = Sizes::kBlockBytes;
};

struct DotI4 : BlockSums<Vec> {
  static __m256i first(int sum) { return Vec::all_i(sum); }
  static __m256i add(__m256i sum, __m256i w, __m256i a) { return _mm256_dpbusd_avx_epi32(sum, w, a); }
  static __m256i scaled(__m256i acc, __m256i sum, int /*block_sum*/, __m256i steps) {
    return _mm256_dpwssd_avx_epi32(acc, sum, steps);
  }
};

}  // namespace

void gemm_i8_avxvnni(const GemmI8& g) noexcept {
  GroupGemm<Vec, DotI8, Sizes>::run(g);
}

void gemm_i16_avxvnni(const GemmI16& g) noexcept {
  GroupGemm<Vec, DotI16, Sizes>::run(g);
}

void gemm_i16i8_avxvnni(const GemmI16I8& g) noexcept {
  GroupGemm<Vec, WidenedBytes<Vec, DotI16>, Sizes>::run(g);
}

void gemm_i8i4_avxvnni(const GemmI8I4& g) noexcept {
  GroupGemm<Vec, DotI4, SizesI4, BlockTile<Vec, DotI4>>::run(g);
}

}  // namespace skald::cpu
