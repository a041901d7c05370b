#pragma once
// Between numbers and integers: to_float, to_fixed.

#include "npu/aie_host/aie_api/ops_arith.hpp"

namespace aie {

namespace host {

/// number * 2^shift towards minus infinity, limited to int32; NaN: the largest. Of the shift, six bits with sign count
/// (xdna-emu, VFLOOR).
constexpr std::int32_t floor_to_int(bfloat16 number, int shift) {
  const std::uint32_t magnitude = number.bits & 0x7FFFU;
  const bool negative = (number.bits & 0x8000U) != 0;
  if (magnitude > 0x7F80U) {
    return 0x7FFFFFFF;
  }
  shift = (shift & 31) - (shift & 32);
  const int exponent = static_cast<int>(magnitude >> 7U);
  const std::int64_t digits = (magnitude & 0x7FU) | (exponent == 0 ? 0U : 0x80U);
  const int places = (exponent == 0 ? 1 : exponent) - 127 - 7 + shift;
  const std::int64_t value = negative ? -digits : digits;
  if (places >= 32) {
    return digits == 0 ? 0 : (negative ? -0x7FFFFFFF - 1 : 0x7FFFFFFF);
  }
  const std::int64_t scaled =
      places >= 0 ? value * (std::int64_t{1} << places) : value >> (places < -40 ? 40 : -places);
  constexpr std::int64_t kHigh = 0x7FFFFFFF;
  return static_cast<std::int32_t>(scaled > kHigh ? kHigh : (scaled < -kHigh - 1 ? -kHigh - 1 : scaled));
}

}  // namespace host

inline namespace SKALD_AIE_BUILD {

/// floor(v * 2^shift), the low bits of it for narrow integers.
template <typename T = std::int32_t, unsigned kElements>
vector<T, kElements> to_fixed(const vector<bfloat16, kElements>& v, int shift = 0) {
  vector<T, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    made.lanes[i] = static_cast<T>(host::floor_to_int(v.lanes[i], shift));
  }
  const detail::Token floored = detail::record(detail::Op::kConvert, 32 * kElements, v.token);
  made.token = sizeof(T) == 4 ? floored : detail::record(detail::Op::kVectorMove, made.bits(), floored);
  return made;
}

/// v * 2^-shift. A 32-bit integer is the sum of two halves of 16 bits, which rounds to the nearest, halves to even.
template <typename R = float, typename T, unsigned kElements>
  requires(!detail::kIsFloat<T>)
vector<R, kElements> to_float(const vector<T, kElements>& v, int shift = 0) {
  accum<accfloat, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    made.lanes[i] = static_cast<float>(v.lanes[i]) * (shift >= 0 ? 1.0F / static_cast<float>(std::uint64_t{1} << shift)
                                                                 : static_cast<float>(std::uint64_t{1} << -shift));
  }
  // Up to an accumulator, an integer and a float addition each half; then both halves.
  constexpr unsigned kBits = 32 * kElements;
  for (unsigned half = 0; half < (sizeof(T) == 4 ? 2U : 1U); ++half) {
    const detail::Token up = detail::record(detail::Op::kUps, kBits, v.token);
    const detail::Token biased = detail::record(detail::Op::kIntAccAdd, kBits, up);
    const detail::Token part = detail::record(detail::Op::kFloatAccAdd, kBits, biased);
    made.token = half == 0 ? part : detail::record(detail::Op::kFloatAccAdd, kBits, made.token, part);
  }
  return made.template to_vector<R>();
}

}  // namespace SKALD_AIE_BUILD
}  // namespace aie
