// The definition of what the other rows compute.
//
// bfloat16 sums, by xdna-emu's model of the multiply-accumulate (interpreter/execute/vector_matmul/bf16_pipeline.rs)
// and of the accumulator adder (vector_float.rs, aie2_acc_fp32_add): every term is an integer significand with an
// exponent; all are brought to the largest exponent, each rounded by itself to the nearest, halves to even, 23 bits
// below that exponent's one and no guard bits; their sum is exact, and is rounded once to 24 bits.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "npu/aie_host/rows/rows.h"

namespace aie::host {
namespace {

constexpr std::uint32_t kNan = 0x7F800001;

/// A float32 or bfloat16: significand with the leading one where the exponent is not 0, and the exponent, 1 where it
/// is 0 and the number is not. Infinities and NaN have a significand like any other.
struct Decoded {
  bool negative = false;
  bool zero = false;
  bool infinite = false;
  bool nan = false;
  std::int64_t significand = 0;
  int exponent = 0;
};

Decoded decode(std::uint32_t bits, unsigned fraction_bits) {
  const std::uint32_t fraction = bits & ((1U << fraction_bits) - 1U);
  const auto exponent = static_cast<int>((bits >> fraction_bits) & 0xFFU);
  Decoded made;
  made.negative = ((bits >> (fraction_bits + 8U)) & 1U) != 0;
  made.zero = exponent == 0 && fraction == 0;
  made.infinite = exponent == 255 && fraction == 0;
  made.nan = exponent == 255 && fraction != 0;
  made.significand = exponent == 0 ? fraction : (1U << fraction_bits) | fraction;
  made.exponent = made.zero ? 0 : std::max(exponent, 1);
  return made;
}

/// value / 2^shift to the nearest, halves to even.
std::int64_t shifted(std::int64_t value, int shift) {
  if (shift <= 0) {
    return value;
  }
  if (shift > 32) {
    return 0;  // less than half of one: |value| < 2^26
  }
  const std::int64_t floor = value >> shift;
  const std::int64_t rest = value - (floor << shift);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  return floor + (rest > half || (rest == half && (floor & 1) != 0) ? 1 : 0);
}

/// What an adder knows besides its terms.
struct Flags {
  bool nan = false;
  bool plus_infinity = false;
  bool minus_infinity = false;

