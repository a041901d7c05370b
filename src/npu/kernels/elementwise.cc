// Residual add and conversions between types, 2048 numbers a call. round(v, s): v / 2^s to the nearest, halves to even.
//
//   add          bfloat16   y = a + b
//   add          int8       y = round(a * factor_a + b * factor_b, shift)             saturating
//   requantise   int32      y = round(round(x, down) * factor, shift)                 int16, then int8, saturating
//   quantise     bfloat16   y = round(floor(x * 2^up) * factor, shift)                int16, then int8, saturating
//   dequantise   int8       y = x * factor / 2^shift                                  rounded to bfloat16
//   embed        bfloat16   y = token's row + position's row, of a state's width
//
// Both terms of an add are one argument, a after b, as a core has only two streams in (plan/streamed.h).

#include "kernel.h"
#include "modes.h"
#include "rowwise_shapes.h"

namespace {

constexpr int kCount = 2048;

inline aie::vector<std::int16_t, 32> all(int value) {
  return aie::broadcast<std::int16_t, 32>(static_cast<std::int16_t>(value));
}

template <int kNumbers>
inline void add_bf16(const bfloat16* __restrict a, const bfloat16* __restrict b, bfloat16* __restrict y) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  SKALD_PIPELINED_LOOP(i, kNumbers / 32, 8) {
    const aie::accum<accfloat, 32> left(aie::load_v<32>(a + 32 * i));
    const aie::accum<accfloat, 32> right(aie::load_v<32>(b + 32 * i));
    aie::store_v(y + 32 * i, aie::add(left, right).template to_vector<bfloat16>());
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

}  // namespace

SKALD_KERNELS_BEGIN

void add_bf16_2048(const bfloat16* __restrict terms, bfloat16* __restrict y) {
  add_bf16<kCount>(terms, terms + kCount, y);
}

#define SKALD_EMBED(width)                                                                       \
  void embed_bf16_##width(const bfloat16* __restrict token, const bfloat16* __restrict position, \
                          bfloat16* __restrict y) {                                              \
    add_bf16<width>(token, position, y);                                                         \
  }

SKALD_EMBED_WIDTHS(SKALD_EMBED)

void add_i8_2048(const std::int8_t* __restrict terms, std::int8_t* __restrict y, std::int32_t factor_a,
                 std::int32_t factor_b, std::int32_t shift) {
  Modes::set();
  const aie::vector<std::int16_t, 32> of_a = all(factor_a);
  const aie::vector<std::int16_t, 32> of_b = all(factor_b);
  SKALD_PIPELINED_LOOP(i, kCount / 32, 8) {
    const aie::vector<std::int16_t, 32> a = aie::load_v<32>(terms + 32 * i).unpack();
    const aie::vector<std::int16_t, 32> b = aie::load_v<32>(terms + kCount + 32 * i).unpack();
    const aie::accum<acc32, 32> sum = aie::mac(aie::mul(a, of_a), b, of_b);
    aie::store_v(y + 32 * i, sum.template to_vector<std::int8_t>(shift));
  }
  Modes::restore();
}

void requantise_i32_i8_2048(const std::int32_t* __restrict x, std::int8_t* __restrict y, std::int32_t down,
                            std::int32_t factor, std::int32_t shift) {
  Modes::set();
  const aie::vector<std::int16_t, 32> factors = all(factor);
  SKALD_PIPELINED_LOOP(i, kCount / 32, 8) {
    const aie::accum<acc32, 32> sum(aie::load_v<32>(x + 32 * i));
    const aie::accum<acc32, 32> scaled = aie::mul(sum.template to_vector<std::int16_t>(down), factors);
    aie::store_v(y + 32 * i, scaled.template to_vector<std::int8_t>(shift));
  }
  Modes::restore();
}

void quantise_bf16_i8_2048(const bfloat16* __restrict x, std::int8_t* __restrict y, std::int32_t up,
                           std::int32_t factor, std::int32_t shift) {
  Modes::set();
  const aie::vector<std::int16_t, 32> factors = all(factor);
  SKALD_PIPELINED_LOOP(i, kCount / 32, 8) {
    const aie::accum<acc32, 32> fixed(aie::to_fixed(aie::load_v<32>(x + 32 * i), up));
    const aie::accum<acc32, 32> scaled = aie::mul(fixed.template to_vector<std::int16_t>(), factors);
    aie::store_v(y + 32 * i, scaled.template to_vector<std::int8_t>(shift));
  }
  Modes::restore();
}

void dequantise_i8_bf16_2048(const std::int8_t* __restrict x, bfloat16* __restrict y, std::int32_t factor,
                             std::int32_t shift) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const aie::vector<std::int16_t, 32> factors = all(factor);
  SKALD_PIPELINED_LOOP(i, kCount / 32, 8) {
    const aie::vector<std::int16_t, 32> wide = aie::load_v<32>(x + 32 * i).unpack();
    const aie::accum<acc32, 32> scaled = aie::mul(wide, factors);
    aie::store_v(y + 32 * i, aie::to_float<bfloat16>(scaled.template to_vector<std::int32_t>(), shift));
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

SKALD_KERNELS_END
