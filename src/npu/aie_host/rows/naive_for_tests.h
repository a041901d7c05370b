#pragma once
// The array's float sums written once more, on magnitudes of 128 bits, and inputs that reach
// every case of them.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <span>

namespace aie::host::testing {

__extension__ using Wide = __int128;

/// |numerator| / 2^exponent to the nearest, halves to even; the sign apart, as in schoolbook rounding.
inline Wide divided(Wide numerator, int exponent) {
  const bool negative = numerator < 0;
  const Wide magnitude = negative ? -numerator : numerator;
  if (exponent > 100) {
    return 0;
  }
  const Wide divisor = Wide{1} << exponent;
  const Wide quotient = magnitude >> exponent;
  const Wide twice = 2 * (magnitude - quotient * divisor);
  const Wide rounded = quotient + (twice > divisor || (twice == divisor && quotient % 2 == 1) ? 1 : 0);
  return negative ? -rounded : rounded;
}

struct Term {
  bool negative = false;
  int exponent = 0;  // of the least bit of `digits`
  Wide digits = 0;
  bool infinite = false;
  bool nan = false;
  bool zero = false;
  int place = 0;  // exponent that alignment compares
};

inline Term term_of(std::uint32_t bits, int fraction_bits) {
  const int field = static_cast<int>(bits >> fraction_bits) % 256;
  const std::uint32_t fraction = bits % (1U << fraction_bits);
  Term made;
  made.negative = (bits >> (fraction_bits + 8)) % 2 == 1;
  made.infinite = field == 255 && fraction == 0;
  made.nan = field == 255 && fraction != 0;
  made.zero = field == 0 && fraction == 0;
  made.place = (field == 0 ? 1 : field) - 127;
  made.digits = fraction + (field == 0 ? 0 : 1U << fraction_bits);
  made.exponent = made.place - fraction_bits;
  return made;
}

/// Any number of terms: exponents are brought to the largest place, each term is rounded at 2^(place - 23).
inline std::uint32_t naive_sum(std::span<const Term> terms, bool product_underflow) {
  int place = -100000;
  bool nan = false;
  bool nan_term = false;
  bool plus = false;
  bool minus = false;
  for (const Term& term : terms) {
    nan = nan || term.nan;
    nan_term = nan_term || term.nan;
    plus = plus || (term.infinite && !term.negative);
    minus = minus || (term.infinite && term.negative);
    if (!term.zero && term.place > place) {
      place = term.place;
    }
  }
  nan = nan || (plus && minus);
  if (!nan && (plus || minus)) {
    return minus ? 0xFF800000U : 0x7F800000U;
  }
  Wide sum = 0;
  for (const Term& term : terms) {
    if (!term.zero) {
      const Wide digits = (term.negative ? -term.digits : term.digits) * (Wide{1} << 40);
      sum += divided(digits, 40 + place - 23 - term.exponent);
    }
  }
  if (sum == 0) {
    return nan ? 0x7F800001U : 0;
  }
  const std::uint32_t sign = sum < 0 ? 0x80000000U : 0;
  Wide digits = sum < 0 ? -sum : sum;
  int field = place + 127;
  while (digits < (Wide{1} << 23)) {
    digits *= 2;
    --field;
  }
  int surplus = 0;
  while ((digits >> surplus) >= (Wide{1} << 24)) {
    ++surplus;
  }
  digits = divided(digits, surplus);
  field += surplus;
  if (digits == (Wide{1} << 24)) {
    digits = Wide{1} << 23;
    ++field;
  }
  const auto fraction = static_cast<std::uint32_t>(digits - (Wide{1} << 23));
  const bool fits = field < 255 && (field > 0 || !product_underflow);
  if (nan) {
    return sign | 0x7F800000U | (fits && (nan_term || product_underflow) ? fraction | 1U : 1U);
  }
  if (field >= 255) {
    return sign | 0x7F800000U;
  }
  if (field <= 0) {
    return product_underflow ? 0 : sign;
  }
  return sign | (static_cast<std::uint32_t>(field) << 23U) | fraction;
}

inline std::uint32_t naive_add_products(std::uint32_t sum, const std::uint16_t* a, const std::uint16_t* b, int count,
                                        int step) {
  std::array<Term, 17> terms;
  terms[0] = term_of(sum, 23);
  bool nothing = true;
  for (int i = 0; i < count; ++i) {
    const Term x = term_of(a[i], 7);
    const Term y = term_of(b[i * step], 7);
    Term product;
    product.negative = x.negative != y.negative;
    product.zero = x.zero || y.zero;
    product.infinite = (x.infinite || y.infinite) && !x.nan && !y.nan && !product.zero;
    product.nan = x.nan || y.nan || (product.zero && (x.infinite || y.infinite));
    product.place = x.place + y.place;
    product.exponent = x.exponent + y.exponent;
    product.digits = x.digits * y.digits;
    nothing = nothing && product.zero;
    terms[static_cast<std::size_t>(i) + 1] = product;
  }
  if (terms[0].nan && nothing) {
    return sum;
  }
  return naive_sum(std::span(terms).first(static_cast<std::size_t>(count) + 1), true);
}

inline std::uint32_t naive_add(std::uint32_t a, std::uint32_t b) {
  const std::array<Term, 2> terms = {term_of(a, 23), term_of(b, 23)};
  return naive_sum(terms, false);
}

/// Bit patterns of floats: any; all near one; of few exponents; extremes; denormals; with infinities and NaN.
class Patterns {
 public:
  explicit Patterns(std::uint32_t seed) : engine_(seed) {}

  /// A new mixture: which exponents follow.
  void turn() {
    kind_ = static_cast<std::uint32_t>(engine_() % 8);
    centre_ = static_cast<std::uint32_t>(engine_() % 255);
  }

  std::uint16_t bf16() { return static_cast<std::uint16_t>(pattern(7)); }
  std::uint32_t fp32() { return pattern(23); }

 private:
  std::uint32_t pattern(unsigned fraction_bits) {
    const auto bits = static_cast<std::uint32_t>(engine_());
    const std::uint32_t fraction =
        (bits & 0x800U) != 0 && kind_ < 6 ? 0 : static_cast<std::uint32_t>(engine_()) & ((1U << fraction_bits) - 1U);
    std::uint32_t exponent = 0;
    switch (kind_) {
      case 0: exponent = bits & 0xFFU; break;
      case 1: exponent = 120 + (bits & 15U); break;
      case 2: exponent = 127; break;
      case 3: exponent = (bits & 3U) == 0 ? 0 : 100 + (bits & 0x3FU); break;
      case 4: exponent = std::min<std::uint32_t>(254, centre_ + (bits & 31U)); break;
      case 5: exponent = 40 + (bits & 0x2FU); break;  // products at the lower end of float32
      case 6: exponent = (bits & 7U) == 0 ? 255 : 127 + (bits & 3U); break;
      default: exponent = (bits & 1U) == 0 ? 0 : (bits & 0x1FU) == 1 ? 255 : 250 + (bits & 3U); break;
    }
    return ((bits >> 31U) << (fraction_bits + 8U)) | (exponent << fraction_bits) | fraction;
  }

  std::mt19937 engine_;
  std::uint32_t kind_ = 0;
  std::uint32_t centre_ = 127;
};

}  // namespace aie::host::testing
