// Products of bfloat16 in AVX-512 BF16: one instruction multiplies and adds up sixteen groups of two.

#include "cpu/kernels/avx512/vec.h"
#include "cpu/kernels/vector/groups.h"

namespace skald::cpu {
namespace {

struct Sizes {
  static constexpr int kRows = 14;
  static constexpr int kPanels = 2;
  static constexpr int kThinRows = 6;
  static constexpr int kThinPanels = 4;
  static constexpr int64_t kBlockBytes = 512 << 10;  // half of a level-2 cache
};

struct Dot {
  using Sum = __m512;
  static constexpr int kWeightBytes = 4;
  static __m512 zero() { return _mm512_setzero_ps(); }
  static __m512bh load(const uint8_t* w) { return reinterpret_cast<__m512bh>(_mm512_loadu_si512(w)); }
  static __m512bh spread(const uint8_t* a) { return reinterpret_cast<__m512bh>(_mm512_set1_epi32(group_at(a))); }
  static __m512 add(__m512 sum, __m512bh a, __m512bh w) { return _mm512_dpbf16_ps(sum, a, w); }
};

}  // namespace

void gemm_bf16_avx512bf16(const GemmBf16& g) noexcept {
  GroupGemm<Vec, Dot, Sizes>::run(g);
}

}  // namespace skald::cpu
