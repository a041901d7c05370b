// As rows_avx2.cc, sixteen results at a time. Compiled with AVX-512 F, BW, DQ, VL: raw pointers and intrinsics only.

#include <immintrin.h>

#include "npu/aie_host/rows/rows.h"

namespace aie::host {
namespace {

constexpr int kNone = -1024;  // exponent of zero

/// Lanes of 32 bfloat16 that are infinite, NaN or denormal: without the sign 1 to 0x7F or at least 0x7F80.
inline __mmask32 special(__m512i bits) {
  const __m512i doubled = _mm512_slli_epi16(bits, 1);
  const __m512i shifted = _mm512_sub_epi16(doubled, _mm512_set1_epi16(0x100));
  return _mm512_mask_cmpge_epu16_mask(_mm512_test_epi16_mask(doubled, doubled), shifted,
                                      _mm512_set1_epi16(static_cast<short>(0xFE00)));
}

inline __mmask16 special_float(__m512i bits) {
  const __m512i doubled = _mm512_slli_epi32(bits, 1);
  const __m512i shifted = _mm512_sub_epi32(doubled, _mm512_set1_epi32(0x01000000));
  return _mm512_mask_cmpge_epu32_mask(_mm512_test_epi32_mask(doubled, doubled), shifted,
                                      _mm512_set1_epi32(static_cast<int>(0xFE000000)));
}

/// Exponents of 32 bfloat16; kNone for zeros (and denormals, which do not come here).
inline __m512i exponents_of(__m512i bits) {
  const __m512i exponent = _mm512_and_si512(_mm512_srli_epi16(bits, 7), _mm512_set1_epi16(0xFF));
  return _mm512_mask_mov_epi16(exponent, _mm512_testn_epi16_mask(exponent, exponent), _mm512_set1_epi16(kNone));
}

/// For result i, j (word 4 i + j, then again for the next k): A's word 8 i + k, B's word 4 k + j.
inline __m512i left_index() {
  return _mm512_set_epi16(25, 25, 25, 25, 17, 17, 17, 17, 9, 9, 9, 9, 1, 1, 1, 1, 24, 24, 24, 24, 16, 16, 16, 16, 8, 8,
                          8, 8, 0, 0, 0, 0);
}
inline __m512i right_index() {
  return _mm512_set_epi16(7, 6, 5, 4, 7, 6, 5, 4, 7, 6, 5, 4, 7, 6, 5, 4, 3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1,
                          0);
}

/// The same for float32 lanes, whose upper words they are.
inline __m512i left_float_index() {
  return _mm512_set_epi16(24, 0, 24, 0, 24, 0, 24, 0, 16, 0, 16, 0, 16, 0, 16, 0, 8, 0, 8, 0, 8, 0, 8, 0, 0, 0, 0, 0, 0,
                          0, 0, 0);
}
inline __m512i right_float_index() {
  return _mm512_set_epi16(3, 0, 2, 0, 1, 0, 0, 0, 3, 0, 2, 0, 1, 0, 0, 0, 3, 0, 2, 0, 1, 0, 0, 0, 3, 0, 2, 0, 1, 0, 0,
                          0);
}

inline __m512i accumulator_exponent(__m512i bits) {
  const __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF));
  return _mm512_maskz_add_epi32(_mm512_test_epi32_mask(magnitude, magnitude), _mm512_srli_epi32(magnitude, 23),
                                _mm512_set1_epi32(128));
}

/// 1.5 * 2^52 units of 2^(largest - 278).
inline __m512i unit_base(__m256i largest) {
  const __m512i field = _mm512_add_epi64(_mm512_cvtepi32_epi64(largest), _mm512_set1_epi64(797));
  return _mm512_or_si512(_mm512_slli_epi64(field, 52), _mm512_set1_epi64(0x0008000000000000LL));
}

