// Compiled with -mavx2 -mfma: raw pointers and intrinsics only, so that nothing here can be called elsewhere.
//
// A float64 that holds the largest exponent's unit in its last bit rounds as the array aligns: x y + 1.5 * 2^52 units,
// rounded once by the fused multiply-add, is the product to the nearest unit, halves to even (1.5 * 2^52 is even), and
// its bits count units. So terms are added as integers, and one conversion to float32 rounds their exact sum. What does
// not fit that (infinities, NaN, denormals, results below the normal range) goes to the scalar row.

#include <immintrin.h>

#include "npu/aie_host/rows/rows.h"

namespace aie::host {
namespace {

constexpr int kNone = -1024;  // exponent of zero, low enough that a product with it is below every other

inline __m256i words(__m256i bits) {
  // Exponents of 8 float32 that hold bfloat16; kNone for zeros.
  const __m256i exponent = _mm256_and_si256(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(0xFF));
  const __m256i zero = _mm256_cmpeq_epi32(exponent, _mm256_setzero_si256());
  return _mm256_blendv_epi8(exponent, _mm256_set1_epi32(kNone), zero);
}

/// All ones where a float32 is infinite, NaN or denormal.
inline __m256i special(__m256i bits) {
  const __m256i magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF));
  const __m256i large = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7F7FFFFF));
  const __m256i small = _mm256_and_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(0x00800000), magnitude),
                                         _mm256_cmpgt_epi32(magnitude, _mm256_setzero_si256()));
  return _mm256_or_si256(large, small);
}

/// 1.5 * 2^52 units of 2^(largest - 278), as float64 bits: exponent field largest - 278 + 52 + 1023.
inline __m256i unit_base(__m128i largest) {
  const __m256i field = _mm256_add_epi64(_mm256_cvtepi32_epi64(largest), _mm256_set1_epi64x(797));
  return _mm256_or_si256(_mm256_slli_epi64(field, 52), _mm256_set1_epi64x(0x0008000000000000LL));
}

/// Whether any number is not 0 and below 2^-126.
inline int tiny(__m256d value) {
  const __m256d magnitude = _mm256_andnot_pd(_mm256_set1_pd(-0.0), value);
  const __m256d below = _mm256_cmp_pd(magnitude, _mm256_set1_pd(0x1p-126), _CMP_LT_OQ);
  return _mm256_movemask_pd(_mm256_and_pd(below, _mm256_cmp_pd(value, _mm256_setzero_pd(), _CMP_NEQ_OQ)));
}

inline __m128i accumulator_exponent(__m128i bits) {
  const __m128i magnitude = _mm_and_si128(bits, _mm_set1_epi32(0x7FFFFFFF));
  const __m128i exponent = _mm_add_epi32(_mm_srli_epi32(magnitude, 23), _mm_set1_epi32(128));
  return _mm_andnot_si128(_mm_cmpeq_epi32(magnitude, _mm_setzero_si128()), exponent);
}

inline __m256i widened(const unsigned short* at) {
  const __m128i eight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  return _mm256_slli_epi32(_mm256_cvtepu16_epi32(eight), 16);
}

}  // namespace

void mac_i8_4x8x8_avx2(void* c, const void* a, const void* b) {
  // Pairs of depth: B's rows 2p and 2p + 1 interleaved, A's pairs broadcast; a pair's sum fits 32 bits.
  const auto* right = static_cast<const __m128i*>(b);
  __m256i pairs[4];
  for (int p = 0; p < 4; ++p) {
    const __m128i two = _mm_loadu_si128(right + p);
    pairs[p] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(two, _mm_srli_si128(two, 8)));
  }
  const auto* left = static_cast<const __m128i*>(a);
  alignas(32) int numbers[16];
  _mm256_store_si256(reinterpret_cast<__m256i*>(numbers), _mm256_cvtepi8_epi16(_mm_loadu_si128(left)));
  _mm256_store_si256(reinterpret_cast<__m256i*>(numbers + 8), _mm256_cvtepi8_epi16(_mm_loadu_si128(left + 1)));
  auto* sums = static_cast<__m256i*>(c);
  for (int i = 0; i < 4; ++i) {
    __m256i sum = _mm256_loadu_si256(sums + i);
    for (int p = 0; p < 4; ++p) {
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_set1_epi32(numbers[4 * i + p]), pairs[p]));
    }
    _mm256_storeu_si256(sums + i, sum);
  }
}

