#pragma once
// Eight floats in a register, under the names the kernels in vector/ are written with. Unnamed namespace: every file
// has its own copy, see rows.h.

#include <immintrin.h>

#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

struct Vec {
  using F = __m256;
  using Mask = __m256i;  // all bits of a lane
  static constexpr int kLanes = 8;

  /// The first n lanes; any n.
  static Mask first(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static Mask from_bits(uint32_t bits) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), lane), lane);
  }

  static F zero() { return _mm256_setzero_ps(); }
  static F all(float x) { return _mm256_set1_ps(x); }
  static F load(const float* p) { return _mm256_loadu_ps(p); }
  static F load(Mask mask, const float* p) { return _mm256_maskload_ps(p, mask); }
  static void store(float* p, F x) { _mm256_storeu_ps(p, x); }
  static void store(Mask mask, float* p, F x) { _mm256_maskstore_ps(p, mask, x); }

  static F add(F a, F b) { return _mm256_add_ps(a, b); }
  static F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static F div(F a, F b) { return _mm256_div_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static F negated_fma(F a, F b, F c) { return _mm256_fnmadd_ps(a, b, c); }
  static F min(F a, F b) { return _mm256_min_ps(a, b); }  // b when one is NaN
  static F max(F a, F b) { return _mm256_max_ps(a, b); }  // b when one is NaN
  static F abs(F a) { return _mm256_andnot_ps(all(-0.0F), a); }
  static F select(Mask mask, F a, F b) { return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(mask)); }
  static float sum(F a) {
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
  }
  static float largest(F a) {
    __m128 x = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
  }

  static uint32_t greater(F a, F b) {
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)));
  }
  static uint32_t not_equal(F a, F b) {
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_NEQ_UQ)));
  }

  static F round(F a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  /// a * 2^n for a whole n in [-126, 127].
  static F scale_by_power(F a, F n) {
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return mul(a, _mm256_castsi256_ps(power));
  }
  /// value, but 0 where a < b.
  static F zero_where_less(F a, F b, F value) { return _mm256_andnot_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ), value); }

  using I = __m256i;
  static I zero_i() { return _mm256_setzero_si256(); }
  static I all_i(int x) { return _mm256_set1_epi32(x); }
  /// Signed bytes as halves.
  static I load_bytes(const void* p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128(static_cast<const __m128i*>(p))); }
  static I load_numbers(const int8_t* p) { return _mm256_cvtepi8_epi32(_mm_loadu_si64(p)); }
  static I load_i(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
  static void store_i(void* p, I a) { _mm256_storeu_si256(static_cast<__m256i*>(p), a); }
  static float lowest_lane(F a) { return _mm256_cvtss_f32(a); }
  static I sub_i(I a, I b) { return _mm256_sub_epi32(a, b); }
  static I add_i(I a, I b) { return _mm256_add_epi32(a, b); }
  static I and_i(I a, I b) { return _mm256_and_si256(a, b); }
  static I or_i(I a, I b) { return _mm256_or_si256(a, b); }
  template <int Bits>
  static I shift_left(I a) {
    return _mm256_slli_epi32(a, Bits);
  }
  template <int Bits>
  static I shift_right(I a) {
    return _mm256_srli_epi32(a, Bits);
  }
  static I select_i(Mask mask, I a, I b) { return _mm256_blendv_epi8(b, a, mask); }
  static Mask is_nan(F a) { return _mm256_castps_si256(_mm256_cmp_ps(a, a, _CMP_UNORD_Q)); }
  static I max_i(I a, I b) { return _mm256_max_epi32(a, b); }
  static I bits(F a) { return _mm256_castps_si256(a); }
  static float largest_i(I a) {
    __m128i x = _mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    x = _mm_max_epi32(x, _mm_shuffle_epi32(x, 0x4E));
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_max_epi32(x, _mm_shuffle_epi32(x, 0xB1))));
  }
  static F to_f32(I a) { return _mm256_cvtepi32_ps(a); }
  static I to_i32(F a) { return _mm256_cvtps_epi32(a); }  // to the nearest, halves to even
  static F from_bits_i(I a) { return _mm256_castsi256_ps(a); }
  static Mask greater_mask(F a, F b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }
  static Mask both(Mask a, Mask b) { return _mm256_and_si256(a, b); }
  /// A number of `low`, that of `high`, the next one of `low` ...
  template <class W>
  static void store_pairs(W* p, I low, I high) {
    alignas(32) int lows[kLanes];
    alignas(32) int highs[kLanes];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lows), low);
    _mm256_store_si256(reinterpret_cast<__m256i*>(highs), high);
    for (int i = 0; i < kLanes; ++i) {
      p[2 * i] = static_cast<W>(lows[i]);
      p[2 * i + 1] = static_cast<W>(highs[i]);
    }
  }
  /// The low bytes, or halves, of the first n lanes; any n.
  template <class Q>
  static void store_narrow(Q* p, I a, int n) {
    alignas(32) int lanes[kLanes];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), a);
    if (n >= kLanes) {
#pragma GCC unroll 8
      for (int i = 0; i < kLanes; ++i) p[i] = static_cast<Q>(lanes[i]);
      return;
    }
    for (int i = 0; i < n; ++i) p[i] = static_cast<Q>(lanes[i]);
  }

  /// Lane i of the result is the sum of rows[i].
  static F sum_rows(const F (&rows)[kLanes]) {
    const F low = _mm256_hadd_ps(_mm256_hadd_ps(rows[0], rows[1]), _mm256_hadd_ps(rows[2], rows[3]));
    const F high = _mm256_hadd_ps(_mm256_hadd_ps(rows[4], rows[5]), _mm256_hadd_ps(rows[6], rows[7]));
    return add(_mm256_permute2f128_ps(low, high, 0x20), _mm256_permute2f128_ps(low, high, 0x31));
  }
};

}  // namespace
}  // namespace skald::cpu