inline __mmask8 tiny(__m512d value) {
  const __mmask8 below = _mm512_cmp_pd_mask(_mm512_abs_pd(value), _mm512_set1_pd(0x1p-126), _CMP_LT_OQ);
  return _mm512_mask_cmp_pd_mask(below, value, _mm512_setzero_pd(), _CMP_NEQ_OQ);
}

inline __m512d lower(__m512 value) {
  return _mm512_cvtps_pd(_mm512_castps512_ps256(value));
}
inline __m512d upper(__m512 value) {
  return _mm512_cvtps_pd(_mm512_extractf32x8_ps(value, 1));
}

}  // namespace

void mac_i8_4x8x8_avx512(void* c, const void* a, const void* b) {
  // As in rows_avx2.cc; two rows of the result in a register.
  const auto* right = static_cast<const __m256i*>(b);
  const __m512i rows0 = _mm512_cvtepi8_epi16(_mm256_loadu_si256(right));
  const __m512i rows4 = _mm512_cvtepi8_epi16(_mm256_loadu_si256(right + 1));
  const __m512i left = _mm512_cvtepi8_epi16(_mm256_loadu_si256(static_cast<const __m256i*>(a)));
  const __m512i first = _mm512_set_epi16(15, 7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8, 0, 15, 7, 14, 6, 13, 5, 12,
                                         4, 11, 3, 10, 2, 9, 1, 8, 0);
  const __m512i second = _mm512_add_epi16(first, _mm512_set1_epi16(16));
  const __m512i pairs[4] = {_mm512_permutexvar_epi16(first, rows0), _mm512_permutexvar_epi16(second, rows0),
                            _mm512_permutexvar_epi16(first, rows4), _mm512_permutexvar_epi16(second, rows4)};
  __m512i at = _mm512_set_epi32(4, 4, 4, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0);
  __m512i upper_rows = _mm512_loadu_si512(c);
  __m512i lower_rows = _mm512_loadu_si512(static_cast<char*>(c) + 64);
  for (const __m512i pair : pairs) {
    upper_rows = _mm512_add_epi32(upper_rows, _mm512_madd_epi16(_mm512_permutexvar_epi32(at, left), pair));
    const __m512i below = _mm512_add_epi32(at, _mm512_set1_epi32(8));
    lower_rows = _mm512_add_epi32(lower_rows, _mm512_madd_epi16(_mm512_permutexvar_epi32(below, left), pair));
    at = _mm512_add_epi32(at, _mm512_set1_epi32(1));
  }
  _mm512_storeu_si512(c, upper_rows);
  _mm512_storeu_si512(static_cast<char*>(c) + 64, lower_rows);
}