void mac_bf16_4x8x4_avx2(void* c, const void* a, const void* b) {
  const auto* left = static_cast<const unsigned short*>(a);
  const auto* right = static_cast<const unsigned short*>(b);
  auto* sums = static_cast<float*>(c);
  alignas(32) double x[32];
  alignas(32) int x_exponents[32];
  __m256d y[8];
  __m128i y_exponents[8];
  __m256i out_of_range = _mm256_setzero_si256();
  for (int half = 0; half < 4; ++half) {
    const __m256i bits = widened(left + 8 * half);
    out_of_range = _mm256_or_si256(out_of_range, special(bits));
    const __m256 values = _mm256_castsi256_ps(bits);
    _mm256_store_pd(x + 8 * half, _mm256_cvtps_pd(_mm256_castps256_ps128(values)));
    _mm256_store_pd(x + 8 * half + 4, _mm256_cvtps_pd(_mm256_extractf128_ps(values, 1)));
    _mm256_store_si256(reinterpret_cast<__m256i*>(x_exponents + 8 * half), words(bits));
  }
  for (int half = 0; half < 4; ++half) {
    const __m256i bits = widened(right + 8 * half);
    out_of_range = _mm256_or_si256(out_of_range, special(bits));
    const __m256 values = _mm256_castsi256_ps(bits);
    y[2 * half] = _mm256_cvtps_pd(_mm256_castps256_ps128(values));
    y[2 * half + 1] = _mm256_cvtps_pd(_mm256_extractf128_ps(values, 1));
    const __m256i exponents = _mm256_add_epi32(words(bits), _mm256_set1_epi32(1));
    y_exponents[2 * half] = _mm256_castsi256_si128(exponents);
    y_exponents[2 * half + 1] = _mm256_extracti128_si256(exponents, 1);
  }
  const auto* old = static_cast<const __m256i*>(c);
  out_of_range = _mm256_or_si256(out_of_range, special(_mm256_loadu_si256(old)));
  out_of_range = _mm256_or_si256(out_of_range, special(_mm256_loadu_si256(old + 1)));
  if (_mm256_testz_si256(out_of_range, out_of_range) == 0) {
    mac_bf16_4x8x4_scalar(c, a, b);
    return;
  }
  __m128 results[4];
  int below = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128 sum = _mm_loadu_ps(sums + 4 * i);
    __m128i largest = accumulator_exponent(_mm_castps_si128(sum));
    for (int k = 0; k < 8; ++k) {
      largest = _mm_max_epi32(largest, _mm_add_epi32(_mm_set1_epi32(x_exponents[8 * i + k]), y_exponents[k]));
    }
    const __m256i base = unit_base(largest);
    const __m256d zero_units = _mm256_castsi256_pd(base);
    __m256i units = _mm256_castpd_si256(_mm256_add_pd(_mm256_cvtps_pd(sum), zero_units));
    for (int k = 0; k < 8; ++k) {
      const __m256d term = _mm256_fmadd_pd(_mm256_broadcast_sd(x + 8 * i + k), y[k], zero_units);
      units = _mm256_add_epi64(units, _mm256_castpd_si256(term));
    }
    units = _mm256_sub_epi64(units, _mm256_slli_epi64(base, 3));
    const __m256d exact = _mm256_sub_pd(_mm256_castsi256_pd(units), zero_units);
    below |= tiny(exact);
    results[i] = _mm256_cvtpd_ps(exact);
  }
  if (below != 0) {
    mac_bf16_4x8x4_scalar(c, a, b);
    return;
  }
  for (int i = 0; i < 4; ++i) {
    _mm_storeu_ps(sums + 4 * i, results[i]);
  }
}

