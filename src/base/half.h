#pragma once
// Conversions between the 16-bit floating-point formats and float32, exact on every input.

#include <bit>
#include <cstdint>

namespace skald {

/// IEEE 754 binary16 to binary32, exact; NaN payloads are kept. Selections instead of branches and no subnormal
/// operands, so that compilers vectorise loops over it and flush-to-zero modes of the processor do not matter.
constexpr float f16_to_f32(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000U) << 16U;
  const uint32_t magnitude = static_cast<uint32_t>(h & 0x7FFFU) << 13U;
  const uint32_t exponent = magnitude & 0x0F800000U;
  const uint32_t normal = magnitude + (112U << 23U);            // 112 = 127 - 15
  const uint32_t special = magnitude + ((112U + 112U) << 23U);  // infinity and NaN: the exponent becomes 255
  // Subnormal m * 2^-24: 2^-14 * (1 + m / 1024) less 2^-14, which is exact.
  const float subnormal = std::bit_cast<float>(magnitude + (113U << 23U)) - 0x1p-14F;
  // Masks, because compilers do not turn a branch around floating-point arithmetic into a selection.
  const uint32_t is_special = 0U - static_cast<uint32_t>(exponent == 0x0F800000U);
  const uint32_t is_subnormal = 0U - static_cast<uint32_t>(exponent == 0);
  return std::bit_cast<float>(sign | (special & is_special) | (std::bit_cast<uint32_t>(subnormal) & is_subnormal) |
                              (normal & ~is_special & ~is_subnormal));
}

/// binary32 to binary16, round to nearest even; overflow gives infinity, NaN stays NaN.
constexpr uint16_t f32_to_f16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16U) & 0x8000U);
  const uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<uint16_t>(sign | 0x7E00U | ((magnitude >> 13U) & 0x3FFU));
  if (magnitude >= 0x477FF000U) return static_cast<uint16_t>(sign | 0x7C00U);  // 65520 and more round to infinity
  if (magnitude < 0x33000001U) return sign;                                    // 2^-25 and less round to zero
  const uint32_t exponent = magnitude >> 23U;
  uint32_t mantissa = magnitude & 0x7FFFFFU;
  uint32_t drop = 13;  // bits to round away
  uint32_t base = 0;
  if (exponent < 113U) {  // subnormal result
    mantissa |= 0x800000U;
    drop = 126U - exponent;
  } else {
    base = (exponent - 112U) << 10U;
  }
  const uint32_t half = 1U << (drop - 1U);
  const uint32_t rest = mantissa & ((1U << drop) - 1U);
  uint32_t result = base + (mantissa >> drop);
  if (rest > half || (rest == half && (result & 1U) != 0)) ++result;  // a carry into the exponent is right
  return static_cast<uint16_t>(sign | result);
}

/// bfloat16 is the upper half of a binary32.
constexpr float bf16_to_f32(uint16_t b) {
  return std::bit_cast<float>(static_cast<uint32_t>(b) << 16U);
}

/// binary32 to bfloat16, round to nearest even; NaN stays NaN (quiet).
constexpr uint16_t f32_to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

}  // namespace skald