void mac_bf16_4x8x4_avx512(void* c, const void* a, const void* b) {
  const __m512i left = _mm512_loadu_si512(a);
  const __m512i right = _mm512_loadu_si512(b);
  const __m512 sum = _mm512_loadu_ps(c);
  const unsigned out_of_range = special(left) | special(right) | special_float(_mm512_castps_si512(sum));
  if (out_of_range != 0) {
    mac_bf16_4x8x4_scalar(c, a, b);
    return;
  }
  const __m512i left_exponents = exponents_of(left);
  const __m512i right_exponents = _mm512_add_epi16(exponents_of(right), _mm512_set1_epi16(1));
  __m512i largest_words = _mm512_setzero_si512();
  for (int k = 0; k < 8; k += 2) {
    const __m512i x = _mm512_permutexvar_epi16(_mm512_add_epi16(left_index(), _mm512_set1_epi16(static_cast<short>(k))),
                                               left_exponents);
    const __m512i y = _mm512_permutexvar_epi16(
        _mm512_add_epi16(right_index(), _mm512_set1_epi16(static_cast<short>(4 * k))), right_exponents);
    largest_words = _mm512_max_epi16(largest_words, _mm512_add_epi16(x, y));
  }
  const __m256i halves =
      _mm256_max_epi16(_mm512_castsi512_si256(largest_words), _mm512_extracti64x4_epi64(largest_words, 1));
  const __m512i largest =
      _mm512_max_epi32(_mm512_cvtepi16_epi32(halves), accumulator_exponent(_mm512_castps_si512(sum)));
  const __m512i base0 = unit_base(_mm512_castsi512_si256(largest));
  const __m512i base1 = unit_base(_mm512_extracti64x4_epi64(largest, 1));
  const __m512d zero0 = _mm512_castsi512_pd(base0);
  const __m512d zero1 = _mm512_castsi512_pd(base1);
  __m512i units0 = _mm512_castpd_si512(_mm512_add_pd(lower(sum), zero0));
  __m512i units1 = _mm512_castpd_si512(_mm512_add_pd(upper(sum), zero1));
  for (int k = 0; k < 8; ++k) {
    const __m512i x_at = _mm512_add_epi16(left_float_index(), _mm512_set1_epi16(static_cast<short>(k)));
    const __m512i y_at = _mm512_add_epi16(right_float_index(), _mm512_set1_epi16(static_cast<short>(4 * k)));
    const __m512 x = _mm512_castsi512_ps(_mm512_maskz_permutexvar_epi16(0xAAAAAAAA, x_at, left));
    const __m512 y = _mm512_castsi512_ps(_mm512_maskz_permutexvar_epi16(0xAAAAAAAA, y_at, right));
    const __m512d row = lower(y);  // the same for all rows of the result
    units0 = _mm512_add_epi64(units0, _mm512_castpd_si512(_mm512_fmadd_pd(lower(x), row, zero0)));
    units1 = _mm512_add_epi64(units1, _mm512_castpd_si512(_mm512_fmadd_pd(upper(x), row, zero1)));
  }
  units0 = _mm512_sub_epi64(units0, _mm512_slli_epi64(base0, 3));
  units1 = _mm512_sub_epi64(units1, _mm512_slli_epi64(base1, 3));
  const __m512d exact0 = _mm512_sub_pd(_mm512_castsi512_pd(units0), zero0);
  const __m512d exact1 = _mm512_sub_pd(_mm512_castsi512_pd(units1), zero1);
  if ((tiny(exact0) | tiny(exact1)) != 0) {
    mac_bf16_4x8x4_scalar(c, a, b);
    return;
  }
  auto* out = static_cast<float*>(c);
  _mm256_storeu_ps(out, _mm512_cvtpd_ps(exact0));
  _mm256_storeu_ps(out + 8, _mm512_cvtpd_ps(exact1));
}

