// What follows the last step of a bfloat16 product: float32 sums + bias (+ residual, or through GELU) -> bfloat16, 4 x
// 4 blocks; sixteen rows of the tile a call. Rounds to nearest, halves to even.

#include "gelu.h"
#include "kernel.h"
#include "shapes.h"

namespace {

template <int kN, bool kAdd>
inline void finish(const float* __restrict c, const bfloat16* __restrict bias, const bfloat16* __restrict residual,
                   bfloat16* __restrict y) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  SKALD_PIPELINED_LOOP(group, kN / 4, 4) {
    // The four numbers of a block's columns, repeated for its rows: float32 in an object of B's stream, hence its type.
    const aie::vector<float, 16> start = aie::load_v<16>(reinterpret_cast<const float*>(bias) + group * 16);
    SKALD_UNROLL
    for (int row = 0; row < 4; ++row) {
      const int at = (row * (kN / 4) + group) * 16;
      aie::accum<accfloat, 16> sum(aie::load_v<16>(c + at));
      sum = aie::add(sum, start);
      if constexpr (kAdd) {
        sum = aie::add(sum, aie::load_v<16>(residual + at));
      }
      aie::store_v(y + at, sum.template to_vector<bfloat16>());
    }
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// The four blocks of a group of columns two by two: gelu.h takes 32 numbers.
template <int kN>
inline void finish_gelu(const float* __restrict c, const bfloat16* __restrict bias, bfloat16* __restrict y) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const Gelu gelu;
  SKALD_PIPELINED_LOOP(group, kN / 4, 4) {
    const aie::vector<float, 16> start = aie::load_v<16>(reinterpret_cast<const float*>(bias) + group * 16);
    SKALD_UNROLL
    for (int pair = 0; pair < 2; ++pair) {
      const int upper = (2 * pair * (kN / 4) + group) * 16;
      const int lower = upper + kN / 4 * 16;
      const aie::accum<accfloat, 16> above = aie::add(aie::accum<accfloat, 16>(aie::load_v<16>(c + upper)), start);
      const aie::accum<accfloat, 16> below = aie::add(aie::accum<accfloat, 16>(aie::load_v<16>(c + lower)), start);
      const aie::vector<bfloat16, 32> value =
          gelu(aie::concat(above.template to_vector<bfloat16>(), below.template to_vector<bfloat16>()));
      aie::store_v(y + upper, value.template extract<16>(0));
      aie::store_v(y + lower, value.template extract<16>(1));
    }
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_FINISH_BF16(m, n)                                                                               \
  void finish_bf16_##m##x##n(const float* c, const bfloat16* bias, bfloat16* y, std::int32_t slice) {         \
    finish<n, false>(c + slice * 16 * n, bias, nullptr, y);                                                   \
  }                                                                                                           \
  void finish_add_bf16_##m##x##n(const float* c, const bfloat16* bias, const bfloat16* residual, bfloat16* y, \
                                 std::int32_t slice) {                                                        \
    finish<n, true>(c + slice * 16 * n, bias, residual, y);                                                   \
  }                                                                                                           \
  void finish_gelu_bf16_##m##x##n(const float* c, const bfloat16* bias, bfloat16* y, std::int32_t slice) {    \
    finish_gelu<n>(c + slice * 16 * n, bias, y);                                                              \
  }

SKALD_FINISH_SHAPES(SKALD_FINISH_BF16)

SKALD_KERNELS_END
