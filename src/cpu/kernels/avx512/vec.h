#pragma once
// Sixteen floats in a register, under the names the kernels in vector/ are written with. Unnamed namespace: every file
// has its own copy, see rows.h.

#include <immintrin.h>

#include "cpu/kernels/rows.h"

namespace skald::cpu {
namespace {

struct Vec {
  using F = __m512;
  using Mask = __mmask16;
  static constexpr int kLanes = 16;

  /// The first n lanes; any n.
  static Mask first(int n) {
    if (n <= 0) return 0;
    return n >= kLanes ? Mask{0xFFFF} : static_cast<Mask>((1U << static_cast<unsigned>(n)) - 1U);
  }
  static Mask from_bits(uint32_t bits) { return static_cast<Mask>(bits); }

  static F zero() { return _mm512_setzero_ps(); }
  static F all(float x) { return _mm512_set1_ps(x); }
  static F load(const float* p) { return _mm512_loadu_ps(p); }
  static F load(Mask mask, const float* p) { return _mm512_maskz_loadu_ps(mask, p); }
  static void store(float* p, F x) { _mm512_storeu_ps(p, x); }
  static void store(Mask mask, float* p, F x) { _mm512_mask_storeu_ps(p, mask, x); }

  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F div(F a, F b) { return _mm512_div_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F negated_fma(F a, F b, F c) { return _mm512_fnmadd_ps(a, b, c); }
  static F min(F a, F b) { return _mm512_min_ps(a, b); }  // b when one is NaN
  static F max(F a, F b) { return _mm512_max_ps(a, b); }  // b when one is NaN
  static F abs(F a) { return _mm512_abs_ps(a); }
  static F select(Mask mask, F a, F b) { return _mm512_mask_blend_ps(mask, b, a); }
  static float sum(F a) { return _mm512_reduce_add_ps(a); }
  static float largest(F a) { return _mm512_reduce_max_ps(a); }

  static uint32_t greater(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
  static uint32_t not_equal(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ); }

  static F round(F a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  /// a * 2^n for a whole n in [-126, 127].
  static F scale_by_power(F a, F n) { return _mm512_scalef_ps(a, n); }
  /// value, but 0 where a < b.
  static F zero_where_less(F a, F b, F value) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_NLT_UQ), value);
  }

  using I = __m512i;
  static I zero_i() { return _mm512_setzero_si512(); }
  static I all_i(int x) { return _mm512_set1_epi32(x); }
  /// Signed bytes as halves.
  static I load_bytes(const void* p) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  }
  static I load_numbers(const int8_t* p) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static I load_i(const void* p) { return _mm512_loadu_si512(p); }
  static void store_i(void* p, I a) { _mm512_storeu_si512(p, a); }
  static float lowest_lane(F a) { return _mm512_cvtss_f32(a); }
  static I sub_i(I a, I b) { return _mm512_sub_epi32(a, b); }
  static I add_i(I a, I b) { return _mm512_add_epi32(a, b); }
  static I and_i(I a, I b) { return _mm512_and_si512(a, b); }
  static I or_i(I a, I b) { return _mm512_or_si512(a, b); }
  template <int Bits>
  static I shift_left(I a) {
    return _mm512_slli_epi32(a, Bits);
  }
  template <int Bits>
  static I shift_right(I a) {
    return _mm512_srli_epi32(a, Bits);
  }
  static I select_i(Mask mask, I a, I b) { return _mm512_mask_blend_epi32(mask, b, a); }
  static Mask is_nan(F a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
  static I max_i(I a, I b) { return _mm512_max_epi32(a, b); }
  static I bits(F a) { return _mm512_castps_si512(a); }
  static float largest_i(I a) { return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(_mm512_reduce_max_epi32(a)))); }
  static F to_f32(I a) { return _mm512_cvtepi32_ps(a); }
  static I to_i32(F a) { return _mm512_cvtps_epi32(a); }  // to the nearest, halves to even
  static F from_bits_i(I a) { return _mm512_castsi512_ps(a); }
  static Mask greater_mask(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
  static Mask both(Mask a, Mask b) { return static_cast<Mask>(a & b); }
  /// A number of `low`, that of `high`, the next one of `low` ...
  static void store_pairs(int16_t* p, I low, I high) {
    _mm512_storeu_si512(p, _mm512_or_si512(_mm512_and_si512(low, all_i(0xFFFF)), _mm512_slli_epi32(high, 16)));
  }
  static void store_pairs(int8_t* p, I low, I high) {
    const I pairs = _mm512_or_si512(_mm512_and_si512(low, all_i(0xFF)), _mm512_slli_epi32(high, 8));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(pairs));
  }
  /// The low bytes, or halves, of the first n lanes; any n.
  static void store_narrow(uint8_t* p, I a, int n) { _mm512_mask_cvtepi32_storeu_epi8(p, first(n), a); }
  static void store_narrow(int8_t* p, I a, int n) { _mm512_mask_cvtepi32_storeu_epi8(p, first(n), a); }
  static void store_narrow(int16_t* p, I a, int n) { _mm512_mask_cvtepi32_storeu_epi16(p, first(n), a); }

  /// Lane i of the result is the sum of rows[i].
  static F sum_rows(const F (&rows)[kLanes]) {
    F pairs[8];
    F quads[4];
    for (int i = 0; i < 8; ++i) {
      pairs[i] =
          add(_mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]), _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]));
    }
    for (int i = 0; i < 4; ++i) {  // per 128 bits: one sum of four rows each
      const __m512d a = _mm512_castps_pd(pairs[2 * i]);
      const __m512d b = _mm512_castps_pd(pairs[2 * i + 1]);
      quads[i] = add(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
    }
    const F low = add(_mm512_shuffle_f32x4(quads[0], quads[1], 0x88), _mm512_shuffle_f32x4(quads[0], quads[1], 0xDD));
    const F high = add(_mm512_shuffle_f32x4(quads[2], quads[3], 0x88), _mm512_shuffle_f32x4(quads[2], quads[3], 0xDD));
    return add(_mm512_shuffle_f32x4(low, high, 0x88), _mm512_shuffle_f32x4(low, high, 0xDD));
  }
};

}  // namespace
}  // namespace skald::cpu