void mac_bf16_lanes_avx512(void* c, const void* a, const void* b, unsigned lanes) {
  auto* sums = static_cast<float*>(c);
  const auto* left = static_cast<const unsigned short*>(a);
  const auto* right = static_cast<const unsigned short*>(b);
  for (unsigned at = 0; at < lanes; at += 16) {
    const auto widened = [at](const unsigned short* from) {
      const __m256i narrow = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + at));
      return _mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow), 16);
    };
    const __m512i x = widened(left);
    const __m512i y = widened(right);
    const __m512 sum = _mm512_loadu_ps(sums + at);
    unsigned fallback = special_float(x) | special_float(y) | special_float(_mm512_castps_si512(sum));
    // A product with a zero counts for nothing.
    const __mmask16 nonzero = _mm512_test_epi32_mask(x, _mm512_set1_epi32(0x7F800000)) &
                              _mm512_test_epi32_mask(y, _mm512_set1_epi32(0x7F800000));
    const __m512i mask = _mm512_set1_epi32(0xFF);
    const __m512i both = _mm512_add_epi32(_mm512_and_si512(_mm512_srli_epi32(x, 23), mask),
                                          _mm512_and_si512(_mm512_srli_epi32(y, 23), mask));
    const __m512i product = _mm512_maskz_add_epi32(nonzero, both, _mm512_set1_epi32(1));
    const __m512i largest = _mm512_max_epi32(product, accumulator_exponent(_mm512_castps_si512(sum)));
    const __m512i base0 = unit_base(_mm512_castsi512_si256(largest));
    const __m512i base1 = unit_base(_mm512_extracti64x4_epi64(largest, 1));
    const __m512d zero0 = _mm512_castsi512_pd(base0);
    const __m512d zero1 = _mm512_castsi512_pd(base1);
    const __m512 fx = _mm512_castsi512_ps(x);
    const __m512 fy = _mm512_castsi512_ps(y);
    const __m512i term0 = _mm512_castpd_si512(_mm512_fmadd_pd(lower(fx), lower(fy), zero0));
    const __m512i term1 = _mm512_castpd_si512(_mm512_fmadd_pd(upper(fx), upper(fy), zero1));
    const __m512i start0 = _mm512_castpd_si512(_mm512_add_pd(lower(sum), zero0));
    const __m512i start1 = _mm512_castpd_si512(_mm512_add_pd(upper(sum), zero1));
    const __m512i units0 = _mm512_sub_epi64(_mm512_add_epi64(term0, start0), base0);
    const __m512i units1 = _mm512_sub_epi64(_mm512_add_epi64(term1, start1), base1);
    const __m512d exact0 = _mm512_sub_pd(_mm512_castsi512_pd(units0), zero0);
    const __m512d exact1 = _mm512_sub_pd(_mm512_castsi512_pd(units1), zero1);
    fallback |= static_cast<unsigned>(tiny(exact0)) | static_cast<unsigned>(tiny(exact1));
    if (fallback != 0) {
      mac_bf16_lanes_scalar(sums + at, left + at, right + at, 16);
      continue;
    }
    _mm256_storeu_ps(sums + at, _mm512_cvtpd_ps(exact0));
    _mm256_storeu_ps(sums + at + 8, _mm512_cvtpd_ps(exact1));
  }
}

void add_lanes_avx512(void* sum, const void* a, const void* b, unsigned lanes) {
  // As in rows_avx2.cc.
  auto* sums = static_cast<float*>(sum);
  const auto* left = static_cast<const float*>(a);
  const auto* right = static_cast<const float*>(b);
  const __m512i field = _mm512_set1_epi32(0x7F800000);
  for (unsigned at = 0; at < lanes; at += 16) {
    const __m512i x = _mm512_loadu_si512(left + at);
    const __m512i y = _mm512_loadu_si512(right + at);
    const __m512i x_field = _mm512_and_si512(x, field);
    const __m512i y_field = _mm512_and_si512(y, field);
    const __m512i one = _mm512_max_epu32(x_field, y_field);
    const auto aligned = [one](__m512i bits, __mmask16 smaller) {
      const __m512 value = _mm512_castsi512_ps(bits);
      const __m512 signed_one = _mm512_castsi512_ps(
          _mm512_or_si512(one, _mm512_and_si512(bits, _mm512_set1_epi32(static_cast<int>(0x80000000)))));
      return _mm512_mask_sub_ps(value, smaller, _mm512_add_ps(value, signed_one), signed_one);
    };
    const __m512 total = _mm512_add_ps(aligned(x, _mm512_cmplt_epu32_mask(x_field, y_field)),
                                       aligned(y, _mm512_cmplt_epu32_mask(y_field, x_field)));
    const __m512i bits = _mm512_castps_si512(total);
    const __mmask16 nonzero = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x7FFFFFFF));
    const __mmask16 tiny_total = _mm512_mask_testn_epi32_mask(nonzero, bits, field);
    const __mmask16 large = _mm512_cmpge_epu32_mask(one, _mm512_set1_epi32(0x7F000000));
    if ((special_float(x) | special_float(y) | tiny_total | large) != 0) {
      add_lanes_scalar(sums + at, left + at, right + at, 16);
      continue;
    }
    _mm512_storeu_ps(sums + at, _mm512_maskz_mov_ps(nonzero, total));
  }
}

}  // namespace aie::host
