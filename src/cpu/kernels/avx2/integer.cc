// Integer products and conversions in AVX2.

#include "cpu/kernels/vector/integer.h"
#include "cpu/kernels/avx2/vec.h"
#include "cpu/kernels/vector/groups.h"

namespace skald::cpu {
namespace {

struct Sizes {
  static constexpr int kRows = 4;
  static constexpr int kPanels = 1;
  static constexpr int kThinRows = 2;
  static constexpr int kThinPanels = 2;
  static constexpr int64_t kBlockBytes = 256 << 10;  // half of a level-2 cache
};

/// maddubs adds two products in 16 bits. Of |a| and w with a's sign, both at most 127, they fit; of a + 128 they would
/// not, so the 128 is taken away here.
struct DotI8 : IntegerSums<Vec> {
  struct Spread {
    __m256i magnitude;
    __m256i sign;
  };
  static Spread spread(const uint8_t* a) {
    const __m256i q = _mm256_xor_si256(Vec::all_i(group_at(a)), _mm256_set1_epi8(static_cast<char>(kZeroPoint)));
    return {_mm256_abs_epi8(q), q};
  }
  static __m256i add(__m256i sum, const Spread& a, __m256i w) {
    const __m256i pairs = _mm256_maddubs_epi16(a.magnitude, _mm256_sign_epi8(w, a.sign));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

struct DotI16 : IntegerSums<Vec> {
  static __m256i add(__m256i sum, __m256i a, __m256i w) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, w)); }
};

}  // namespace

void gemm_i8_avx2(const GemmI8& g) noexcept {
  GroupGemm<Vec, DotI8, Sizes>::run(g);
}

void gemm_i16_avx2(const GemmI16& g) noexcept {
  GroupGemm<Vec, DotI16, Sizes>::run(g);
}

void gemm_i16i8_avx2(const GemmI16I8& g) noexcept {
  GroupGemm<Vec, WidenedBytes<Vec, DotI16>, Sizes>::run(g);
}

void quantise_i8_avx2(const QuantiseI8& args) noexcept {
  quantise<Vec>(args);
}

void quantise_i16_avx2(const QuantiseI16& args) noexcept {
  quantise<Vec>(args);
}

void pack_rows_i16_avx2(const PackI16& args) noexcept {
  pack_rows<Vec>(args);
}

void pack_columns_i16_avx2(const PackI16& args) noexcept {
  pack_columns<Vec>(args);
}

void pack_rows_i8_avx2(const PackI8& args) noexcept {
  pack_rows<Vec>(args);
}

void pack_columns_i8_avx2(const PackI8& args) noexcept {
  pack_columns<Vec>(args);
}

void pack_rows_bytes_avx2(const PackBytes& args) noexcept {
  pack_rows<Vec>(args);
}

void pack_columns_bytes_avx2(const PackBytes& args) noexcept {
  pack_columns<Vec>(args);
}

void softmax_i16_avx2(const SoftmaxI16& args) noexcept {
  softmax_i16<Vec>(args);
}

}  // namespace skald::cpu