  void infinite(bool negative) { (negative ? minus_infinity : plus_infinity) = true; }
  bool is_nan() const { return nan || (plus_infinity && minus_infinity); }
};

/// Magnitude as 24 bits with a leading one, and the exponent of that one relative to bit 23 of `magnitude`.
struct Normal {
  std::uint32_t fraction = 0;
  int above = 0;
};

Normal normalised(std::uint64_t magnitude) {
  const int top = 63 - std::countl_zero(magnitude);
  if (top <= 23) {
    return {.fraction = static_cast<std::uint32_t>(magnitude << (23 - top)) & 0x7FFFFFU, .above = top - 23};
  }
  const std::int64_t rounded = shifted(static_cast<std::int64_t>(magnitude), top - 23);
  const bool carried = rounded == (std::int64_t{1} << 24);
  return {.fraction = static_cast<std::uint32_t>(carried ? 0 : rounded) & 0x7FFFFFU,
          .above = top - 23 + (carried ? 1 : 0)};
}

std::uint32_t packed(bool negative, int exponent, std::uint32_t fraction) {
  return (negative ? 0x80000000U : 0U) | (static_cast<std::uint32_t>(exponent) << 23U) | fraction;
}

}  // namespace

std::uint32_t add_products(std::uint32_t sum, const std::uint16_t* a, const std::uint16_t* b, int count, int step) {
  struct Term {
    std::int64_t value;
    int exponent;
  };
  std::array<Term, 16> terms;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  Flags flags;
  const Decoded start = decode(sum, 23);
  // An accumulator's exponent is 128 more and a product's one more than the sum of its factors', so that both count
  // from the same power of two: 127 + 127 + 1 = 127 + 128.
  int largest = start.zero ? 0 : start.exponent + 128;
  bool all_zero = true;
  for (int i = 0; i < count; ++i) {
    const Decoded left = decode(a[i], 7);
    const Decoded right = decode(b[i * step], 7);
    const bool negative = left.negative != right.negative;
    const bool zero = left.zero || right.zero;
    flags.nan = flags.nan || left.nan || right.nan || (zero && (left.infinite || right.infinite));
    if ((left.infinite || right.infinite) && !left.nan && !right.nan) {
      flags.infinite(negative);
    }
    // 14 bits below the ones' place of a product become 23.
    const std::int64_t value = zero ? 0 : (left.significand * right.significand) << 9;
    Term& term = terms[static_cast<std::size_t>(i)];
    term = {.value = negative ? -value : value, .exponent = zero ? 0 : left.exponent + right.exponent + 1};
    largest = std::max(largest, term.exponent);
    all_zero = all_zero && zero;
  }
  flags.nan = flags.nan || start.nan;
  if (start.infinite) {
    flags.infinite(start.negative);
  }
  if (start.nan && all_zero) {
    return sum;  // seen on silicon: nothing was added
  }
  if (!flags.is_nan() && (flags.plus_infinity || flags.minus_infinity)) {
    return packed(flags.minus_infinity, 255, 0);
  }
  std::int64_t total = shifted(start.significand, largest - (start.exponent + 128));
  total = start.negative ? -total : total;
  for (int i = 0; i < count; ++i) {
    const Term& term = terms[static_cast<std::size_t>(i)];
    total += shifted(term.value, largest - term.exponent);
  }
  if (total == 0) {
    return flags.is_nan() ? kNan : 0;
  }
  const Normal normal = normalised(static_cast<std::uint64_t>(total < 0 ? -total : total));
  const int exponent = largest - 128 + normal.above;
  if (flags.is_nan()) {
    const bool fits = exponent > 0 && exponent < 255;
    return packed(total < 0, 255, fits ? normal.fraction | 1U : 1U);
  }
  if (exponent <= 0) {
    return 0;
  }
  return exponent >= 255 ? packed(total < 0, 255, 0) : packed(total < 0, exponent, normal.fraction);
}

std::uint32_t add_accumulators(std::uint32_t a, std::uint32_t b) {
  const Decoded left = decode(a, 23);
  const Decoded right = decode(b, 23);
  Flags flags{.nan = left.nan || right.nan};
  for (const Decoded& term : {left, right}) {
    if (term.infinite) {
      flags.infinite(term.negative);
    }
  }
  const int largest = std::max(left.exponent, right.exponent);
  std::int64_t total = 0;
  for (const Decoded& term : {left, right}) {
    const std::int64_t value = shifted(term.significand, largest - term.exponent);
    total += term.negative ? -value : value;
  }
  const bool infinite = flags.plus_infinity || flags.minus_infinity;
  if (total == 0) {
    return flags.is_nan() ? kNan : (infinite ? packed(flags.minus_infinity, 255, 0) : 0);
  }
  const Normal normal = normalised(static_cast<std::uint64_t>(total < 0 ? -total : total));
  const int exponent = largest + normal.above;
  if (flags.is_nan()) {
    // The sum of the significands shows where an operand was NaN, unless it is too large.
    const bool shows = flags.nan && exponent < 255;
    return packed(total < 0, 255, shows ? normal.fraction | 1U : 1U);
  }
  if (infinite) {
    return packed(flags.minus_infinity, 255, 0);
  }
  if (exponent <= 0) {
    return packed(total < 0, 0, 0);
  }
  return exponent >= 255 ? packed(total < 0, 255, 0) : packed(total < 0, exponent, normal.fraction);
}

void mac_i8_4x8x8_scalar(void* c, const void* a, const void* b) {
  std::array<std::uint32_t, 32> sums;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::array<std::int8_t, 32> left;    // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::array<std::int8_t, 64> right;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::memcpy(sums.data(), c, sizeof sums);
  std::memcpy(left.data(), a, sizeof left);
  std::memcpy(right.data(), b, sizeof right);
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t k = 0; k < 8; ++k) {
      for (std::size_t j = 0; j < 8; ++j) {
        sums[8 * i + j] += static_cast<std::uint32_t>(left[8 * i + k] * right[8 * k + j]);
      }
    }
  }
  std::memcpy(c, sums.data(), sizeof sums);
}

void mac_bf16_4x8x4_scalar(void* c, const void* a, const void* b) {
  std::array<std::uint32_t, 16> sums;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::array<std::uint16_t, 32> left;   // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::array<std::uint16_t, 32> right;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::memcpy(sums.data(), c, sizeof sums);
  std::memcpy(left.data(), a, sizeof left);
  std::memcpy(right.data(), b, sizeof right);
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      sums[4 * i + j] = add_products(sums[4 * i + j], left.data() + 8 * i, right.data() + j, 8, 4);
    }
  }
  std::memcpy(c, sums.data(), sizeof sums);
}

void mac_bf16_lanes_scalar(void* c, const void* a, const void* b, unsigned lanes) {
  auto* sums = static_cast<std::byte*>(c);
  const auto* left = static_cast<const std::byte*>(a);
  const auto* right = static_cast<const std::byte*>(b);
  for (std::size_t i = 0; i < lanes; ++i) {
    std::uint32_t sum = 0;
    std::uint16_t x = 0;
    std::uint16_t y = 0;
    std::memcpy(&sum, sums + 4 * i, sizeof sum);
    std::memcpy(&x, left + 2 * i, sizeof x);
    std::memcpy(&y, right + 2 * i, sizeof y);
    sum = add_products(sum, &x, &y, 1, 1);
    std::memcpy(sums + 4 * i, &sum, sizeof sum);
  }
}

void add_lanes_scalar(void* sum, const void* a, const void* b, unsigned lanes) {
  auto* sums = static_cast<std::byte*>(sum);
  const auto* left = static_cast<const std::byte*>(a);
  const auto* right = static_cast<const std::byte*>(b);
  for (std::size_t at = 0; at < 4 * std::size_t{lanes}; at += 4) {
    std::uint32_t x = 0;
    std::uint32_t y = 0;
    std::memcpy(&x, left + at, sizeof x);
    std::memcpy(&y, right + at, sizeof y);
    x = add_accumulators(x, y);
    std::memcpy(sums + at, &x, sizeof x);
  }
}

}  // namespace aie::host
