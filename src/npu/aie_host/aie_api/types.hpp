#pragma once
// Element types as the device compiler names them, accumulator tags, and what follows from a type.

#include <bit>
#include <cstdint>
#include <type_traits>

#include "npu/aie_host/record.h"

using int8 = std::int8_t;
using uint8 = std::uint8_t;
using int16 = std::int16_t;
using uint16 = std::uint16_t;
using int32 = std::int32_t;
using uint32 = std::uint32_t;
using int64 = std::int64_t;

/// 16-bit float: sign, 8 bits of exponent, 7 of fraction. As on the device a scalar of this type is only stored, moved
/// and converted: a constant is rounded to the nearest, halves to even; arithmetic on it is software there.
struct bfloat16 {
  std::uint16_t bits = 0;

  constexpr bfloat16() = default;
  constexpr bfloat16(float value) : bits(rounded(std::bit_cast<std::uint32_t>(value))) {}  // NOLINT
  constexpr operator float() const {                                                       // NOLINT
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
  }

  static constexpr bfloat16 from_bits(std::uint16_t bits) {
    bfloat16 made;
    made.bits = bits;
    return made;
  }

 private:
  static constexpr std::uint16_t rounded(std::uint32_t bits) {
    const bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
    const std::uint32_t up = is_nan ? 0 : 0x7FFFU + ((bits >> 16U) & 1U);
    return static_cast<std::uint16_t>(((bits + up) >> 16U) | (is_nan ? 0x40U : 0U));
  }
};
static_assert(sizeof(bfloat16) == 2);

// Accumulator tags: the least bits asked for. AIE2 has lanes of 32 and of 64 bits and float32.
struct acc32 {};
struct acc40 {};
struct acc48 {};
struct acc56 {};
struct acc64 {};
struct acc80 {};
struct accfloat {};

namespace aie::inline SKALD_AIE_BUILD {
namespace detail {

template <typename Tag>
struct AccumTraits {
  using lane = std::int64_t;
  using native = acc64;
};
template <>
struct AccumTraits<acc32> {
  using lane = std::int32_t;
  using native = acc32;
};
template <>
struct AccumTraits<accfloat> {
  using lane = float;
  using native = accfloat;
};

template <typename T>
inline constexpr bool kIsFloat = std::is_same_v<T, float> || std::is_same_v<T, bfloat16>;

template <typename T>
inline constexpr bool kIsElement = kIsFloat<T> || (std::is_integral_v<T> && sizeof(T) <= 4);

template <typename T>
inline constexpr bool kIsSigned = kIsFloat<T> || std::is_signed_v<T>;

template <typename T>
inline constexpr unsigned kTypeBits = 8 * sizeof(T);

/// The bits of a product are those of both factors together; AIE2 keeps them in 32 or 64.
template <typename A, typename B>
struct ProductTag {
  using type = std::conditional_t<kIsFloat<A> || kIsFloat<B>, accfloat,
                                  std::conditional_t<(kTypeBits<A> + kTypeBits<B> > 32), acc64, acc32>>;
};

template <typename T>
using Unsigned = std::make_unsigned_t<T>;

/// Unsigned number of a given size.
template <unsigned kBytes>
struct BitsOfSize;
template <>
struct BitsOfSize<1> {
  using type = std::uint8_t;
};
template <>
struct BitsOfSize<2> {
  using type = std::uint16_t;
};
template <>
struct BitsOfSize<4> {
  using type = std::uint32_t;
};
template <>
struct BitsOfSize<8> {
  using type = std::uint64_t;
};
template <typename T>
using BitsOf = typename BitsOfSize<sizeof(T)>::type;

/// Type of half or twice the width.
template <typename T>
struct Widths;
template <>
struct Widths<std::int8_t> {
  using twice = std::int16_t;
};
template <>
struct Widths<std::uint8_t> {
  using twice = std::uint16_t;
};
template <>
struct Widths<std::int16_t> {
  using twice = std::int32_t;
  using half = std::int8_t;
};
template <>
struct Widths<std::uint16_t> {
  using twice = std::uint32_t;
  using half = std::uint8_t;
};
template <>
struct Widths<std::int32_t> {
  using half = std::int16_t;
};
template <>
struct Widths<std::uint32_t> {
  using half = std::uint16_t;
};

}  // namespace detail

/// Alignment of what vectors are loaded from and stored to, in bytes.
inline constexpr unsigned vector_decl_align = 32;
inline constexpr unsigned vector_ldst_align = 32;

}  // namespace aie::inline SKALD_AIE_BUILD
