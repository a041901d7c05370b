// Integer products in AVX-512 VNNI: one instruction multiplies and adds up sixteen groups of four bytes.

#include "cpu/kernels/avx512/vec.h"
#include "cpu/kernels/vector/int4.h"

namespace skald::cpu {
namespace {

struct Sizes {
  static constexpr int kRows = 14;
  static constexpr int kPanels = 2;
  static constexpr int kThinRows = 6;
  static constexpr int kThinPanels = 4;
  static constexpr int64_t kBlockBytes = 512 << 10;  // half of a level-2 cache
};

struct DotI8 : IntegerSums<Vec> {
  static constexpr bool kOffset = true;
  static __m512i add(__m512i sum, __m512i a, __m512i w) { return _mm512_dpbusd_epi32(sum, a, w); }
};

struct DotI16 : IntegerSums<Vec> {
  static __m512i add(__m512i sum, __m512i a, __m512i w) { return _mm512_dpwssd_epi32(sum, a, w); }
};

/// A block's sums need registers of their own. One panel at a time is one stream of memory.
struct SizesI4 {
  static constexpr int kRows = 12;
  static constexpr int kPanels = 1;
  static constexpr int kThinRows = 12;
  static constexpr int kThinPanels = 1;
  static constexpr int64_t kBlockBytes = Sizes::kBlockBytes;
};

struct DotI4 : BlockSums<Vec> {
  static __m512i first(int sum) { return Vec::all_i(sum); }
  static __m512i add(__m512i sum, __m512i w, __m512i a) { return _mm512_dpbusd_epi32(sum, w, a); }
  static __m512i scaled(__m512i acc, __m512i sum, int /*block_sum*/, __m512i steps) {
    return _mm512_dpwssd_epi32(acc, sum, steps);
  }
};

}  // namespace

void gemm_i8_avx512vnni(const GemmI8& g) noexcept {
  GroupGemm<Vec, DotI8, Sizes>::run(g);
}

void gemm_i16_avx512vnni(const GemmI16& g) noexcept {
  GroupGemm<Vec, DotI16, Sizes>::run(g);
}

void gemm_i16i8_avx512vnni(const GemmI16I8& g) noexcept {
  GroupGemm<Vec, WidenedBytes<Vec, DotI16>, Sizes>::run(g);
}

void gemm_i8i4_avx512vnni(const GemmI8I4& g) noexcept {
  GroupGemm<Vec, DotI4, SizesI4, BlockTile<Vec, DotI4>>::run(g);
}

}  // namespace skald::cpu