void mac_bf16_lanes_avx2(void* c, const void* a, const void* b, unsigned lanes) {
  auto* sums = static_cast<float*>(c);
  const auto* left = static_cast<const unsigned short*>(a);
  const auto* right = static_cast<const unsigned short*>(b);
  for (unsigned at = 0; at < lanes; at += 8) {
    const __m256i x = widened(left + at);
    const __m256i y = widened(right + at);
    const __m256 sum = _mm256_loadu_ps(sums + at);
    __m256i out_of_range = _mm256_or_si256(special(x), special(y));
    out_of_range = _mm256_or_si256(out_of_range, special(_mm256_castps_si256(sum)));
    __m128 results[2];
    int below = _mm256_testz_si256(out_of_range, out_of_range) == 0 ? 1 : 0;
    for (int half = 0; half < 2; ++half) {
      const auto part = [half](__m256i all) {
        return half == 0 ? _mm256_castsi256_si128(all) : _mm256_extracti128_si256(all, 1);
      };
      const __m128i bits = part(_mm256_castps_si256(sum));
      const __m128i product = _mm_add_epi32(_mm_add_epi32(part(words(x)), part(words(y))), _mm_set1_epi32(1));
      const __m256i base = unit_base(_mm_max_epi32(accumulator_exponent(bits), product));
      const __m256d zero_units = _mm256_castsi256_pd(base);
      const __m256d factor = _mm256_cvtps_pd(_mm_castsi128_ps(part(x)));
      const __m256d term = _mm256_fmadd_pd(factor, _mm256_cvtps_pd(_mm_castsi128_ps(part(y))), zero_units);
      const __m256d start = _mm256_add_pd(_mm256_cvtps_pd(_mm_castsi128_ps(bits)), zero_units);
      const __m256i units =
          _mm256_sub_epi64(_mm256_add_epi64(_mm256_castpd_si256(term), _mm256_castpd_si256(start)), base);
      const __m256d exact = _mm256_sub_pd(_mm256_castsi256_pd(units), zero_units);
      below |= tiny(exact);
      results[half] = _mm256_cvtpd_ps(exact);
    }
    if (below != 0) {
      mac_bf16_lanes_scalar(sums + at, left + at, right + at, 8);
      continue;
    }
    _mm_storeu_ps(sums + at, results[0]);
    _mm_storeu_ps(sums + at + 4, results[1]);
  }
}

void add_lanes_avx2(void* sum, const void* a, const void* b, unsigned lanes) {
  // The last bit of 2^e, e the larger exponent, is the unit to which the other number is rounded: adding 2^e of that
  // number's sign and taking it away again does so. What then is added are whole units, and is rounded once.
  auto* sums = static_cast<float*>(sum);
  const auto* left = static_cast<const float*>(a);
  const auto* right = static_cast<const float*>(b);
  const __m256i field = _mm256_set1_epi32(0x7F800000);
  for (unsigned at = 0; at < lanes; at += 8) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(left + at));
    const __m256i y = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(right + at));
    const __m256i x_field = _mm256_and_si256(x, field);
    const __m256i y_field = _mm256_and_si256(y, field);
    const __m256i one = _mm256_max_epi32(x_field, y_field);
    const auto aligned = [one](__m256i bits, __m256i smaller) {
      const __m256 value = _mm256_castsi256_ps(bits);
      const __m256 signed_one = _mm256_or_ps(_mm256_castsi256_ps(one), _mm256_and_ps(value, _mm256_set1_ps(-0.0F)));
      const __m256 rounded = _mm256_sub_ps(_mm256_add_ps(value, signed_one), signed_one);
      return _mm256_blendv_ps(value, rounded, _mm256_castsi256_ps(smaller));
    };
    const __m256 total = _mm256_add_ps(aligned(x, _mm256_cmpgt_epi32(y_field, x_field)),
                                       aligned(y, _mm256_cmpgt_epi32(x_field, y_field)));
    const __m256i zero = _mm256_castps_si256(_mm256_cmp_ps(total, _mm256_setzero_ps(), _CMP_EQ_OQ));
    const __m256i no_exponent =
        _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_castps_si256(total), field), _mm256_setzero_si256());
    __m256i out_of_range = _mm256_or_si256(special(x), special(y));
    out_of_range = _mm256_or_si256(out_of_range, _mm256_andnot_si256(zero, no_exponent));
    out_of_range = _mm256_or_si256(out_of_range, _mm256_cmpgt_epi32(one, _mm256_set1_epi32(0x7EFFFFFF)));
    if (_mm256_testz_si256(out_of_range, out_of_range) == 0) {
      add_lanes_scalar(sums + at, left + at, right + at, 8);
      continue;
    }
    _mm256_storeu_ps(sums + at, _mm256_andnot_ps(_mm256_castsi256_ps(zero), total));
  }
}

}  // namespace aie::host
